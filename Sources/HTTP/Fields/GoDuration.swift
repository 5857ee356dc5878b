/// A duration as Go writes it (`1h15m30.5s`, `300ms`), in nanoseconds.
public struct GoDuration: Equatable, Comparable, Hashable, Sendable {
    /// The length in nanoseconds.
    public let nanoseconds: Int64

    /// A duration of that length.
    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// The duration that a text says; nil when it is not one, or longer than an `Int64` of nanoseconds holds.
    public init?(_ text: String) { self.init(text.utf8.span) }

    /// The duration that a text says; nil when it is not one, or longer than an `Int64` of nanoseconds holds.
    public init?(_ text: Span<UInt8>) {
        var position = 0
        var isNegative = false
        if text.count > 0, text[0] == UInt8(ascii: "-") || text[0] == UInt8(ascii: "+") {
            isNegative = text[0] == UInt8(ascii: "-")
            position = 1
        }
        guard position < text.count else { return nil }
        if text.count == position + 1, text[position] == UInt8(ascii: "0") {
            nanoseconds = 0
            return
        }
        var total: UInt64 = 0
        while position < text.count {
            guard let part = Self.part(text, &position) else { return nil }
            let (sum, overflow) = total.addingReportingOverflow(part)
            // The most negative number has no positive counterpart.
            guard !overflow, sum <= 1 << 63 else { return nil }
            total = sum
        }
        if isNegative {
            nanoseconds = Int64(truncatingIfNeeded: 0 &- total)
        } else {
            guard total <= UInt64(Int64.max) else { return nil }
            nanoseconds = Int64(total)
        }
    }

    /// The shorter of two is the lesser.
    public static func < (left: GoDuration, right: GoDuration) -> Bool { left.nanoseconds < right.nanoseconds }
}

extension GoDuration {
    /// A number with a fraction and its unit.
    private static func part(_ text: Span<UInt8>, _ position: inout Int) -> UInt64? {
        guard let whole = digits(text, &position) else { return nil }
        var hasDigits = whole.count > 0
        var fraction: (value: UInt64, scale: Double) = (0, 1)
        if position < text.count, text[position] == UInt8(ascii: ".") {
            position += 1
            let start = position
            fraction = fractionDigits(text, &position)
            hasDigits = hasDigits || position > start
        }
        guard hasDigits, let unit = unit(text, &position) else { return nil }
        let (scaled, overflow) = whole.value.multipliedReportingOverflow(by: unit)
        guard !overflow, scaled <= 1 << 63 else { return nil }
        // As Go computes it: in floating point, towards zero. A fraction is below one unit, so it fits.
        return scaled + UInt64(Double(fraction.value) * (Double(unit) / fraction.scale))
    }

    private static func digits(_ text: Span<UInt8>, _ position: inout Int) -> (value: UInt64, count: Int)? {
        var value: UInt64 = 0
        let start = position
        while position < text.count, ByteClass.isDigit(text[position]) {
            let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
            guard !overflow, scaled < 1 << 63 else { return nil }
            value = scaled + UInt64(text[position] & 0x0F)
            guard value <= 1 << 63 else { return nil }
            position += 1
        }
        return (value, position - start)
    }

    /// Digits past what an `Int64` holds say nothing more.
    private static func fractionDigits(_ text: Span<UInt8>, _ position: inout Int) -> (value: UInt64, scale: Double) {
        var value: UInt64 = 0
        var scale = 1.0
        var isFull = false
        while position < text.count, ByteClass.isDigit(text[position]) {
            if !isFull, value <= UInt64(Int64.max) / 10 - 1 {
                value = value * 10 + UInt64(text[position] & 0x0F)
                scale *= 10
            } else {
                isFull = true
            }
            position += 1
        }
        return (value, scale)
    }

    /// The nanoseconds of the unit at the position, which moves past it.
    private static func unit(_ text: Span<UInt8>, _ position: inout Int) -> UInt64? {
        let start = position
        while position < text.count, text[position] != UInt8(ascii: "."), !ByteClass.isDigit(text[position]) {
            position += 1
        }
        let range = ByteRange(start, position)
        for index in units.indices where range.equals(units[index].0, in: text) { return units[index].1 }
        return nil
    }

    private static let units: InlineArray<8, (StaticString, UInt64)> = [
        ("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1000), ("\u{B5}s", 1000), ("\u{3BC}s", 1000), ("ns", 1),
        ("m", 60_000_000_000), ("h", 3_600_000_000_000),
    ]
}
