/// Secrets in the middle of texts.
enum SecretText {
    private static let redacted = Array(Redaction.text.utf8)

    /// The text without its secrets; nil where there is none, which is the usual case.
    static func cleaned(_ text: Span<UInt8>) -> [UInt8]? {
        if holdsPrivateKey(text) { return redacted }
        var cleaner = TextCleaner()
        var expectation = Expectation.none
        while let word = cleaner.nextWord(in: text) {
            let bytes = text.extracting(word)
            let isSeparator = word.count == 1 && (bytes[0] == UInt8(ascii: ":") || bytes[0] == UInt8(ascii: "="))
            switch expectation {
            case .secret:
                if isSeparator { continue }
                cleaner.drop(word, of: text)
                expectation = .none
                continue
            case .separator where isSeparator:
                expectation = .secret
                continue
            default: expectation = self.expectation(after: bytes)
            }
            if let secret = secret(in: bytes) {
                cleaner.drop(word.lowerBound + secret.lowerBound..<word.lowerBound + secret.upperBound, of: text)
            }
        }
        return cleaner.finish(text)
    }

    /// What a word says about those that follow.
    private enum Expectation {
        case none
        /// With a separator behind it, the word after that is a secret: `"password" : "…"`.
        case separator
        /// The next word is a secret.
        case secret
    }

    private static func expectation(after word: Span<UInt8>) -> Expectation {
        if isScheme(word) || isBareFlag(word) { return .secret }
        let last = word[word.count - 1]
        let isEnded = last == UInt8(ascii: ":") || last == UInt8(ascii: "=")
        guard index(of: UInt8(ascii: "="), in: word) ?? word.count >= word.count - 1, SecretName.matches(word) else {
            return .none
        }
        return isEnded ? .secret : .separator
    }

    /// The part of a word that is a secret by itself.
    private static func secret(in word: Span<UInt8>) -> Range<Int>? {
        if let start = valueStart(word) { return start..<word.count }
        return isWebToken(word) ? 0..<word.count : urlPassword(word)
    }

    /// Whether the word is a flag that a secret follows: `--password`, `-token`.
    static func isBareFlag(_ word: Span<UInt8>) -> Bool {
        guard word.count > 3, word[0] == UInt8(ascii: "-"), index(of: UInt8(ascii: "="), in: word) == nil else {
            return false
        }
        return SecretName.matches(word)
    }

    /// Whether the word announces credentials, as in a header.
    private static func isScheme(_ word: Span<UInt8>) -> Bool {
        equalsIgnoringCase(word, "bearer") || equalsIgnoringCase(word, "basic")
    }

    private static func equalsIgnoringCase(_ word: Span<UInt8>, _ small: StaticString) -> Bool {
        guard word.count == small.utf8CodeUnitCount else { return false }
        return small.withUTF8Buffer { letters in
            word.indices.allSatisfy { unsafe word[$0] | 0x20 == letters[$0] }
        }
    }

    /// Where the value begins in `PASSWORD=…` and `--token=…`.
    private static func valueStart(_ word: Span<UInt8>) -> Int? {
        guard let end = index(of: UInt8(ascii: "="), in: word), end + 1 < word.count else { return nil }
        return SecretName.matches(word.extracting(0..<end)) ? end + 1 : nil
    }

    /// Three parts of URL-safe base64, the first of which begins with an open brace and a quote.
    private static func isWebToken(_ word: Span<UInt8>) -> Bool {
        guard word.count > 20, word[0] == UInt8(ascii: "e"), word[1] == UInt8(ascii: "y"), word[2] == UInt8(ascii: "J")
        else { return false }
        return word.indices.count { word[$0] == UInt8(ascii: ".") } == 2
    }

    /// Where the password is in `https://user:password@host`.
    private static func urlPassword(_ word: Span<UInt8>) -> Range<Int>? {
        guard let colon = index(of: UInt8(ascii: ":"), in: word), colon + 3 < word.count,
            word[colon + 1] == UInt8(ascii: "/"), word[colon + 2] == UInt8(ascii: "/")
        else { return nil }
        var start: Int?
        for place in colon + 3..<word.count {
            switch word[place] {
            case UInt8(ascii: "/"): return nil
            case UInt8(ascii: ":"): start = start ?? place + 1
            case UInt8(ascii: "@"): return start.map { $0..<place }
            default: break
            }
        }
        return nil
    }

    private static func holdsPrivateKey(_ text: Span<UInt8>) -> Bool {
        guard text.count > 40 else { return false }
        return find("-----BEGIN ", in: text) && find("PRIVATE KEY-----", in: text)
    }

    private static func find(_ part: StaticString, in text: Span<UInt8>) -> Bool {
        let count = part.utf8CodeUnitCount
        guard text.count >= count else { return false }
        return part.withUTF8Buffer { letters in
            (0...text.count - count).contains { start in
                (0..<count).allSatisfy { unsafe text[start + $0] == letters[$0] }
            }
        }
    }

    private static func index(of byte: UInt8, in word: Span<UInt8>) -> Int? {
        word.indices.first { word[$0] == byte }
    }
}

/// Goes through a text word by word and copies it only once something is left out.
private struct TextCleaner {
    private var position = 0
    private var copied = 0
    private var result: [UInt8] = []

    /// The next stretch between spaces, quotes and the separators of queries and connection strings.
    mutating func nextWord(in text: Span<UInt8>) -> Range<Int>? {
        while position < text.count, Self.separates(text[position]) { position += 1 }
        guard position < text.count else { return nil }
        let start = position
        while position < text.count, !Self.separates(text[position]) { position += 1 }
        return start..<position
    }

    private static func separates(_ byte: UInt8) -> Bool {
        switch byte {
        case 0...0x20, UInt8(ascii: ";"), UInt8(ascii: "&"), UInt8(ascii: "?"), UInt8(ascii: ","), UInt8(ascii: "\""),
            UInt8(ascii: "'"), UInt8(ascii: "{"), UInt8(ascii: "}"):
            true
        default: false
        }
    }

    mutating func drop(_ range: Range<Int>, of text: Span<UInt8>) {
        for index in copied..<range.lowerBound { result.append(text[index]) }
        result += Redaction.text.utf8
        copied = range.upperBound
    }

    /// What is left; nil if that is everything.
    consuming func finish(_ text: Span<UInt8>) -> [UInt8]? {
        guard copied > 0 else { return nil }
        for index in copied..<text.count { result.append(text[index]) }
        return result
    }
}
