/// Values as people are shown them: as an expression would spell them.
public enum ValueText {
    /// The text of a value; what is nested too deep, or comes after too much, is left out.
    public static func text(of value: Value, _ evaluator: inout Evaluator, bytesMax: Int = 1 << 20) -> String {
        var writer = Writer(bytesMax: bytesMax)
        writer.write(value, &evaluator, depth: 1)
        return writer.text
    }

    private struct Writer {
        var text = ""
        let bytesMax: Int

        mutating func write(_ value: Value, _ evaluator: inout Evaluator, depth: Int) {
            guard depth <= TypedEncoding.depthMax, text.utf8.count < bytesMax else {
                text += "…"
                return
            }
            switch value.kind {
            case .error: text += "error: \(value.errorMessage)"
            case .uint: text += "\(value.uintValue)u"
            case .double: text += value.doubleValue.description
            case .string: text += LiteralText.quoted(value.bytes.text)
            case .bytes: text += "b\(LiteralText.quoted(value.bytes.text))"
            case .timestamp: text += "timestamp(\"\(TimeText.write(value))\")"
            case .duration: text += "duration(\"\(TypedTime.duration(nanoseconds: value.intValue))\")"
            case .optional: writeOptional(value, &evaluator, depth)
            case .list, .jsonArray, .shapedList: writeParts("[", "]", value, &evaluator, depth)
            case .map, .jsonObject, .shapedMap: writeParts("{", "}", value, &evaluator, depth)
            case .opaque: text += "\(value.typeName)(\(value.family?.text(value).map(LiteralText.quoted) ?? ""))"
            case .null, .bool, .int, .type: text += value.shown
            }
        }

        private mutating func writeOptional(_ value: Value, _ evaluator: inout Evaluator, _ depth: Int) {
            guard let inner = value.boxed else {
                text += "optional.none()"
                return
            }
            text += "optional.of("
            write(inner, &evaluator, depth: depth + 1)
            text += ")"
        }

        private mutating func writeParts(
            _ open: String, _ close: String, _ value: Value, _ evaluator: inout Evaluator, _ depth: Int
        ) {
            text += open
            var cursor = ValueCursor(value)
            var isFirst = true
            while text.utf8.count < bytesMax, let (key, part) = cursor.next(&evaluator) {
                if !isFirst { text += ", " }
                isFirst = false
                if value.isMap {
                    write(key, &evaluator, depth: depth + 1)
                    text += ": "
                }
                write(part, &evaluator, depth: depth + 1)
            }
            text += close
        }
    }
}
