import CEL

/// An amount of a resource, as `resource.Quantity` of Kubernetes reads, computes and writes it.
///
/// Like there, an amount is a 64-bit number times a power of ten for as long as that is exact, and only then a decimal
/// of any size: rules can tell, because a decimal is never an integer to `isInteger`.
struct Quantity: BitwiseCopyable {
    /// How an amount was written, and is written again.
    enum Format: UInt8, BitwiseCopyable {
        case decimalSI
        case decimalExponent
        case binarySI
    }

    /// The number, where `decimal` does not hold it.
    var value: Int64 = 0
    /// The power of ten of `value`; of a decimal, negated, where the reference implementation keeps its last digit.
    var scale: Int32 = 0
    var format: Format
    var isDecimal = false
    var decimal = Decimal.zero
    /// What was read, where that is how the amount is written; else empty.
    var text = ByteView.empty

    init(_ value: Int64, scale: Int32 = 0, _ format: Format) {
        self.value = value
        self.scale = scale
        self.format = format
    }

    init(_ decimal: Decimal, scale: Int32, _ format: Format) {
        self.decimal = decimal
        self.scale = scale
        self.format = format
        isDecimal = true
    }

    var isZero: Bool { isDecimal ? decimal.isZero : value == 0 }

    var sign: Int { isDecimal ? decimal.sign : Int(value.signum()) }

    /// The amount as an integer; nil where it is none, or too large.
    var integer: Int64? {
        guard !isDecimal, scale >= 0 else { return nil }
        return Self.scaled(value, by: scale)
    }

    /// A number times a power of ten that is not negative; nil where that overflows.
    private static func scaled(_ value: Int64, by scale: Int32) -> Int64? {
        if value == 0 { return 0 }
        guard scale < 19 else { return nil }
        var scaled = value
        for _ in 0..<scale {
            let (product, overflows) = scaled.multipliedReportingOverflow(by: 10)
            if overflows { return nil }
            scaled = product
        }
        return scaled
    }
}

// MARK: order

extension Quantity {
    /// Negative, zero or positive as this is less than, equal to or greater than the other.
    func order(_ other: Quantity) -> Int {
        if !isDecimal, !other.isDecimal { return orderOfNumbers(other) }
        return exactOrder(other)
    }

    private func orderOfNumbers(_ other: Quantity) -> Int {
        if scale == other.scale || value == 0 || other.value == 0 {
            return value < other.value ? -1 : value > other.value ? 1 : 0
        }
        if scale < other.scale { return -other.orderOfNumbers(self) }
        let difference = Int(scale) - Int(other.scale)
        // Beyond that, one unit of this outweighs all of the other.
        guard difference <= 19 else { return sign }
        var mine = Int128(value)
        for _ in 0..<difference { mine *= 10 }
        let theirs = Int128(other.value)
        return mine < theirs ? -1 : mine > theirs ? 1 : 0
    }

    private func exactOrder(_ other: Quantity) -> Int {
        var mine = InlineArray<20, UInt8>(repeating: 0)
        var theirs = InlineArray<20, UInt8>(repeating: 0)
        return unsafe withUnsafeMutableBytes(of: &mine) { mine in
            unsafe withUnsafeMutableBytes(of: &theirs) { theirs in
                unsafe exactly(in: mine).order(other.exactly(in: theirs))
            }
        }
    }

    /// The amount as a decimal whose digits lie in `memory` where they lie nowhere yet.
    @unsafe private func exactly(in memory: UnsafeMutableRawBufferPointer) -> Decimal {
        if isDecimal { return decimal }
        var magnitude = value.magnitude
        var count = 0
        repeat {
            unsafe memory[memory.count - 1 - count] = UInt8(magnitude % 10) + 48
            magnitude /= 10
            count += 1
        } while magnitude > 0
        let bytes = unsafe UnsafeRawBufferPointer(rebasing: memory[(memory.count - count)...])
        let view = unsafe ByteView(base: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), count: count)
        return Decimal(isNegative: value < 0, digits: view, exponent: Int(scale))
    }
}

// MARK: sums

extension Quantity {
    /// The sum; nil where it would be too large.
    func adding(_ other: Quantity, _ evaluator: inout Evaluator) -> Quantity? {
        let format = isZero ? other.format : format
        if !isDecimal, !other.isDecimal, let sum = sumOfNumbers(other.value, other.scale) {
            return Quantity(sum.value, scale: sum.scale, format)
        }
        return exactSum(other, negated: false, format, &evaluator)
    }

    /// The difference; nil where it would be too large.
    func subtracting(_ other: Quantity, _ evaluator: inout Evaluator) -> Quantity? {
        let format = isZero ? other.format : format
        // The least integer is its own negative there, and so it is here.
        if !isDecimal, !other.isDecimal, let sum = sumOfNumbers(0 &- other.value, other.scale) {
            return Quantity(sum.value, scale: sum.scale, format)
        }
        return exactSum(other, negated: true, format, &evaluator)
    }

    private func sumOfNumbers(_ other: Int64, _ otherScale: Int32) -> (value: Int64, scale: Int32)? {
        if other == 0 { return (value, scale) }
        if value == 0 { return (other, otherScale) }
        let low = min(scale, otherScale)
        guard let mine = Self.scaled(value, by: scale &- low), let theirs = Self.scaled(other, by: otherScale &- low)
        else { return nil }
        let (sum, overflows) = mine.addingReportingOverflow(theirs)
        return overflows ? nil : (sum, low)
    }

    private func exactSum(
        _ other: Quantity, negated: Bool, _ format: Format, _ evaluator: inout Evaluator
    ) -> Quantity? {
        guard let mine = exactly(&evaluator), let theirs = other.exactly(&evaluator) else { return nil }
        let sum = mine.adding(negated ? theirs.negated() : theirs, &evaluator)
        return sum.map { Quantity($0, scale: min(scale, other.scale), format) }
    }

    private func exactly(_ evaluator: inout Evaluator) -> Decimal? {
        isDecimal ? decimal : Decimal(value, exponent: Int(scale), &evaluator)
    }
}
