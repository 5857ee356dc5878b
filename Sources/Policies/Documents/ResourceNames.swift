/// What the API server calls the resources of kinds, as far as that can be told from the kind.
public enum ResourceNames {
    private static let unusual = ["Endpoints": "endpoints"]

    /// The plural in small letters: a rule of English that holds for every kind of the API server's own groups.
    public static func plural(of kind: String) -> String {
        if let name = unusual[kind] { return name }
        let name = kind.lowercased()
        if name.hasSuffix("s") || name.hasSuffix("x") || name.hasSuffix("ch") || name.hasSuffix("sh") {
            return name + "es"
        }
        if name.hasSuffix("y"), let before = name.dropLast().last, !"aeiou".contains(before) {
            return name.dropLast() + "ies"
        }
        return name + "s"
    }

    /// Whether objects of the kind are in namespaces, as far as is known: kinds of other groups are not taken to be.
    public static func isNamespaced(apiVersion: String, kind: String) -> Bool {
        KindScopes.isClusterScoped(ParamKind(apiVersion: apiVersion, kind: kind)) == false
    }
}
