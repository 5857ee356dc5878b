/// The `name=value` pairs of a query.
public struct QueryString: Sendable {
    private let range: ByteRange

    /// The query at that place, which may be absent.
    public init(_ range: ByteRange) { self.range = range }

    /// The value of the first pair of that name, as sent. Names that need percent-encoding are not found.
    public func value(of name: StaticString, in bytes: Span<UInt8>) -> ByteRange {
        var position = range.start
        while position < range.end {
            var end = position
            var equals = -1
            while end < range.end, bytes[end] != UInt8(ascii: "&") {
                if bytes[end] == UInt8(ascii: "="), equals < 0 { equals = end }
                end &+= 1
            }
            if ByteRange(position, equals < 0 ? end : equals).equals(name, in: bytes) {
                return equals < 0 ? ByteRange(end, end) : ByteRange(equals &+ 1, end)
            }
            position = end &+ 1
        }
        return .absent
    }

    /// The value of the first pair of that name with percent-encoding and `+` undone; nil when there is none.
    public func decodedValue(of name: StaticString, in bytes: Span<UInt8>) -> String? {
        let value = value(of: name, in: bytes)
        guard value.isPresent else { return nil }
        var decoded: [UInt8] = []
        var position = value.start
        while position < value.end {
            if bytes[position] == UInt8(ascii: "%"),
                let byte = PercentEncoding.value(bytes, at: position, before: value.end)
            {
                decoded.append(byte)
                position += 3
            } else {
                decoded.append(bytes[position] == UInt8(ascii: "+") ? 0x20 : bytes[position])
                position += 1
            }
        }
        return String(decoding: decoded, as: UTF8.self)
    }
}
