/// What a quoted literal says, its quotes and escapes undone.
enum Unescape {
    /// A reason in the words of the language's reference implementation.
    struct Failure: Error {
        let message: String
    }

    /// The bytes of the literal `text` (from its `r` or quote on); `asBytes` decides what numeric escapes mean.
    static func bytes(of text: ArraySlice<UInt8>, asBytes: Bool) throws(Failure) -> [UInt8] {
        var body = text
        let isRaw = body.first.map { $0 | 0x20 == UInt8(ascii: "r") } ?? false
        if isRaw { body = body.dropFirst() }
        guard let quote = body.first, body.count >= 2 else { throw Failure(message: "unable to unescape string") }
        let isTriple = body.count >= 6 && body.dropFirst().first == quote && body.dropFirst(2).first == quote
        body = body.dropFirst(isTriple ? 3 : 1).dropLast(isTriple ? 3 : 1)
        var reader = Reader(rest: body, asBytes: asBytes)
        if isRaw { return reader.verbatim() }
        return try reader.unescaped()
    }

    private struct Reader {
        var rest: ArraySlice<UInt8>
        let asBytes: Bool

        /// Every line end becomes a single line feed, in raw literals too.
        mutating func verbatim() -> [UInt8] {
            var out: [UInt8] = []
            out.reserveCapacity(rest.count)
            while let byte = rest.popFirst() { out.append(normalized(byte)) }
            return out
        }

        private mutating func normalized(_ byte: UInt8) -> UInt8 {
            guard byte == 0x0D else { return byte }
            if rest.first == 0x0A { rest.removeFirst() }
            return 0x0A
        }

        mutating func unescaped() throws(Failure) -> [UInt8] {
            var out: [UInt8] = []
            out.reserveCapacity(rest.count)
            while let byte = rest.popFirst() {
                if byte == UInt8(ascii: "\\") {
                    try escape(into: &out)
                } else {
                    out.append(normalized(byte))
                }
            }
            return out
        }

        private mutating func escape(into out: inout [UInt8]) throws(Failure) {
            guard let kind = rest.popFirst() else {
                throw Failure(message: "unable to unescape string, found '\\' as last character")
            }
            switch kind {
            case UInt8(ascii: "x"), UInt8(ascii: "X"): try number(0, digits: 2, radix: 16, into: &out)
            case UInt8(ascii: "u") where !asBytes: try number(0, digits: 4, radix: 16, into: &out)
            case UInt8(ascii: "U") where !asBytes: try number(0, digits: 8, radix: 16, into: &out)
            case UInt8(ascii: "0")...UInt8(ascii: "3"):
                try number(UInt32(kind - UInt8(ascii: "0")), digits: 2, radix: 8, into: &out)
            default:
                guard let plain = Self.plain[kind] else { throw Failure(message: "unable to unescape string") }
                out.append(plain)
            }
        }

        private static let plain: [UInt8: UInt8] = [
            UInt8(ascii: "a"): 7, UInt8(ascii: "b"): 8, UInt8(ascii: "f"): 12, UInt8(ascii: "n"): 10,
            UInt8(ascii: "r"): 13, UInt8(ascii: "t"): 9, UInt8(ascii: "v"): 11, UInt8(ascii: "\\"): 0x5C,
            UInt8(ascii: "'"): 0x27, UInt8(ascii: "\""): 0x22, UInt8(ascii: "`"): 0x60, UInt8(ascii: "?"): 0x3F,
        ]

        /// A numeric escape: a byte in a bytes literal, a code point in a string.
        private mutating func number(
            _ start: UInt32, digits: Int, radix: UInt32, into out: inout [UInt8]
        ) throws(Failure) {
            var value = start
            for _ in 0..<digits {
                guard let byte = rest.popFirst(), let digit = Self.digit(byte), digit < radix else {
                    throw Failure(message: "unable to unescape string")
                }
                value = (value << (radix == 16 ? 4 : 3)) | digit
            }
            if asBytes {
                out.append(UInt8(truncatingIfNeeded: value))
                return
            }
            guard let scalar = Unicode.Scalar(value) else { throw Failure(message: "invalid unicode code point") }
            out.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        }

        private static func digit(_ byte: UInt8) -> UInt32? {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A") + 10)
            default: nil
            }
        }
    }
}
