import CEL

// How an amount is shown: for messages and tools, not for the hot path.

extension Quantity {
    /// The amount as Kubernetes writes it.
    var description: String {
        if text.count > 0 { return text.text }
        if isZero { return "0" }
        let (digits, exponent) = trimmed
        let sign = self.sign < 0 ? "-" : ""
        if format == .binarySI, let binary = Self.binary(digits, exponent) { return sign + binary }
        return sign + decimal(digits, exponent)
    }

    /// The digits without zeros at their end, and the power of ten of the last one.
    private var trimmed: (digits: String, exponent: Int) {
        if isDecimal { return (decimal.digits.text, decimal.exponent) }
        let digits = String(value.magnitude)
        let zeros = digits.reversed().prefix { $0 == "0" }.count
        return (String(digits.dropLast(zeros)), Int(scale) + zeros)
    }

    private func decimal(_ digits: String, _ exponent: Int) -> String {
        let excess = ((exponent % 3) + 3) % 3
        let power = exponent - excess
        let number = digits + String(repeating: "0", count: excess)
        if format == .decimalExponent { return power == 0 ? number : "\(number)e\(power)" }
        // A power that has no suffix is written without one there, too.
        let suffixes = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"]
        let index = power / 3 + 3
        return number + (suffixes.indices.contains(index) ? suffixes[index] : "")
    }

    /// Nil for what is less than a kibi, or no whole number.
    private static func binary(_ digits: String, _ exponent: Int) -> String? {
        guard exponent >= 0, digits.utf8.count + exponent <= Decimal.digitsMax else { return nil }
        var number = digits.utf8.map { $0 - UInt8(ascii: "0") } + [UInt8](repeating: 0, count: exponent)
        if number.count < 4 || number.count == 4 && number.lexicographicallyPrecedes([1, 0, 2, 4]) { return nil }
        var times = 0
        while let quotient = divided(number) {
            number = quotient
            times += 1
        }
        let suffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]
        let text = String(decoding: number.map { $0 + UInt8(ascii: "0") }, as: UTF8.self)
        return text + (suffixes.indices.contains(times) ? suffixes[times] : "")
    }

    /// A 1024th of a number; nil where that is no whole number.
    private static func divided(_ digits: [UInt8]) -> [UInt8]? {
        var quotient: [UInt8] = []
        var remainder = 0
        for digit in digits {
            remainder = remainder * 10 + Int(digit)
            quotient.append(UInt8(remainder / 1024))
            remainder %= 1024
        }
        let trimmed = quotient.drop { $0 == 0 }
        return remainder == 0 && !trimmed.isEmpty ? Array(trimmed) : nil
    }

    /// The amount as a floating-point number, with the rounding of the reference implementation.
    var approximateFloat: Double {
        let base: Double
        if isDecimal {
            let power = decimal.exponent - Int(scale)
            base = decimal.isZero ? 0 : Double("\(decimal.isNegative ? "-" : "")\(decimal.digits.text)e\(power)") ?? 0
        } else {
            base = Double(value)
        }
        return scale == 0 ? base : base * Self.powerOfTen(Int(scale))
    }

    private static let upTo31: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22, 1e23, 1e24, 1e25, 1e26, 1e27, 1e28, 1e29, 1e30, 1e31,
    ]
    private static let by32: [Double] = [1e0, 1e32, 1e64, 1e96, 1e128, 1e160, 1e192, 1e224, 1e256, 1e288]
    private static let byMinus32: [Double] = [
        1e-0, 1e-32, 1e-64, 1e-96, 1e-128, 1e-160, 1e-192, 1e-224, 1e-256, 1e-288,
        Double(bitPattern: 2024),
    ]

    /// Go's `math.Pow10`: two table entries, which rounds differently from a literal here and there.
    private static func powerOfTen(_ power: Int) -> Double {
        if power > 308 { return .infinity }
        if power < -323 { return 0 }
        return power >= 0
            ? by32[power / 32] * upTo31[power % 32] : byMinus32[-power / 32] / upTo31[-power % 32]
    }
}
