import CEL

/// A decimal number of any size: digits that lie in an arena, times a power of ten.
struct Decimal: BitwiseCopyable {
    var isNegative: Bool
    /// ASCII digits, the most significant first, with no zero at either end; none for zero.
    var digits: ByteView
    /// The power of ten of the last digit.
    var exponent: Int

    /// A number whose digits would be more than this is refused: no quantity needs them.
    static let digitsMax = 1 << 16

    static let zero = Decimal(isNegative: false, digits: .empty, exponent: 0)

    init(isNegative: Bool, digits: ByteView, exponent: Int) {
        var (start, end) = (0, digits.count)
        while start < end, digits[start] == UInt8(ascii: "0") { start += 1 }
        while end > start, digits[end - 1] == UInt8(ascii: "0") { end -= 1 }
        self.isNegative = isNegative && start < end
        self.digits = digits[view: start..<end]
        self.exponent = start < end ? exponent + digits.count - end : 0
    }

    var isZero: Bool { digits.count == 0 }

    /// The power of ten above the first digit.
    private var top: Int { exponent + digits.count }

    /// The digit for a power of ten.
    private func digit(at power: Int) -> Int {
        let index = digits.count - 1 - (power - exponent)
        return index >= 0 && index < digits.count ? Int(digits[index]) - 48 : 0
    }
}

// MARK: order

extension Decimal {
    /// Negative, zero or positive as this is less than, equal to or greater than the other.
    func order(_ other: Decimal) -> Int {
        if isZero || other.isZero || isNegative != other.isNegative { return sign - other.sign }
        return isNegative ? other.orderOfMagnitude(self) : orderOfMagnitude(other)
    }

    var sign: Int { isZero ? 0 : isNegative ? -1 : 1 }

    func orderOfMagnitude(_ other: Decimal) -> Int {
        if isZero || other.isZero { return abs(sign) - abs(other.sign) }
        if top != other.top { return top < other.top ? -1 : 1 }
        return digits.order(other.digits)
    }
}

// MARK: arithmetic; nil where the result would be too large

extension Decimal {
    /// A 64-bit number times a power of ten.
    init?(_ value: Int64, exponent: Int, _ evaluator: inout Evaluator) {
        var magnitude = value.magnitude
        let text = unsafe evaluator.make(.string, upTo: 20) { memory in
            var count = 0
            repeat {
                unsafe memory[19 - count] = UInt8(magnitude % 10) + 48
                magnitude /= 10
                count += 1
            } while magnitude > 0
            for index in 0..<count { unsafe memory[index] = memory[20 - count + index] }
            return count
        }
        if text.isError { return nil }
        self.init(isNegative: value < 0, digits: text.bytes, exponent: exponent)
    }

    func negated() -> Decimal { Decimal(isNegative: !isNegative, digits: digits, exponent: exponent) }

    func adding(_ other: Decimal, _ evaluator: inout Evaluator) -> Decimal? {
        if other.isZero { return self }
        if isZero { return other }
        let low = min(exponent, other.exponent)
        let count = max(top, other.top) - low + 1
        guard count <= Self.digitsMax, !evaluator.mustStop(after: count / 16 + 1) else { return nil }
        let isSum = isNegative == other.isNegative
        let (large, small) = orderOfMagnitude(other) >= 0 ? (self, other) : (other, self)
        let text = unsafe evaluator.make(.string, upTo: count) { memory in
            var carry = 0
            for place in 0..<count {
                let power = low + place
                let digit = large.digit(at: power) + (isSum ? small.digit(at: power) : -small.digit(at: power)) + carry
                carry = digit > 9 ? 1 : digit < 0 ? -1 : 0
                unsafe memory[count - 1 - place] = UInt8(digit - 10 * carry) + 48
            }
            return count
        }
        return text.isError ? nil : Decimal(isNegative: large.isNegative, digits: text.bytes, exponent: low)
    }

    /// The number times two to the power of `shift`, which is at most 60.
    func shifted(by shift: UInt64, _ evaluator: inout Evaluator) -> Decimal? {
        guard digits.count <= Self.digitsMax else { return nil }
        let count = digits.count + 20
        let text = unsafe evaluator.make(.string, upTo: count) { memory in
            var carry: UInt64 = 0
            for place in 0..<count {
                let digit = UInt64(digit(at: exponent + place)) << shift + carry
                carry = digit / 10
                unsafe memory[count - 1 - place] = UInt8(digit % 10) + 48
            }
            return count
        }
        return text.isError ? nil : Decimal(isNegative: isNegative, digits: text.bytes, exponent: exponent)
    }

    /// The number with no digit below a power of ten: away from zero where one is lost.
    func roundedUp(to power: Int, _ evaluator: inout Evaluator) -> Decimal? {
        guard exponent < power else { return self }
        let kept = Decimal(
            isNegative: isNegative, digits: digits[view: 0..<max(0, digits.count - (power - exponent))],
            exponent: power)
        let unit = Decimal(isNegative: isNegative, digits: ByteView("1"), exponent: power)
        return kept.adding(unit, &evaluator)
    }
}
