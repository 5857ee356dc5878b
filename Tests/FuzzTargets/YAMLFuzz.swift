import JSON
import YAML

/// The targets of the YAML engine.
let yamlFuzzTargets: [FuzzTarget] = unsafe [
    FuzzTarget(name: "yaml", run: fuzzYAML)
]

/// Reads the bytes as YAML in every way there is, and holds whatever is accepted to the writer's promise: both schemas
/// read back the value that was written.
public func fuzzYAML(_ input: UnsafeRawBufferPointer) {
    let bytes = unsafe Array(input)
    for duplicates in [YAMLOptions.DuplicateKeys.refuse, .lastWins] {
        for schema in [YAMLSchema.kubernetes, .core] {
            read(bytes, YAMLOptions(schema: schema, duplicateKeys: duplicates))
        }
    }
    if var stream = try? KubernetesStream(bytes) {
        var documents = 0
        // Every call moves on by a line at least, so the text bounds the number of calls.
        while documents <= bytes.count + 1 {
            do throws(YAMLError) {
                guard let document = try stream.next() else { break }
                check(document)
            } catch {
                precondition(error.line >= 1 && error.column >= 1)
            }
            documents += 1
        }
        precondition(documents <= bytes.count + 1, "the stream does not end")
    }
}

private func read(_ bytes: [UInt8], _ options: YAMLOptions) {
    do throws(YAMLError) {
        var stream = try YAMLStream(bytes, options: options)
        while let document = try stream.next() { check(document) }
    } catch {
        precondition(error.line >= 1 && error.column >= 1 && error.offset <= bytes.count)
    }
}

private func check(_ document: YAMLDocument) {
    var writer = YAMLWriter()
    document.json.withRoot { root in
        _ = document.position(of: root)
        writer.write(root)
    }
    for schema in [YAMLSchema.kubernetes, .core] {
        do throws(YAMLError) {
            let back = try YAMLDocument(parsing: writer.bytes, options: YAMLOptions(schema: schema))
            let isSame = isSame(document.json, back.json)
            precondition(isSame, "\(schema) reads another value than was written")
        } catch {
            preconditionFailure("\(schema) refuses what was written: \(error)")
        }
    }
}

private func isSame(_ a: JSONDocument, _ b: JSONDocument) -> Bool {
    defer { withExtendedLifetime((a, b)) {} }
    return isSame(a.root, b.root)
}

/// Whether two values are the same; a whole double may come back as an integer.
private func isSame(_ a: JSONNode, _ b: JSONNode) -> Bool {
    if a.isNumber && b.isNumber { return a.double == b.double }
    guard a.kind == b.kind, a.count == b.count else { return false }
    switch a.kind {
    case .array: return zip(a.elements, b.elements).allSatisfy { isSame($0, $1) }
    case .object:
        return zip(a.members, b.members).allSatisfy { $0.key.hasSameString(as: $1.key) && isSame($0.value, $1.value) }
    case .string: return a.hasSameString(as: b)
    default: return a.bool == b.bool
    }
}
