import CEL

/// Writes texts as Go's `%q` does, which is how the API server's messages show them.
enum GoText {
    static func quoted(_ bytes: ByteView) -> String {
        var quoted = "\""
        var position = 0
        while position < bytes.count {
            let (scalar, width) = scalar(bytes, at: position)
            if let scalar {
                append(scalar, to: &quoted)
            } else {
                quoted += "\\x" + hex(UInt32(bytes[position]), digits: 2)
            }
            position += width
        }
        return quoted + "\""
    }

    private static func append(_ scalar: Unicode.Scalar, to text: inout String) {
        switch scalar {
        case "\"", "\\": text += "\\" + String(scalar)
        case "\u{07}": text += "\\a"
        case "\u{08}": text += "\\b"
        case "\u{0C}": text += "\\f"
        case "\n": text += "\\n"
        case "\r": text += "\\r"
        case "\t": text += "\\t"
        case "\u{0B}": text += "\\v"
        case _ where isPrintable(scalar): text.unicodeScalars.append(scalar)
        case _ where scalar.value < 0x20 || scalar.value == 0x7F: text += "\\x" + hex(scalar.value, digits: 2)
        case _ where scalar.value > 0xFFFF: text += "\\U" + hex(scalar.value, digits: 8)
        default: text += "\\u" + hex(scalar.value, digits: 4)
        }
    }

    private static func hex(_ value: UInt32, digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    /// Letters, marks, numbers, punctuation, symbols and the ASCII space.
    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.value < 0x7F { return scalar.value >= 0x20 }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            return false
        default: return true
        }
    }

    /// The code point at a position and how many bytes it takes; nil and one where there is none.
    private static func scalar(_ bytes: ByteView, at position: Int) -> (Unicode.Scalar?, Int) {
        var iterator = bytes[view: position..<min(position + 4, bytes.count)].makeIterator()
        var decoder = UTF8()
        guard case .scalarValue(let scalar) = decoder.decode(&iterator) else { return (nil, 1) }
        return (scalar, UTF8.width(scalar))
    }
}
