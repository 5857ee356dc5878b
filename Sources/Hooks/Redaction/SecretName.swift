/// Names that say that their value is a secret.
enum SecretName {
    /// Longer names are judged by their beginning.
    private static let bytesMax = 256

    private static let words: [[UInt8]] = [
        "password", "passwd", "passphrase", "passcode", "secret", "token", "apikey", "accesskey", "privatekey",
        "signingkey",
        "encryptionkey", "credential", "authorization", "bearer", "cookie", "pwd", "hmac",
    ].map { Array($0.utf8) }

    /// With such an end the value says which secret, or where it is, not what it is.
    private static let endings: [[UInt8]] = [
        "name", "names", "ref", "refs", "namespace", "path", "file", "seconds", "kind", "type", "class", "provider",
        "mount", "enabled", "policy", "version", "url", "uri", "ttl", "audience", "audiences",
    ].map { Array($0.utf8) }

    /// Whether something of that name is a secret. Letters of either size are the same, and what stands between the words
    /// does not count: `API-Key`, `api_key` and `apiKey` are one.
    static func matches(_ name: Span<UInt8>) -> Bool {
        guard name.count >= 3, mayMatch(name) else { return false }
        var letters: [UInt8] = []
        letters.reserveCapacity(min(name.count, bytesMax))
        for index in 0..<min(name.count, bytesMax) {
            let byte = name[index]
            let small = byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
            if small &- UInt8(ascii: "a") < 26 { letters.append(small) }
        }
        return holdsWord(letters)
            && !endings.contains { letters.count >= $0.count && holds(letters, $0, from: letters.count - $0.count) }
    }

    private static func number(_ letter: UInt8) -> Int { Int(letter &- UInt8(ascii: "a")) }

    /// By the first two letters of a word, a bit for each third.
    private static let beginnings: [UInt32] = words.reduce(into: Array(repeating: 0, count: 26 * 26)) { table, word in
        table[number(word[0]) * 26 + number(word[1])] |= 1 << UInt32(number(word[2]))
    }

    /// Whether a word may begin anywhere, by its first three letters. Most names hold none, and are judged here without a copy of
    /// their letters: those were a third of what a record cost.
    private static func mayMatch(_ name: Span<UInt8>) -> Bool {
        let beginnings = beginnings
        // The number of the last two letters.
        var pair = 0
        var letters = 0
        for index in 0..<min(name.count, bytesMax) {
            let letter = (name[index] | 0x20) &- UInt8(ascii: "a")
            guard letter < 26 else { continue }
            if letters >= 2, beginnings[pair] & 1 << UInt32(letter) != 0 { return true }
            pair = pair % 26 * 26 + Int(letter)
            letters += 1
        }
        return false
    }

    /// Whether one of the words stands anywhere.
    private static func holdsWord(_ text: [UInt8]) -> Bool {
        let beginnings = beginnings
        for start in 0..<max(text.count - 2, 0) {
            let pair = number(text[start]) * 26 + number(text[start + 1])
            guard beginnings[pair] & 1 << UInt32(number(text[start + 2])) != 0 else { continue }
            for word in words where word.count <= text.count - start && holds(text, word, from: start) { return true }
        }
        return false
    }

    private static func holds(_ text: [UInt8], _ word: [UInt8], from start: Int) -> Bool {
        for index in word.indices where text[start + index] != word[index] { return false }
        return true
    }
}
