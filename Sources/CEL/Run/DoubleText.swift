/// Writes floating-point numbers in the shortest form that reads back as the same number.
public enum DoubleText {
    /// As `%g` writes it with the shortest digits: an exponent below -4 and from 6 on.
    static func general(_ value: Double) -> String {
        write(value, exponentFrom: 6)
    }

    /// With an exponent below -4 and from that one on.
    public static func write(_ value: Double, exponentFrom: Int) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        let (digits, exponent) = decimal(value.magnitude)
        let sign = value.sign == .minus ? "-" : ""
        if exponentFrom < .max, exponent < -4 || exponent >= exponentFrom {
            let mantissa = digits.count > 1 ? "\(digits.prefix(1)).\(digits.dropFirst())" : digits
            let magnitude = abs(exponent) < 10 ? "0\(abs(exponent))" : "\(abs(exponent))"
            return "\(sign)\(mantissa)e\(exponent < 0 ? "-" : "+")\(magnitude)"
        }
        if exponent < 0 { return "\(sign)0.\(String(repeating: "0", count: -exponent - 1))\(digits)" }
        if digits.count <= exponent + 1 {
            return sign + digits + String(repeating: "0", count: exponent + 1 - digits.count)
        }
        return "\(sign)\(digits.prefix(exponent + 1)).\(digits.dropFirst(exponent + 1))"
    }

    /// The shortest digits, and the power of ten of the first one.
    private static func decimal(_ value: Double) -> (digits: String, exponent: Int) {
        guard value != 0 else { return ("0", 0) }
        var text = value.description
        var exponent = 0
        if let mark = text.firstIndex(of: "e") {
            exponent = Int(text[text.index(after: mark)...]) ?? 0
            text = String(text[..<mark])
        }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let whole = String(parts[0])
        let fraction = parts.count > 1 ? String(parts[1]) : ""
        let all = whole + fraction
        let leading = all.prefix { $0 == "0" }.count
        let digits = String(all.dropFirst(leading).reversed().drop { $0 == "0" }.reversed())
        return (digits, exponent + whole.count - 1 - leading)
    }
}

extension DoubleText {
    /// Without an exponent, with as many digits as reading it back needs.
    static func fixed(_ value: Double) -> String { write(value, exponentFrom: .max) }
}
