// Conversions between types.

extension Library {
    static let conversionFunctions: [Function] = [
        Function("dyn") { _, arguments in arguments[0] },
        Function("type") { _, arguments in arguments[0].type },
        Function("bool") { evaluator, arguments in
            Conversion.bool(&evaluator, arguments[0]) ?? evaluator.noOverload("bool", arguments)
        },
        Function("int") { evaluator, arguments in
            Conversion.int(&evaluator, arguments[0]) ?? evaluator.noOverload("int", arguments)
        },
        Function("uint") { evaluator, arguments in
            Conversion.uint(&evaluator, arguments[0]) ?? evaluator.noOverload("uint", arguments)
        },
        Function("double") { evaluator, arguments in
            Conversion.double(&evaluator, arguments[0]) ?? evaluator.noOverload("double", arguments)
        },
        Function("string") { evaluator, arguments in
            Conversion.string(&evaluator, arguments[0]) ?? evaluator.noOverload("string", arguments)
        },
        Function("bytes") { evaluator, arguments in
            switch arguments[0].kind {
            case .bytes: arguments[0]
            case .string: Value(.bytes, arguments[0].bytes)
            default: evaluator.noOverload("bytes", arguments)
            }
        },
    ]
}

/// What converts to what; nil where nothing does.
enum Conversion {
    static func failure(_ evaluator: inout Evaluator, _ value: Value, to type: String) -> Value {
        evaluator.error("type conversion error from '\(value.typeName)' to '\(type)'")
    }

    static func bool(_ evaluator: inout Evaluator, _ value: Value) -> Value? {
        switch value.kind {
        case .bool: return value
        case .string:
            switch value.text {
            case "1", "t", "T", "true", "TRUE", "True": return .true
            case "0", "f", "F", "false", "FALSE", "False": return .false
            default: return failure(&evaluator, value, to: "bool")
            }
        default: return nil
        }
    }

    static func int(_ evaluator: inout Evaluator, _ value: Value) -> Value? {
        switch value.kind {
        case .int: return value
        case .uint: return Int64(exactly: value.uintValue).map { Value($0) } ?? .error(.integerOverflow)
        case .double:
            // The ends of the range are refused too: they may have been rounded to.
            let number = value.doubleValue
            guard number > -0x1p63, number < 0x1p63 else { return .error(.integerOverflow) }
            return Value(Int64(number))
        case .string:
            return integer(value.bytes, allowsSign: true).flatMap { Int64(exactly: $0) }.map { Value($0) }
                ?? failure(&evaluator, value, to: "int")
        case .timestamp: return Value(value.intValue)
        case .duration: return Value(value.intValue)
        default: return nil
        }
    }

    static func uint(_ evaluator: inout Evaluator, _ value: Value) -> Value? {
        switch value.kind {
        case .uint: return value
        case .int: return UInt64(exactly: value.intValue).map { Value($0) } ?? .error(.unsignedOverflow)
        case .double:
            let number = value.doubleValue
            guard number >= 0, number < 0x1p64 else { return .error(.unsignedOverflow) }
            return Value(UInt64(number))
        case .string:
            return integer(value.bytes, allowsSign: false).flatMap { UInt64(exactly: $0) }.map { Value($0) }
                ?? failure(&evaluator, value, to: "uint")
        default: return nil
        }
    }

    /// Decimal digits, all of them; nil where there is anything else or they do not fit.
    private static func integer(_ text: ByteView, allowsSign: Bool) -> Int128? {
        var digits = text[view: 0..<text.count]
        var isNegative = false
        if allowsSign, let first = digits.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
            isNegative = first == UInt8(ascii: "-")
            digits = digits[view: 1..<digits.count]
        }
        guard !digits.isEmpty else { return nil }
        var value: Int128 = 0
        for byte in digits {
            guard Lexer.isDigit(byte) else { return nil }
            value = value * 10 + Int128(byte - UInt8(ascii: "0"))
            if value > Int128(UInt64.max) { return nil }
        }
        return isNegative ? -value : value
    }

    static func double(_ evaluator: inout Evaluator, _ value: Value) -> Value? {
        switch value.kind {
        case .double: return value
        case .int: return Value(Double(value.intValue))
        case .uint: return Value(Double(value.uintValue))
        case .string:
            // No number needs so many digits, and reading them takes long.
            let number = value.bytes.count <= FloatText.bytesMax ? FloatText.parse(value.text) : nil
            return number.map { Value($0) } ?? failure(&evaluator, value, to: "double")
        default: return nil
        }
    }

    static func string(_ evaluator: inout Evaluator, _ value: Value) -> Value? {
        switch value.kind {
        case .string: return value
        case .bool: return Value(.string, value.boolValue ? ByteView("true") : ByteView("false"))
        case .int: return evaluator.string(String(value.intValue))
        case .uint: return evaluator.string(String(value.uintValue))
        case .double: return evaluator.string(DoubleText.general(value.doubleValue))
        case .bytes:
            guard isUTF8(value.bytes) else { return .error("invalid UTF-8 in bytes, cannot convert to string") }
            return Value(.string, value.bytes)
        case .duration: return evaluator.string(DoubleText.fixed(seconds(value.intValue)) + "s")
        case .timestamp: return evaluator.string(TimeText.write(value))
        default: return nil
        }
    }

    /// A duration as seconds, rounded as the reference implementation does it.
    static func seconds(_ nanoseconds: Int64) -> Double {
        Double(nanoseconds / 1_000_000_000) + Double(nanoseconds % 1_000_000_000) / 1e9
    }

    private static func isUTF8(_ bytes: ByteView) -> Bool {
        unsafe String(validating: bytes.buffer, as: UTF8.self) != nil
    }
}

