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
        if !text.contains(UInt8(ascii: "~")), !text.contains(UInt8(ascii: "/")) { return key }
        return unsafe evaluator.make(.string, from: text, bytesPerByte: 2) { piece, output in
            for byte in piece {
                let isSlash = byte == UInt8(ascii: "/")
                let isEscaped = isSlash || byte == UInt8(ascii: "~")
                output.write(isEscaped ? UInt8(ascii: "~") : byte)
                if isEscaped { output.write(isSlash ? UInt8(ascii: "1") : UInt8(ascii: "0")) }
            }
        }
    }
}
