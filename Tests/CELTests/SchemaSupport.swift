import CEL
import CELKubernetes
import JSON

/// Schemas, and what their rules say about objects, written as JSON.
enum SchemaCase {
    static let root = FieldPath.root.child("root")

    static func schema(_ text: String) throws -> Schema {
        try JSONDocument(parsing: text).withRoot { try Schema($0) }
    }

    static func verdict(
        _ schema: String, _ object: String, replacing old: String? = nil, ratchets: Bool = false,
        isResource: Bool = false, countsAllOf: Bool = false, budget: Int64 = SchemaRules.costPerObjectMax,
        costPerCall: UInt64 = SchemaRules.costPerCallMax
    ) throws -> SchemaVerdict {
        guard let rules = SchemaRules(try self.schema(schema), isResource: isResource, countsAllOf: countsAllOf) else {
            throw NoRules()
        }
        let document = try JSONDocument(parsing: object)
        let before = try old.map { try JSONDocument(parsing: $0) }
        var options = SchemaRules.Options()
        options.path = root
        options.ratchets = ratchets
        options.budget = budget
        options.costPerCall = costPerCall
        var evaluator = Evaluator()
        return withExtendedLifetime((document, before)) {
            rules.validate(document.root, replacing: before?.root, options, in: &evaluator)
        }
    }

    private struct NoRules: Error {}

    /// What a rule about `self`, which a schema describes, says about an object: nothing where it holds.
    static func errors(_ rule: String, _ schema: String, _ object: String) throws -> [String] {
        var writer = JSONWriter()
        writer.string(rule)
        let rules = "\"x-kubernetes-validations\": [{\"rule\": \(writer.text)}]"
        return try verdict("{\(rules), \(schema.dropFirst())", object).errors.map(\.description)
    }
}
