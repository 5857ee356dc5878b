public import CEL

/// The types that mutating policies construct, beside those that all policies know.
///
/// `Object` and everything whose name begins with `Object.` may have any fields; nothing is known of their types.
public struct MutationTypes: TypeProvider {
    /// The name of a patch operation's type.
    public static let jsonPatchName = "JSONPatch"
    /// The name of the type of an applied configuration's root; a field's type is called by the path to it.
    public static let objectName = "Object"

    /// The types.
    public init() {}

    private static func isObject(_ name: String) -> Bool { name == objectName || name.hasPrefix("\(objectName).") }

    /// Whether there is an object type of that name.
    public func hasObject(_ name: String) -> Bool {
        name == Self.jsonPatchName || Self.isObject(name) || ObjectTypes.admission.hasObject(name)
    }

    /// The type of a field; nil where there is no such field.
    public func field(_ field: String, of object: String) -> CELType? {
        if Self.isObject(object) { return .dyn }
        guard object == Self.jsonPatchName else { return ObjectTypes.admission.field(field, of: object) }
        switch field {
        case "op", "path", "from": return .string
        case "value": return .dyn
        default: return nil
        }
    }
}
