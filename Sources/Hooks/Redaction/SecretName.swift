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
        guard name.count >= 3 else { return false }
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

    /// A bit for each letter that a word begins with.
    private static let beginnings = words.reduce(UInt32(0)) { $0 | bit($1[0]) }

    private static func bit(_ letter: UInt8) -> UInt32 { 1 << UInt32(letter &- UInt8(ascii: "a")) }

    /// Whether one of the words stands anywhere. At most places none can begin; to try them all was a seventh of what a flood of
    /// entries cost.
    private static func holdsWord(_ text: [UInt8]) -> Bool {
        for start in text.indices where beginnings & bit(text[start]) != 0 {
            for word in words where word.count <= text.count - start && holds(text, word, from: start) { return true }
        }
        return false
    }

    private static func holds(_ text: [UInt8], _ word: [UInt8], from start: Int) -> Bool {
        for index in word.indices where text[start + index] != word[index] { return false }
        return true
    }
}
