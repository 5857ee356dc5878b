import CEL

/// Percent signs in URLs, as Go's `net/url` writes and reads them.
enum PercentEncoding {
    /// A part of a URL, which decides what may stand in it as it is.
    enum Part {
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
    static func isPlain(_ byte: UInt8, _ part: Part) -> Bool {
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

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// Refuses percent signs that encode nothing, and in a host what has no place there.
    static func check(_ text: ByteView, _ part: Part) throws(WebAddressProblem) {
        var index = 0
        while index < text.count {
            let byte = text[index]
            if byte == UInt8(ascii: "%") {
                let escape = text[view: index..<min(index + 3, text.count)]
                guard let value = decoded(escape), mayBeEncoded(value, part) else {
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
    private static func decoded(_ escape: ByteView) -> UInt8? {
        guard escape.count == 3, let high = hexValue(escape[1]), let low = hexValue(escape[2]) else { return nil }
        return high << 4 | low
    }

    /// Hands out the decoded bytes of a text one by one; nil where it is badly encoded.
    private static func decode(_ text: ByteView, plusIsSpace: Bool, _ body: (UInt8) -> Void) -> Bool {
        var index = 0
        while index < text.count {
            let byte = text[index]
            if byte == UInt8(ascii: "%") {
                guard let value = decoded(text[view: index..<min(index + 3, text.count)]) else { return false }
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
        _ = decode(text, plusIsSpace: false) { bytes.append($0) }
        return bytes
    }

    /// The bytes as a part of a URL is written, for messages and other cold paths.
    static func encodedCopy(_ bytes: some Sequence<UInt8>, _ part: Part) -> [UInt8] {
        var encoded: [UInt8] = []
        for byte in bytes {
            if isPlain(byte, part) {
                encoded.append(byte)
            } else {
                encoded += [UInt8(ascii: "%"), digit(byte >> 4), digit(byte & 15)]
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
