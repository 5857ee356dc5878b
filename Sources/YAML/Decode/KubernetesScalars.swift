/// Scalars as the YAML library of Kubernetes reads them: YAML 1.1's words, and numbers as Go's `strconv` takes them.
enum KubernetesScalars {
    /// The first byte tells what a text can be at all; most texts are strings by it.
    static func resolve(_ text: Span<UInt8>, tag: YAMLTag) -> YAMLScalar {
        guard text.count > 0 else { return .null }
        switch text[0] {
        case 0x30...0x39, UInt8(ascii: "+"), UInt8(ascii: "-"): return signedOrDigit(text, tag: tag)
        case UInt8(ascii: "."):
            if let special = YAMLNumber.special(text) { return .double(special) }
            return finite(text) ?? .string
        case UInt8(ascii: "~"): return text.count == 1 ? .null : .string
        case UInt8(ascii: "y"), UInt8(ascii: "Y"), UInt8(ascii: "n"), UInt8(ascii: "N"), UInt8(ascii: "t"),
            UInt8(ascii: "T"), UInt8(ascii: "f"), UInt8(ascii: "F"), UInt8(ascii: "o"), UInt8(ascii: "O"):
            return text.count <= 5 ? word(text) : .string
        default: return .string
        }
    }

    private static func word(_ text: Span<UInt8>) -> YAMLScalar {
        switch text.count {
        case 1:
            let letter = text[0] | 0x20
            return letter == UInt8(ascii: "y") ? .bool(true) : letter == UInt8(ascii: "n") ? .bool(false) : .string
        case 2: return text.isWord("on") ? .bool(true) : text.isWord("no") ? .bool(false) : .string
        case 3: return text.isWord("yes") ? .bool(true) : text.isWord("off") ? .bool(false) : .string
        case 4: return text.isWord("true") ? .bool(true) : text.isWord("null") ? .null : .string
        default: return text.isWord("false") ? .bool(false) : .string
        }
    }

    private static func signedOrDigit(_ text: Span<UInt8>, tag: YAMLTag) -> YAMLScalar {
        if let special = YAMLNumber.special(text) { return .double(special) }
        if tag == .none || tag == .timestamp, KubernetesTimestamp.isTimestamp(text) { return .timestamp }
        var hasUnderscore = false
        for index in 0..<text.count where text[index] == UInt8(ascii: "_") { hasUnderscore = true }
        guard hasUnderscore else { return number(text) ?? .string }
        var plain: [UInt8] = []
        for index in 0..<text.count where text[index] != UInt8(ascii: "_") { plain.append(text[index]) }
        return number(plain.span) ?? .string
    }

    private static func number(_ text: Span<UInt8>) -> YAMLScalar? {
        if let whole = whole(text) { return whole }
        if let value = finite(text) { return value }
        return oddBinary(text)
    }

    /// A whole number as `ParseInt` and `ParseUint` read it with base 0: `0x`, `0o`, `0b`, and octal after a `0`.
    private static func whole(_ text: Span<UInt8>) -> YAMLScalar? {
        let isSigned = text.count > 0 && (text[0] == UInt8(ascii: "-") || text[0] == UInt8(ascii: "+"))
        var digits = text.extracting((isSigned ? 1 : 0)..<text.count)
        guard digits.count > 0 else { return nil }
        let (radix, prefix) = notation(digits)
        digits = digits.extracting(prefix..<digits.count)
        guard let magnitude = YAMLNumber.magnitude(digits, radix: radix) else { return nil }
        let isNegative = text[0] == UInt8(ascii: "-")
        if let value = YAMLNumber.signed(magnitude, isNegative: isNegative) { return .int(value) }
        return isSigned ? nil : .uint(magnitude)
    }

    private static func notation(_ digits: Span<UInt8>) -> (radix: UInt64, prefix: Int) {
        guard digits[0] == 0x30, digits.count > 1 else { return (10, 0) }
        guard digits.count > 2 else { return (8, 1) }
        switch digits[1] | 0x20 {
        case UInt8(ascii: "x"): return (16, 2)
        case UInt8(ascii: "o"): return (8, 2)
        case UInt8(ascii: "b"): return (2, 2)
        default: return (8, 1)
        }
    }

    /// A float in range; one out of range stays text.
    private static func finite(_ text: Span<UInt8>) -> YAMLScalar? {
        guard YAMLNumber.isDecimalFloat(text) else { return nil }
        let value = YAMLNumber.double(text)
        return value.isFinite ? .double(value) : nil
    }

    /// What is left of the library's own binary notation: a second sign after `0b`.
    private static func oddBinary(_ text: Span<UInt8>) -> YAMLScalar? {
        guard text.count > 3, text[0] == 0x30, text[1] == UInt8(ascii: "b"),
            text[2] == UInt8(ascii: "-") || text[2] == UInt8(ascii: "+"),
            let magnitude = YAMLNumber.magnitude(text.extracting(3..<text.count), radix: 2),
            let value = YAMLNumber.signed(magnitude, isNegative: text[2] == UInt8(ascii: "-"))
        else { return nil }
        return .int(value)
    }
}
