import Synchronization

/// A compiled regular expression: the syntax, the preferences and the error messages of Go's `regexp`, in time linear in
/// the text for every pattern.
///
/// It is immutable and may be used by any number of threads, each with a `Scratch` of its own. A pattern and a text are
/// bytes; positions are byte offsets. Bytes of a text that are not UTF-8 count as U+FFFD each, as in Go.
///
/// Matching runs a deterministic automaton that is built lazily (`LazyDFA`), backward once more to find where a match
/// begins, and looks at single threads (`OnePass`, `Backtracker`, `PikeVM`) only for groups or when the tables of a
/// hostile pattern grow too fast. Long runs can be stopped: every 8 KB of text, and every 16,384 instructions of the slow
/// machines, they ask the caller's `shouldStop`; the question costs nothing to those who do not ask it.
/// What is not interrupted is short: to look whether a text is UTF-8 takes under 2 ms a megabyte.
///
/// `findAll` and its kin search anew after each match, so a pattern that reads far past its matches (`a.*z|a`) costs them
/// the square of the text, here as in Go; `shouldStop` is for that.
public struct LinearRegex: Sendable {
    let engine: CompiledPattern

    /// Compiles a pattern of UTF-8 bytes.
    public init(_ pattern: Span<UInt8>, limits: Limits = Limits()) throws(LinearRegexError) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(pattern.count)
        for index in pattern.indices { bytes.append(pattern[index]) }
        engine = try CompiledPattern(bytes, limits: limits)
    }

    /// Compiles a pattern.
    public init(_ pattern: String, limits: Limits = Limits()) throws(LinearRegexError) {
        engine = try CompiledPattern(Array(pattern.utf8), limits: limits)
    }

    /// How many groups capture, without the whole match.
    public var captureCount: Int { engine.captureNames.count }

    /// The names of the groups, without the whole match; nil for those without one.
    public var captureNames: [String?] { engine.captureNames }
}

/// What a pattern is compiled to; shared by all copies of a `LinearRegex`.
final class CompiledPattern: Sendable {
    /// Tells patterns apart in a scratch; never used twice.
    let identity: UInt64
    let forward: Program
    /// Finds where a match begins; nil for anchored patterns, and where it would be too large.
    let backward: Program?
    let onePass: OnePass?
    let prefix: Prefix
    let captureNames: [String?]
    let automatonBytesMax: Int

    private static let identities = Atomic<UInt64>(1)

    init(_ pattern: [UInt8], limits: LinearRegex.Limits) throws(LinearRegexError) {
        let tree = try Parser.parse(pattern, limits: limits)
        let compiled = Compiler.compile(tree, isReversed: false, instructionsMax: limits.instructionsMax)
        guard let forward = compiled, forward.instructions.count * forward.captureSlots <= limits.groupSlotsMax else {
            throw LinearRegexError(reason: .tooLarge, expression: pattern)
        }
        self.forward = forward
        backward =
            forward.isAnchored
            ? nil : Compiler.compile(tree, isReversed: true, instructionsMax: limits.instructionsMax)
        onePass = tree.captureNames.isEmpty ? nil : OnePass(forward)
        let (bytes, isWhole) = tree.literalPrefix
        prefix = Prefix(bytes, isWhole: isWhole)
        captureNames = tree.captureNames
        automatonBytesMax = limits.automatonBytesMax
        identity = Self.identities.wrappingAdd(1, ordering: .relaxed).newValue
    }
}
