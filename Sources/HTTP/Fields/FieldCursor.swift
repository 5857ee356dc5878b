/// Steps through the fields of a head that has been accepted.
public struct FieldCursor: Sendable {
    private var position: Int
    private let end: Int

    init(start: Int, end: Int) {
        position = start
        self.end = end
    }

    /// The next field, or nil at the empty line.
    public mutating func next(in bytes: Span<UInt8>) -> (name: ByteRange, value: ByteRange)? {
        guard position < end, end <= bytes.count else { return nil }
        let stop = LineScan.firstControl(in: bytes, from: position, to: end)
        var colon = position
        while colon < stop, bytes[colon] != UInt8(ascii: ":") { colon &+= 1 }
        guard colon < stop else { return nil }
        defer { position = stop &+ 2 }
        return (ByteRange(position, colon), ByteRange(colon &+ 1, stop).trimmed(in: bytes))
    }
}

/// Steps through the elements of a comma-separated value; empty elements are passed over, as RFC 9110, 5.6.1 has it.
struct ListCursor {
    private var position: Int
    private let end: Int

    init(_ value: ByteRange) {
        position = value.start
        end = value.end
    }

    mutating func next(in bytes: Span<UInt8>) -> ByteRange? {
        while position < end {
            var comma = position
            while comma < end, bytes[comma] != UInt8(ascii: ",") { comma &+= 1 }
            let element = ByteRange(position, comma).trimmed(in: bytes)
            position = comma &+ 1
            if !element.isEmpty { return element }
        }
        return nil
    }
}
