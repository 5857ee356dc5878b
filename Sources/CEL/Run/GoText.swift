/// Reads and writes texts as Go's library does, for messages and formats that people know from there.
public enum GoText {
    struct Failure: Error {
        let message: String
    }

    /// A decimal integer with an optional sign.
    static func integer(_ text: ByteView) -> Result<Int64, Failure> {
        var digits = text
        var isNegative = false
        if let first = digits.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
            isNegative = first == UInt8(ascii: "-")
            digits = digits[view: 1..<digits.count]
        }
        guard !digits.isEmpty, digits.allSatisfy(Lexer.isDigit) else {
            return .failure(failure(text, "invalid syntax"))
        }
        var value: Int64 = 0
        for byte in digits {
            let digit = Int64(byte - UInt8(ascii: "0"))
            let (scaled, first) = value.multipliedReportingOverflow(by: 10)
            let (next, second) = scaled.addingReportingOverflow(isNegative ? -digit : digit)
            if first || second { return .failure(failure(text, "value out of range")) }
            value = next
        }
        return .success(value)
    }

    private static func failure(_ text: ByteView, _ reason: String) -> Failure {
        Failure(message: "strconv.Atoi: parsing \(quote(text)): \(reason)")
    }

    /// A text between double quotes, everything escaped that cannot be printed.
    public static func quote(_ text: ByteView) -> String {
        var quoted = "\""
        var position = 0
        while position < text.count {
            let (scalar, width) = text.scalar(at: position)
            if let scalar {
                quoted += escaped(scalar)
            } else {
                quoted += "\\x" + hex(UInt32(text[position]), 2)
            }
            position += width
        }
        return quoted + "\""
    }

    private static let names: [Unicode.Scalar: String] = [
        "\u{7}": "\\a", "\u{8}": "\\b", "\u{c}": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\u{b}": "\\v",
        "\\": "\\\\", "\"": "\\\"",
    ]

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        if let name = names[scalar] { return name }
        if isPrintable(scalar) { return String(scalar) }
        if scalar.value < 0x80 { return "\\x" + hex(scalar.value, 2) }
        return scalar.value < 0x10000 ? "\\u" + hex(scalar.value, 4) : "\\U" + hex(scalar.value, 8)
    }

    private static func hex(_ number: UInt32, _ width: Int) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        if scalar == " " { return true }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .spaceSeparator, .lineSeparator,
            .paragraphSeparator:
            return false
        default: return true
        }
    }
}

extension ByteView {
    /// The code point at an offset and the bytes it takes; nil and one where the bytes are not UTF-8.
    func scalar(at offset: Int) -> (Unicode.Scalar?, width: Int) {
        let first = self[offset]
        if first < 0x80 { return (Unicode.Scalar(first), 1) }
        let width = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 1
        guard width > 1, first <= 0xF4, offset + width <= count else { return (nil, 1) }
        var value = UInt32(first) & (0x7F >> UInt32(width))
        for index in 1..<width {
            let next = self[offset + index]
            guard next & 0xC0 == 0x80 else { return (nil, 1) }
            value = value << 6 | UInt32(next & 0x3F)
        }
        let smallest: [UInt32] = [0, 0, 0x80, 0x800, 0x10000]
        guard value >= smallest[width], let scalar = Unicode.Scalar(value) else { return (nil, 1) }
        return (scalar, width)
    }
}
