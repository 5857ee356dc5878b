/// A decimal number as read: up to 19 significant digits and a power of ten.
///
/// `double` rounds it correctly: exactly representable operands first (Clinger), then the 128-bit approximation of Eisel
/// and Lemire ("Number parsing at a gigabyte per second", 2021), which settles every decimal of up to 19 digits.
struct Decimal {
    private(set) var significand: UInt64 = 0
    private var digits = 0
    /// Whether digits other than zero were left out.
    private var isTruncated = false
    var exponent = 0

    mutating func take(_ digit: UInt8, isFraction: Bool) {
        if digits < 19 {
            significand = significand &* 10 &+ UInt64(digit)
            if significand != 0 { digits += 1 }
            if isFraction { exponent -= 1 }
        } else {
            if digit != 0 { isTruncated = true }
            if !isFraction { exponent += 1 }
        }
    }

    /// The nearest float, infinity when it is too large; nil when the digits left out could decide.
    var double: Double? {
        if significand == 0 { return 0 }
        if !isTruncated, significand <= 1 << 53, exponent >= -22, exponent <= 22 {
            let value = Double(significand)
            return exponent < 0 ? value / Self.powers[-exponent] : value * Self.powers[exponent]
        }
        let value = Self.approximate(significand, exponent)
        guard isTruncated else { return Double(bitPattern: value) }
        return value == Self.approximate(significand &+ 1, exponent) ? Double(bitPattern: value) : nil
    }

    /// The powers of ten that a float holds exactly.
    private static let powers: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]

    private static let infinity: UInt64 = 0x7FF << 52

    /// The bits of the float nearest to `significand` × 10^`exponent`; the significand is not zero.
    static func approximate(_ significand: UInt64, _ exponent: Int) -> UInt64 {
        if exponent < PowersOfFive.lowest { return 0 }
        if exponent > PowersOfFive.highest { return infinity }
        let shift = significand.leadingZeroBitCount
        let product = multiply(significand << UInt64(shift), exponent)
        let upper = Int(product.high >> 63)
        var mantissa = product.high >> UInt64(upper + 9)
        // 217706 / 65536 approximates log2(10) closely enough for every exponent of the table.
        var power = (217_706 * exponent) >> 16 + 63 + upper - shift + 1023
        if power <= 0 { return subnormal(mantissa, power) }
        if product.low <= 1, exponent >= -4, exponent <= 23, mantissa & 3 == 1,
            mantissa << UInt64(upper + 9) == product.high
        {
            // Exactly halfway between two floats: to the even one, below.
            mantissa &= ~1
        }
        mantissa += mantissa & 1
        mantissa >>= 1
        if mantissa >= 2 << 52 {
            mantissa = 1 << 52
            power += 1
        }
        if power >= 0x7FF { return infinity }
        return mantissa & ~(1 << 52) | UInt64(power) << 52
    }

    private static func subnormal(_ mantissa: UInt64, _ power: Int) -> UInt64 {
        guard 1 - power < 64 else { return 0 }
        var mantissa = mantissa >> UInt64(1 - power)
        mantissa += mantissa & 1
        mantissa >>= 1
        // Rounding may have made it the smallest normal number, whose bits are just these.
        return mantissa
    }

    /// The top 128 bits of the normalised significand times the power of five.
    private static func multiply(_ significand: UInt64, _ exponent: Int) -> (high: UInt64, low: UInt64) {
        let place = 2 * (exponent - PowersOfFive.lowest)
        var product = significand.multipliedFullWidth(by: PowersOfFive.words[place])
        if product.high & 0x1FF == 0x1FF {
            let second = significand.multipliedFullWidth(by: PowersOfFive.words[place + 1])
            let (low, carry) = product.low.addingReportingOverflow(second.high)
            product.low = low
            if carry { product.high &+= 1 }
        }
        return (product.high, product.low)
    }
}
