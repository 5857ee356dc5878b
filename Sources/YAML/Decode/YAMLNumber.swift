/// Numbers as both schemas and Go read and print them.
enum YAMLNumber {
    /// The digits' value, or nil if there is none, one is not of that radix, or it does not fit.
    static func magnitude(_ digits: Span<UInt8>, radix: UInt64) -> UInt64? {
        guard digits.count > 0 else { return nil }
        var value: UInt64 = 0
        for index in 0..<digits.count {
            guard let digit = hexValue(digits[index]), UInt64(digit) < radix else { return nil }
            let (product, overflowed) = value.multipliedReportingOverflow(by: radix)
            let (sum, carried) = product.addingReportingOverflow(UInt64(digit))
            if overflowed || carried { return nil }
            value = sum
        }
        return value
    }

    /// The number as an `Int64`, if it is one.
    static func signed(_ magnitude: UInt64, isNegative: Bool) -> Int64? {
        if !isNegative { return Int64(exactly: magnitude) }
        return magnitude <= 1 << 63 ? Int64(truncatingIfNeeded: 0 &- magnitude) : nil
    }

    /// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, and nothing after it.
    static func isDecimalFloat(_ text: Span<UInt8>) -> Bool {
        var index = 0
        func skipSign() {
            if index < text.count, text[index] == UInt8(ascii: "-") || text[index] == UInt8(ascii: "+") { index += 1 }
        }
        func skipDigits() -> Int {
            let start = index
            while index < text.count, (0x30...0x39).contains(text[index]) { index += 1 }
            return index - start
        }
        skipSign()
        let whole = skipDigits()
        if index < text.count, text[index] == UInt8(ascii: ".") {
            index += 1
            if skipDigits() == 0 && whole == 0 { return false }
        } else if whole == 0 {
            return false
        }
        if index < text.count, text[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            skipSign()
            if skipDigits() == 0 { return false }
        }
        return index == text.count
    }

    /// The nearest double of what `isDecimalFloat` accepts; infinite if it is too large.
    static func double(_ text: Span<UInt8>) -> Double {
        var copy = ""
        copy.reserveCapacity(text.count)
        for index in 0..<text.count { copy.unicodeScalars.append(Unicode.Scalar(text[index])) }
        return Double(copy) ?? .nan
    }

    /// The double as an `Int64`, if it is whole and fits.
    static func whole(_ value: Double) -> Int64? {
        guard value >= -0x1p63, value < 0x1p63 else { return nil }
        let whole = Int64(value)
        return Double(whole) == value ? whole : nil
    }

    /// `.inf` with a sign or without, and `.nan`, each in the three spellings of YAML.
    static func special(_ text: Span<UInt8>) -> Double? {
        guard text.count == 4 || text.count == 5 else { return nil }
        let isSigned = text.count == 5
        guard text[isSigned ? 1 : 0] == UInt8(ascii: ".") else { return nil }
        if !isSigned && isNaN(text) { return .nan }
        guard text.extracting((isSigned ? 2 : 1)..<text.count).isWord("inf") else { return nil }
        if !isSigned || text[0] == UInt8(ascii: "+") { return .infinity }
        return text[0] == UInt8(ascii: "-") ? -.infinity : nil
    }

    private static func isNaN(_ text: Span<UInt8>) -> Bool {
        let letters = (text[1], text[2], text[3])
        return letters == (0x6E, 0x61, 0x6E) || letters == (0x4E, 0x61, 0x4E) || letters == (0x4E, 0x41, 0x4E)
    }

    /// A float as a mapping's key becomes text: Go's `%g` of the nearest 32-bit float, as the library does it.
    static func keyText(_ value: Double) -> String {
        let value = Float(value)
        if value.isNaN { return ".nan" }
        if value.isInfinite { return value < 0 ? "-.inf" : ".inf" }
        let sign = value.sign == .minus ? "-" : ""
        let (digits, point) = shortest(value.magnitude)
        let exponent = point - 1
        if exponent < -4 || exponent >= 6 { return sign + scientific(digits, exponent) }
        return sign + positional(digits, point)
    }

    /// The shortest digits that give the float back, and where the decimal point stands among them.
    private static func shortest(_ value: Float) -> (digits: [Character], point: Int) {
        if value == 0 { return (["0"], 1) }
        let parts = "\(value)".split(separator: "e")
        let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        var digits = Array(mantissa[0]) + (mantissa.count > 1 ? Array(mantissa[1]) : [])
        var point = mantissa[0].count + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
        while digits.count > 1 && digits[0] == "0" {
            digits.removeFirst()
            point -= 1
        }
        while digits.count > 1 && digits[digits.count - 1] == "0" { digits.removeLast() }
        return (digits, point)
    }

    private static func scientific(_ digits: [Character], _ exponent: Int) -> String {
        let fraction = digits.count > 1 ? "." + String(digits[1...]) : ""
        let size = exponent.magnitude < 10 ? "0\(exponent.magnitude)" : "\(exponent.magnitude)"
        return "\(digits[0])\(fraction)e\(exponent < 0 ? "-" : "+")\(size)"
    }

    private static func positional(_ digits: [Character], _ point: Int) -> String {
        if point <= 0 { return "0." + String(repeating: "0", count: -point) + String(digits) }
        if point >= digits.count { return String(digits) + String(repeating: "0", count: point - digits.count) }
        return String(digits[..<point]) + "." + String(digits[point...])
    }
}
