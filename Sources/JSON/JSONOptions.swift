/// What a parser accepts beyond doubt, and the bounds that it keeps.
public struct JSONOptions: Sendable {
    /// What to do about an object that has the same key twice.
    public enum DuplicateKeys: Sendable {
        /// The text is refused.
        case refuse
        /// The last member of that key counts, as in Go; the others leave no trace on the tape.
        case lastWins
    }

    /// What to do about bytes that are not UTF-8 and escapes that are half of a surrogate pair.
    public enum InvalidUnicode: Sendable {
        /// The text is refused.
        case refuse
        /// Each offending byte or escape reads as U+FFFD, as in Go.
        case replace
    }

    /// The longest text that a tape's offsets can reach.
    public static let bytesLimit = 1 << 28 - 1

    /// What to do about duplicate keys.
    public var duplicateKeys = DuplicateKeys.lastWins
    /// What to do about text that is not Unicode.
    public var invalidUnicode = InvalidUnicode.refuse
    /// The longest text accepted, never above `bytesLimit`.
    public var bytesMax = 64 << 20
    /// How many containers may be open at once.
    public var depthMax = 512
    /// How many values there may be.
    public var nodesMax = 16 << 20

    /// RFC 8259, last key wins, nested at most 512 deep.
    public init() {}

    /// What Kubernetes' JSON decoder accepts: invalid Unicode replaced, last key wins; nesting as given.
    public static func go(depthMax: Int = 512) -> JSONOptions {
        var options = JSONOptions()
        options.invalidUnicode = .replace
        options.depthMax = depthMax
        return options
    }
}
