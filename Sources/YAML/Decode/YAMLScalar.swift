/// What a scalar's text means; a string is the text itself.
enum YAMLScalar: Equatable {
    case null
    case bool(Bool)
    case int(Int64)
    case uint(UInt64)
    case double(Double)
    case string
    /// A date or time, which every reader here keeps as its text.
    case timestamp

    /// The tag that the text has by itself.
    var tag: YAMLTag {
        switch self {
        case .null: .null
        case .bool: .bool
        case .int, .uint: .int
        case .double: .float
        case .string: .string
        case .timestamp: .timestamp
        }
    }

    /// The value under an explicit tag, or nil if the text cannot be read so.
    ///
    /// Kubernetes' library makes floats of integers, but not of those above `Int64.max`.
    func tagged(_ tag: YAMLTag) -> YAMLScalar? {
        if tag == .none || tag == self.tag { return self }
        if tag == .float, case .int(let value) = self { return .double(Double(value)) }
        return nil
    }
}

extension YAMLSchema {
    /// What a plain scalar's text means.
    func resolve(_ text: Span<UInt8>, tag: YAMLTag = .none) -> YAMLScalar {
        switch self {
        case .kubernetes: KubernetesScalars.resolve(text, tag: tag)
        case .core: CoreScalars.resolve(text)
        }
    }
}

/// The scalars of YAML 1.2's core schema.
enum CoreScalars {
    static func resolve(_ text: Span<UInt8>) -> YAMLScalar {
        guard text.count > 0 else { return .null }
        switch text[0] {
        case 0x30...0x39, UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."): return number(text) ?? .string
        case UInt8(ascii: "~") where text.count == 1: return .null
        case UInt8(ascii: "n"), UInt8(ascii: "N"), UInt8(ascii: "t"), UInt8(ascii: "T"), UInt8(ascii: "f"),
            UInt8(ascii: "F"):
            return word(text)
        default: return .string
        }
    }

    private static func word(_ text: Span<UInt8>) -> YAMLScalar {
        if text.isWord("null") { return .null }
        if text.isWord("true") { return .bool(true) }
        return text.isWord("false") ? .bool(false) : .string
    }

    private static func number(_ text: Span<UInt8>) -> YAMLScalar? {
        if text.count > 2 && text[0] == 0x30 && (text[1] == UInt8(ascii: "o") || text[1] == UInt8(ascii: "x")) {
            let radix: UInt64 = text[1] == UInt8(ascii: "o") ? 8 : 16
            return magnitude(text.extracting(2..<text.count), radix: radix).map { whole($0, isNegative: false) }
        }
        if let value = decimal(text) { return value }
        if let special = YAMLNumber.special(text) { return .double(special) }
        return YAMLNumber.isDecimalFloat(text) ? .double(YAMLNumber.double(text)) : nil
    }

    private static func decimal(_ text: Span<UInt8>) -> YAMLScalar? {
        let sign = text[0] == UInt8(ascii: "-") || text[0] == UInt8(ascii: "+") ? 1 : 0
        return magnitude(text.extracting(sign..<text.count), radix: 10).map {
            whole($0, isNegative: text[0] == UInt8(ascii: "-"))
        }
    }

    private static func magnitude(_ digits: Span<UInt8>, radix: UInt64) -> UInt64? {
        YAMLNumber.magnitude(digits, radix: radix)
    }

    private static func whole(_ magnitude: UInt64, isNegative: Bool) -> YAMLScalar {
        if let value = YAMLNumber.signed(magnitude, isNegative: isNegative) { return .int(value) }
        return isNegative ? .double(-Double(magnitude)) : .uint(magnitude)
    }
}

extension Span<UInt8> {
    /// The word in small letters, in capitals, or with one capital at its start.
    func isWord(_ word: StaticString) -> Bool {
        guard count == word.utf8CodeUnitCount, count > 0 else { return false }
        let small = "\(word)".utf8
        let rest = count > 1 && self[1] & 0x20 != 0
        // A small first letter goes with small letters only.
        guard rest || self[0] & 0x20 == 0 || count == 1 else { return false }
        var index = 0
        for letter in small {
            let byte = self[index]
            guard byte | 0x20 == letter, index == 0 || (byte & 0x20 != 0) == rest else { return false }
            index += 1
        }
        return true
    }
}
