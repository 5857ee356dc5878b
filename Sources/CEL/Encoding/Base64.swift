/// Base64 with padding, as RFC 4648 has it.
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// The digit that each byte stands for; 64 and above for none.
    private static let digits: [UInt8] = {
        var table = [UInt8](repeating: 0xFF, count: 256)
        for (digit, byte) in alphabet.enumerated() { table[Int(byte)] = UInt8(digit) }
        return table
    }()

    static func encode(_ bytes: ByteView) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var bits: UInt32 = 0
        var count = 0
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            count += 1
            guard count == 3 else { continue }
            append(bits, digits: 4, to: &text)
            (bits, count) = (0, 0)
        }
        if count > 0 {
            append(bits << (8 * UInt32(3 - count)), digits: count + 1, to: &text)
            text += repeatElement(UInt8(ascii: "="), count: 3 - count)
        }
        return text
    }

    private static func append(_ bits: UInt32, digits: Int, to text: inout [UInt8]) {
        for place in 0..<digits { text.append(alphabet[Int(bits >> UInt32(18 - 6 * place) & 0x3F)]) }
    }

    /// The bytes that `text` stands for; nil where it is no such text.
    static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        let padding = text.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        guard text.count % 4 == 0, padding <= 2 else { return nil }
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for byte in text.dropLast(padding) {
            let digit = digits[Int(byte)]
            guard digit < 64 else { return nil }
            bits = bits << 6 | UInt32(digit)
            count += 6
            guard count >= 8 else { continue }
            count -= 8
            bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
        }
        return bytes
    }
}
