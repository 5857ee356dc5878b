extension LinearRegex {
    /// True when the pattern matches anywhere in a text.
    ///
    /// `isValidUTF8` saves a look at the text when the caller knows; a false promise gives other matches, no harm.
    public func matches(_ text: Span<UInt8>, scratch: inout Scratch, isValidUTF8: Bool = false) -> Bool {
        (try? matches(text, scratch: &scratch, isValidUTF8: isValidUTF8, shouldStop: { false })) ?? false
    }

    /// True when the pattern matches anywhere in a text; throws once `shouldStop` is true.
    public func matches(
        _ text: Span<UInt8>, scratch: inout Scratch, isValidUTF8: Bool = false, shouldStop: () -> Bool
    ) throws(LinearRegexStopped) -> Bool {
        let found = unsafe text.withUnsafeBufferPointer { text in
            if unsafe isValidUTF8 || ReplacedText.isValid(text) {
                return unsafe engine.anyMatch(text, &scratch, shouldStop)
            }
            return unsafe engine.replacing(text, &scratch) { text, scratch in
                unsafe engine.anyMatch(text, &scratch, shouldStop)
            }
        }
        if found == .stopped { throw LinearRegexStopped() }
        return found != .nothing
    }

    /// Where the pattern first matches at or after `start`, which looks back at what is before it.
    public func firstMatch(
        in text: Span<UInt8>, from start: Int = 0, scratch: inout Scratch, isValidUTF8: Bool = false
    ) -> Range<Int>? {
        var found: Range<Int>?
        let options = Walk(from: start, limit: 1, wantsGroups: false, isValidUTF8: isValidUTF8)
        try? walk(text, options, scratch: &scratch, shouldStop: { false }) { groups in found = groups[0]..<groups[1] }
        return found
    }

    /// Where the pattern and each of its groups first match at or after `start`; nil for a group that took no part.
    public func captures(
        in text: Span<UInt8>, from start: Int = 0, scratch: inout Scratch, isValidUTF8: Bool = false
    ) -> [Range<Int>?]? {
        var found: [Range<Int>?]?
        let options = Walk(from: start, limit: 1, wantsGroups: true, isValidUTF8: isValidUTF8)
        try? walk(text, options, scratch: &scratch, shouldStop: { false }) { found = Self.ranges($0) }
        return found
    }

    /// All matches that do not overlap, at most `limit` of them.
    ///
    /// As in Go, an empty match right after another match is left out.
    public func findAll(
        in text: Span<UInt8>, limit: Int = .max, scratch: inout Scratch, isValidUTF8: Bool = false
    ) -> [Range<Int>] {
        (try? findAll(in: text, limit: limit, scratch: &scratch, isValidUTF8: isValidUTF8, shouldStop: { false })) ?? []
    }

    /// All matches that do not overlap, at most `limit` of them; throws once `shouldStop` is true.
    public func findAll(
        in text: Span<UInt8>, limit: Int = .max, scratch: inout Scratch, isValidUTF8: Bool = false,
        shouldStop: () -> Bool
    ) throws(LinearRegexStopped) -> [Range<Int>] {
        var found: [Range<Int>] = []
        let options = Walk(from: 0, limit: limit, wantsGroups: false, isValidUTF8: isValidUTF8)
        try walk(text, options, scratch: &scratch, shouldStop: shouldStop) { found.append($0[0]..<$0[1]) }
        return found
    }

    /// All matches that do not overlap, at most `limit` of them, with their groups; throws once `shouldStop` is true.
    public func allCaptures(
        in text: Span<UInt8>, limit: Int = .max, scratch: inout Scratch, isValidUTF8: Bool = false,
        shouldStop: () -> Bool = { false }
    ) throws(LinearRegexStopped) -> [[Range<Int>?]] {
        var found: [[Range<Int>?]] = []
        let options = Walk(from: 0, limit: limit, wantsGroups: true, isValidUTF8: isValidUTF8)
        try walk(text, options, scratch: &scratch, shouldStop: shouldStop) { found.append(Self.ranges($0)) }
        return found
    }

    /// The ranges of the positions that the engines count in pairs.
    static func ranges(_ slots: [Int]) -> [Range<Int>?] {
        stride(from: 0, to: slots.count - 1, by: 2).map { slot in
            slots[slot] < 0 || slots[slot + 1] < slots[slot] ? nil : slots[slot]..<slots[slot + 1]
        }
    }
}
