public import CEL

extension Library {
    /// What mutating policies have beside the rest.
    public static let jsonPatch = Library(
        tables: [KubernetesTables.jsonPatchTable],
        functions: [
            Function("jsonpatch.escapeKey") { evaluator, arguments in
                guard arguments.are(.string) else { return evaluator.noOverload("jsonpatch.escapeKey", arguments) }
                return escapedKey(arguments[0], &evaluator)
            }
        ])

    /// A key as JSON Pointer writes it: `~` is `~0`, `/` is `~1`.
    private static func escapedKey(_ key: Value, _ evaluator: inout Evaluator) -> Value {
        let text = key.bytes
        if evaluator.mustStop(after: text.count / 64 + 1) { return .stopped }
        let escapes = text.lazy.filter { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }.count
        if escapes == 0 { return key }
        return unsafe evaluator.make(.string, upTo: text.count + escapes) { memory in
            var count = 0
            for byte in text {
                let isSlash = byte == UInt8(ascii: "/")
                let isEscaped = isSlash || byte == UInt8(ascii: "~")
                unsafe memory[count] = isEscaped ? UInt8(ascii: "~") : byte
                count += 1
                guard isEscaped else { continue }
                unsafe memory[count] = isSlash ? UInt8(ascii: "1") : UInt8(ascii: "0")
                count += 1
            }
            return count
        }
    }
}
