public import HTTP

/// A span's place in a trace, as W3C Trace Context has it.
///
///     00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
///     version · trace, 16 bytes · span, 8 bytes · flags, of which the lowest bit says that the trace is kept
public struct TraceContext: Hashable, BitwiseCopyable, Sendable {
    /// The first half of the trace's number.
    public let high: UInt64
    /// The second half.
    public let low: UInt64
    /// The span's number.
    public let span: UInt64
    /// Whether the trace is kept.
    public let isSampled: Bool

    private static let textBytes = 55

    /// A place; nil where a number is zero, which none may be.
    public init?(high: UInt64, low: UInt64, span: UInt64, isSampled: Bool) {
        guard high | low != 0, span != 0 else { return nil }
        self.high = high
        self.low = low
        self.span = span
        self.isSampled = isSampled
    }

    /// Reads the value of a `traceparent` field; nil where it is not one, which is no reason to refuse a request.
    public init?(_ value: ByteRange, in bytes: Span<UInt8>) {
        guard value.isPresent, value.count >= Self.textBytes else { return nil }
        func number(_ offset: Int, _ digits: Int) -> UInt64? {
            var number: UInt64 = 0
            for index in value.start + offset..<value.start + offset + digits {
                switch bytes[index] {
                case UInt8(ascii: "0")...UInt8(ascii: "9"): number = number << 4 | UInt64(bytes[index] & 0x0F)
                case UInt8(ascii: "a")...UInt8(ascii: "f"): number = number << 4 | UInt64(bytes[index] - 87)
                default: return nil
                }
            }
            return number
        }
        for offset in [2, 35, 52] where bytes[value.start + offset] != UInt8(ascii: "-") { return nil }
        guard let version = number(0, 2), version != 0xFF, let high = number(3, 16), let low = number(19, 16),
            let span = number(36, 16), let flags = number(53, 2)
        else { return nil }
        // Later versions may have more behind another dash; the first has nothing.
        if value.count > Self.textBytes {
            guard version > 0, bytes[value.start + Self.textBytes] == UInt8(ascii: "-") else { return nil }
        }
        self.init(high: high, low: low, span: span, isSampled: flags & 1 == 1)
    }

    /// A span below this one; `number` is any number, best by chance.
    public func child(_ number: UInt64) -> TraceContext {
        TraceContext(high: high, low: low, span: number == 0 ? 1 : number, isSampled: isSampled) ?? self
    }

    /// The value of a `traceparent` field.
    public var text: String { "00-\(traceText)-\(spanText)-\(isSampled ? "01" : "00")" }

    /// The trace's number, 32 hexadecimal digits.
    public var traceText: String { Self.digits(high) + Self.digits(low) }

    /// The span's number, 16 hexadecimal digits.
    public var spanText: String { Self.digits(span) }

    static func digits(_ number: UInt64) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }
}
