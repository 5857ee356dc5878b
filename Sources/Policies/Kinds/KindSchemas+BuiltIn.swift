public import CELKubernetes
public import JSON

extension KindSchemas {
    /// The schemas of the kinds that Kubernetes 1.36 has built in; read when they are first asked for.
    public static let builtIn = KindSchemas([builtInDigest])

    /// The built-in kinds, and those that definitions among these objects add.
    public static func withCustomKinds(_ objects: [JSONNode]) -> KindSchemas {
        CustomKinds.schemas(of: objects.filter { $0["kind"]?.equals("CustomResourceDefinition") == true }) ?? builtIn
    }

    /// Those schemas as a document.
    static var builtInDigest: JSONDocument {
        let text = KindSchemaTable.text
        let bytes = unsafe UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        do throws(JSONError) {
            return unsafe try JSONDocument(parsing: Span(_unsafeElements: bytes))
        } catch {
            preconditionFailure("the table of kinds is no JSON: \(error)")
        }
    }
}
