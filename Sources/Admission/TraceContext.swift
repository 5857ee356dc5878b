import HTTP

/// The trace that a request belongs to, as the header field `traceparent` tells it (W3C Trace Context).
public struct TraceContext: BitwiseCopyable, Hashable, Sendable {
    /// The upper half of the trace's id.
    public let high: UInt64
    /// The lower half of the trace's id.
    public let low: UInt64
    /// The id of the caller's span.
    public let parent: UInt64
    /// The lowest bit: the caller may have recorded its span.
    public let flags: UInt8

    /// `00-<32 digits>-<16 digits>-<2 digits>`, hexadecimal in small letters; nil for anything else, and for ids of zero. Of a
    /// later version what is known of it is read.
    public init?(_ text: Span<UInt8>) {
        guard text.count >= 55, text[2] == UInt8(ascii: "-"), text[35] == UInt8(ascii: "-"),
            text[52] == UInt8(ascii: "-"),
            let version = Self.number(text, 0..<2), version != 0xFF,
            text.count == 55 || (version > 0 && text[55] == UInt8(ascii: "-")),
            let high = Self.number(text, 3..<19), let low = Self.number(text, 19..<35),
            let parent = Self.number(text, 36..<52), let flags = Self.number(text, 53..<55),
            high | low != 0, parent != 0
        else { return nil }
        (self.high, self.low, self.parent, self.flags) = (high, low, parent, UInt8(truncatingIfNeeded: flags))
    }

    private static func number(_ text: Span<UInt8>, _ range: Range<Int>) -> UInt64? {
        var number: UInt64 = 0
        for index in range {
            let digit: UInt8
            switch text[index] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = text[index] - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = text[index] - UInt8(ascii: "a") + 10
            default: return nil
            }
            number = number << 4 | UInt64(digit)
        }
        return number
    }

    /// The field's value for whoever is called on behalf of the request.
    public var text: String {
        func digits(_ number: UInt64, _ count: Int) -> String {
            let digits = String(number, radix: 16)
            return String(repeating: "0", count: max(count - digits.count, 0)) + digits
        }
        return "00-\(digits(high, 16))\(digits(low, 16))-\(digits(parent, 16))-\(digits(UInt64(flags), 2))"
    }

    init?(_ value: ByteRange, in bytes: Span<UInt8>) {
        guard value.isPresent else { return nil }
        self.init(bytes.extracting(value.indices))
    }
}