/// Reads floating-point numbers as the API server's language does.
enum FloatText {
    /// A longer text is not taken for a number.
    static let bytesMax = 4096

    /// Nil where the text is no number, or one too large to be finite.
    static func parse(_ text: String) -> Double? {
        let lowered = text.lowercased()
        let unsigned = lowered.hasPrefix("+") || lowered.hasPrefix("-") ? String(lowered.dropFirst()) : lowered
        switch unsigned {
        case "inf", "infinity": return lowered.hasPrefix("-") ? -.infinity : .infinity
        case "nan": return lowered == "nan" ? .nan : nil
        default: break
        }
        guard let digits = withoutUnderscores(unsigned), isNumber(digits) else { return nil }
        guard let value = Double(normalized(digits)), value.isFinite else { return nil }
        return lowered.hasPrefix("-") ? -value : value
    }

    /// Underscores may stand between digits, and between a base prefix and a digit.
    private static func withoutUnderscores(_ text: String) -> String? {
        guard text.contains("_") else { return text }
        let isHex = text.hasPrefix("0x")
        var followsDigit = isHex
        var isPending = false
        for byte in text.utf8.dropFirst(isHex ? 2 : 0) {
            if byte == UInt8(ascii: "_") {
                guard followsDigit else { return nil }
                (followsDigit, isPending) = (false, true)
                continue
            }
            followsDigit = Lexer.isDigit(byte) || isHex && Lexer.isHexDigit(byte)
            if isPending, !followsDigit { return nil }
            isPending = false
        }
        return isPending ? nil : text.filter { $0 != "_" }
    }

    private static func isNumber(_ text: String) -> Bool {
        if text.hasPrefix("0x") {
            let rest = text.dropFirst(2).split(separator: "p", omittingEmptySubsequences: false)
            return rest.count == 2 && isDecimal(rest[0], Lexer.isHexDigit) && isExponent(rest[1])
        }
        let parts = text.split(separator: "e", omittingEmptySubsequences: false)
        return parts.count <= 2 && isDecimal(parts[0], Lexer.isDigit) && (parts.count == 1 || isExponent(parts[1]))
    }

    private static func isDecimal(_ text: Substring, _ isDigit: (UInt8) -> Bool) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count <= 2 && parts.contains { !$0.isEmpty } && parts.allSatisfy { $0.utf8.allSatisfy(isDigit) }
    }

    private static func isExponent(_ text: Substring) -> Bool {
        let digits = text.hasPrefix("+") || text.hasPrefix("-") ? text.dropFirst() : text
        return !digits.isEmpty && digits.utf8.allSatisfy(Lexer.isDigit)
    }

    /// A leading or trailing point gets the zero that the standard library wants.
    private static func normalized(_ text: String) -> String {
        var text = text
        let prefix = text.hasPrefix("0x") ? "0x" : ""
        text = String(text.dropFirst(prefix.count))
        if text.hasPrefix(".") { text = "0" + text }
        for mark in ["e", "p"] { text = text.replacingFirst(".\(mark)", with: ".0\(mark)") }
        if text.hasSuffix(".") { text += "0" }
        return prefix + text
    }
}

extension String {
    fileprivate func replacingFirst(_ old: String, with new: String) -> String {
        guard let range = firstRange(of: old) else { return self }
        return self[..<range.lowerBound] + new + self[range.upperBound...]
    }
}
