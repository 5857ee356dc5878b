import CEL
import CELKubernetes
import JSON

let schemaFuzzTargets: [FuzzTarget] = unsafe [
    FuzzTarget(name: "schema-rules", run: { unsafe fuzzSchemaRules($0) }),
    FuzzTarget(name: "property-name", run: { unsafe fuzzPropertyName($0) }),
]

/// Reads a schema, reviews its rules, and validates an object by them, twice, and then as a change of another object:
/// the parts have zero bytes between them.
public func fuzzSchemaRules(_ input: UnsafeRawBufferPointer) {
    let parts = unsafe Array(input).split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false).map {
        Array($0)
    }
    guard let text = try? JSONDocument(parsing: parts[0]) else { return }
    guard let schema = try? text.withRoot({ root throws(SchemaError) in try Schema(root) }) else { return }
    _ = schema.reviewRules(at: .root)
    guard parts.count > 1, let object = try? JSONDocument(parsing: parts[1]) else { return }
    let old = parts.count > 2 ? try? JSONDocument(parsing: parts[2]) : nil
    guard let rules = SchemaRules(schema, isResource: parts[1].count % 2 == 0) else { return }
    var evaluator = Evaluator(limits: .init(arenaBytes: 1 << 20))
    var options = SchemaRules.Options()
    options.budget = 100_000
    options.costPerCall = 20_000
    let first = rules.validate(object.root, options, in: &evaluator)
    let second = rules.validate(object.root, options, in: &evaluator)
    precondition(first.errors == second.errors, "a second run says the same")
    precondition(first.budgetLeft == second.budgetLeft, "a second run costs the same")
    options.ratchets = true
    let same = rules.validate(object.root, replacing: object.root, options, in: &evaluator)
    for error in same.errors { precondition(!error.description.isEmpty) }
    if let old { _ = rules.validate(object.root, replacing: old.root, options, in: &evaluator) }
    withExtendedLifetime((object, old)) {}
}

/// An escaped name is an identifier that means the name.
public func fuzzPropertyName(_ input: UnsafeRawBufferPointer) {
    let name = unsafe String(decoding: input, as: UTF8.self)
    _ = PropertyName.unescaped(name)
    guard let escaped = PropertyName.escaped(name) else { return }
    precondition(PropertyName.unescaped(escaped) == name, "what is escaped is the name again")
}
