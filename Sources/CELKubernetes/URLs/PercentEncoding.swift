import CEL

/// Percent signs in URLs, as Go's `net/url` writes and reads them.
enum PercentEncoding {
    /// A part of a URL, which decides what may stand in it as it is.
    enum Part: UInt8 {
        case path
        case host
        /// What stands behind an address and an encoded percent sign.
        case zone
        case user
        case query
        case fragment
    }

    static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    /// Whether a byte is written as it is.
    @inline(__always)
    static func isPlain(_ byte: UInt8, _ part: Part) -> Bool { plainParts[Int(byte)] >> part.rawValue & 1 == 1 }

    /// For each byte, the parts in which it is written as it is, one bit each.
    private static let plainParts: [UInt8] = (0...255).map { byte in
        [Part.path, .host, .zone, .user, .query, .fragment].reduce(0) { bits, part in
            findsPlain(byte, part) ? bits | 1 << part.rawValue : bits
        }
    }

    private static func findsPlain(_ byte: UInt8, _ part: Part) -> Bool {
        if isLetterOrDigit(byte) { return true }
        let others: StaticString =
            switch part {
            case .path: "-_.~$&+,/:;=@"
            case .host, .zone: "-_.~!\"$&'()*+,:;<=>[]"
            case .user: "-_.~$&+,;="
            case .query: "-_.~"
            case .fragment: "-_.~!$&()*+,/:;=?@"
            }
        return ByteView(others).contains(byte)
    }

    /// Whether a part is written so that it stays as it is.
    static func isValidPath(_ text: ByteView) -> Bool {
        text.allSatisfy { isPlain($0, .path) || ByteView("!'()*[]%").contains($0) }
    }

    @inline(__always)
    private static func hexValue(_ byte: UInt8) -> UInt8? {
        let digit = byte &- UInt8(ascii: "0")
        if digit < 10 { return digit }
        let letter = (byte | 0x20) &- UInt8(ascii: "a")
        return letter < 6 ? letter + 10 : nil
    }

    /// Refuses percent signs that encode nothing, and in a host what has no place there.
    /// Gives up, without a word, once `shouldStop` is true.
    @inline(__always)
    static func check(
        _ text: ByteView, _ part: Part, shouldStop: () -> Bool = { false }
    ) throws(WebAddressProblem) {
        var index = 0
        var steps = 0
        while index < text.count {
            steps += 1
            if steps & 0xFFF == 0, shouldStop() { return }
            let byte = text[index]
            if byte == UInt8(ascii: "%") {
                guard let value = decoded(text, at: index), mayBeEncoded(value, part) else {
                    let escape = text[view: index..<min(index + 3, text.count)]
                    throw WebAddressProblem(words: "invalid URL escape ", part: escape)
                }
                index += 3
                continue
            }
            if part == .host || part == .zone, byte < 0x80, !isPlain(byte, .host) {
                let character = text[view: index..<index + 1]
                throw WebAddressProblem(words: "invalid character ", part: character, ending: " in host name")
            }
            index += 1
        }
    }

    /// Whether a byte may stand encoded in a part.
    private static func mayBeEncoded(_ value: UInt8, _ part: Part) -> Bool {
        switch part {
        case .host: value >= 0x80 || value == UInt8(ascii: "%")
        case .zone: isPlain(value, .host) || value == UInt8(ascii: "%") || value == UInt8(ascii: " ")
        default: true
        }
    }

    /// What `%xx` stands for; nil for anything else.
    @inline(__always)
    private static func decoded(_ text: ByteView, at index: Int) -> UInt8? {
        guard index + 2 < text.count else { return nil }
        guard let high = hexValue(text[index + 1]), let low = hexValue(text[index + 2]) else { return nil }
        return high << 4 | low
    }

    /// Hands out the decoded bytes of a text one by one; nil where it is badly encoded.
    private static func decode(_ text: ByteView, plusIsSpace: Bool, _ body: (UInt8) -> Void) -> Bool {
        var index = 0
        while index < text.count {
            let byte = text[index]
            if byte == UInt8(ascii: "%") {
                guard let value = decoded(text, at: index) else { return false }
                body(value)
                index += 3
            } else {
                body(plusIsSpace && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
                index += 1
            }
        }
        return true
    }

    /// The decoded bytes, for messages and other cold paths.
    static func decodedCopy(_ text: ByteView) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        _ = decode(text, plusIsSpace: false) { bytes.append($0) }
        return bytes
    }

    /// The bytes as a part of a URL is written, for messages and other cold paths.
    static func encodedCopy(_ bytes: some Sequence<UInt8>, _ part: Part) -> [UInt8] {
        var encoded: [UInt8] = []
        encoded.reserveCapacity(bytes.underestimatedCount)
        for byte in bytes {
            if isPlain(byte, part) {
                encoded.append(byte)
            } else {
                encoded.append(UInt8(ascii: "%"))
                encoded.append(digit(byte >> 4))
                encoded.append(digit(byte & 15))
            }
        }
        return encoded
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }

    /// The decoded text: the same bytes where nothing is encoded; nil where it is badly encoded.
    static func decoded(_ text: ByteView, plusIsSpace: Bool, _ evaluator: inout Evaluator) -> Value? {
        let isPlain = !text.contains { $0 == UInt8(ascii: "%") || plusIsSpace && $0 == UInt8(ascii: "+") }
        if isPlain { return Value(.string, text) }
        var isValid = true
        let value = unsafe evaluator.make(.string, upTo: text.count) { memory in
            var count = 0
            isValid = decode(text, plusIsSpace: plusIsSpace) { byte in
                unsafe memory[count] = byte
                count += 1
            }
            return count
        }
        return isValid ? value : nil
    }
}
