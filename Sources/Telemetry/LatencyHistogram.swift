/// A distribution over all whole numbers up to 2⁴²: for percentiles that are looked at afterwards.
///
/// Numbers below 2ᵖ have a cell each; above, every power of two is divided into 2ᵖ⁻¹ cells, so that a number is known to
/// one part in 2ᵖ⁻¹: 0.8 % and 36 KiB with p = 8, 0.2 % and 136 KiB with p = 10. 2⁴² nanoseconds are 73 minutes; what is
/// larger counts as that.
public struct LatencyHistogram: Sendable, Equatable {
    private static let valueBits = 42

    private let precisionBits: Int
    private var cells: [UInt64]
    /// How many numbers were recorded.
    public private(set) var count: UInt64 = 0
    /// Their sum; it stops at the largest number there is.
    public private(set) var sum: UInt64 = 0
    /// The smallest of them; zero when there are none.
    public private(set) var min: UInt64 = 0
    /// The largest of them.
    public private(set) var max: UInt64 = 0

    /// An empty distribution; the precision is kept between 4 and 14 bits.
    public init(precisionBits: Int = 8) {
        self.precisionBits = Swift.min(Swift.max(precisionBits, 4), 14)
        cells = Array(repeating: 0, count: (Self.valueBits - self.precisionBits + 2) << (self.precisionBits - 1))
    }

    /// Records a number.
    public mutating func record(_ value: UInt64) {
        let (total, overflow) = sum.addingReportingOverflow(value)
        sum = overflow ? .max : total
        min = count == 0 ? value : Swift.min(min, value)
        max = Swift.max(max, value)
        count &+= 1
        cells[cell(value)] &+= 1
    }

    /// Adds everything that another distribution of the same precision has recorded.
    public mutating func merge(_ other: LatencyHistogram) {
        precondition(precisionBits == other.precisionBits, "distributions of different precision")
        guard other.count > 0 else { return }
        let (total, overflow) = sum.addingReportingOverflow(other.sum)
        sum = overflow ? .max : total
        min = count == 0 ? other.min : Swift.min(min, other.min)
        max = Swift.max(max, other.max)
        count &+= other.count
        for index in cells.indices { cells[index] &+= other.cells[index] }
    }

    /// Forgets everything.
    public mutating func reset() { self = LatencyHistogram(precisionBits: precisionBits) }

    /// The mean; zero when there is nothing.
    public var mean: Double { count == 0 ? 0 : Double(sum) / Double(count) }

    /// The smallest number that is not below so many percent of all: never less than the true one, and above it by no more
    /// than the precision. Zero when there is nothing.
    public func percentile(_ percent: Double) -> UInt64 {
        guard count > 0 else { return 0 }
        let wanted = (Swift.min(Swift.max(percent, 0), 100) / 100 * Double(count)).rounded(.up)
        var seen: UInt64 = 0
        for index in cells.indices where cells[index] > 0 {
            seen &+= cells[index]
            if Double(seen) >= wanted { return Swift.max(Swift.min(highest(index), max), min) }
        }
        return max
    }

    /// How many numbers are at most so large, to the precision of a cell.
    public func count(upTo value: UInt64) -> UInt64 {
        cells[...cell(value)].reduce(0, &+)
    }

    private func cell(_ value: UInt64) -> Int {
        let value = Swift.min(value, 1 << UInt64(Self.valueBits) - 1)
        let bits = UInt64.bitWidth - value.leadingZeroBitCount
        let shift = Swift.max(bits - precisionBits, 0)
        return shift << (precisionBits - 1) + Int(value >> UInt64(shift))
    }

    /// The largest number of a cell.
    private func highest(_ cell: Int) -> UInt64 {
        let shift = Swift.max(cell >> (precisionBits - 1) - 1, 0)
        let lowest = UInt64(cell - shift << (precisionBits - 1)) << UInt64(shift)
        return lowest + (1 << UInt64(shift)) - 1
    }
}
