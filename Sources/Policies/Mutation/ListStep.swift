/// The step of a path into a list that is merged element by element, which is also what tells its elements apart.
enum ListStep {
    /// The step to an element: by its keys, or by its value in a set.
    static func step(to element: MergeValue, in list: MergeType.ListForm) throws(MergeErrors) -> String {
        guard !list.keys.isEmpty else { return "[=\(try setMember(element).pathText)]" }
        guard element.form != .null else {
            throw MergeErrors("associative list with keys may not have a null element")
        }
        guard element.form == .map else {
            throw MergeErrors("associative list with keys may not have non-map elements")
        }
        var parts: [(name: String, text: String)] = []
        for key in list.keys {
            guard let value = element[key] ?? list.element.defaultValue(of: key) else { continue }
            parts.append((key, value.pathText))
        }
        guard !parts.isEmpty else {
            let keys = list.keys.map { MergeValue.quoted($0) }.joined(separator: " ")
            throw MergeErrors(
                "associative list with keys has an element that omits all key fields [\(keys)]"
                    + " (and doesn't have default values for any key fields)")
        }
        parts.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        return "[\(parts.map { "\($0.name)=\($0.text)" }.joined(separator: ","))]"
    }

    private static func setMember(_ element: MergeValue) throws(MergeErrors) -> MergeValue {
        switch element.form {
        case .map: throw MergeErrors("associative list without keys has an element that's a map type")
        case .list: throw MergeErrors("not supported: associative list with lists as elements")
        case .null: throw MergeErrors("associative list without keys has an element that's an explicit null")
        case .bool, .number, .string, .foreign: return element
        }
    }
}
