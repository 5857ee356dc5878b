import HTTP

/// RFC 4648 with padding: how Go writes bytes into JSON.
enum Base64 {
    /// Adds the encoding of `bytes` to a buffer.
    static func append(_ bytes: Span<UInt8>, to buffer: inout ByteBuffer) {
        buffer.reserve((bytes.count + 2) / 3 * 4)
        var index = 0
        while index + 3 <= bytes.count {
            let word = UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2])
            buffer.append(digit(word >> 18))
            buffer.append(digit(word >> 12))
            buffer.append(digit(word >> 6))
            buffer.append(digit(word))
            index += 3
        }
        let rest = bytes.count - index
        guard rest > 0 else { return }
        let word = UInt32(bytes[index]) << 16 | (rest > 1 ? UInt32(bytes[index + 1]) << 8 : 0)
        buffer.append(digit(word >> 18))
        buffer.append(digit(word >> 12))
        buffer.append(rest > 1 ? digit(word >> 6) : UInt8(ascii: "="))
        buffer.append(UInt8(ascii: "="))
    }

    @inline(__always) private static func digit(_ bits: UInt32) -> UInt8 {
        let value = UInt8(truncatingIfNeeded: bits & 63)
        switch value {
        case 0..<26: return UInt8(ascii: "A") &+ value
        case 26..<52: return UInt8(ascii: "a") &+ (value &- 26)
        case 52..<62: return UInt8(ascii: "0") &+ (value &- 52)
        case 62: return UInt8(ascii: "+")
        default: return UInt8(ascii: "/")
        }
    }
}
