import LinearRegex

let regexFuzzTargets: [FuzzTarget] = unsafe [
    FuzzTarget(name: "regex-compile", run: { unsafe fuzzRegexCompile($0) }),
    FuzzTarget(name: "regex-match", run: { unsafe fuzzRegexMatch($0) }),
]

/// Compiles any bytes as a pattern.
public func fuzzRegexCompile(_ input: UnsafeRawBufferPointer) {
    let pattern = unsafe Array(input)
    _ = try? LinearRegex(pattern.span, limits: regexLimits(automatonBytesMax: 1 << 16))
}

/// Splits the input at its first zero byte into a pattern and a text, and holds all ways to match against each other.
public func fuzzRegexMatch(_ input: UnsafeRawBufferPointer) {
    let bytes = unsafe Array(input)
    let middle = bytes.firstIndex(of: 0) ?? bytes.count / 2
    let pattern = Array(bytes[..<middle])
    let text = Array(bytes[middle...].dropFirst().prefix(4096))
    // The second one's tables have no room for more than a few states, so it falls back to the slow machines.
    guard let roomy = try? LinearRegex(pattern.span, limits: regexLimits(automatonBytesMax: 1 << 16)),
        let cramped = try? LinearRegex(pattern.span, limits: regexLimits(automatonBytesMax: 1))
    else { return }
    var scratch = LinearRegex.Scratch()
    let groups = roomy.captures(in: text.span, scratch: &scratch)
    precondition(
        cramped.captures(in: text.span, scratch: &scratch) == groups, "the automaton and the simulation differ")
    precondition(roomy.matches(text.span, scratch: &scratch) == (groups != nil), "matches and captures differ")
    precondition(cramped.matches(text.span, scratch: &scratch) == (groups != nil), "matches and captures differ")
    precondition(roomy.firstMatch(in: text.span, scratch: &scratch) == groups?[0], "firstMatch and captures differ")
    guard let groups, let whole = groups[0] else { return }
    precondition(whole.lowerBound >= 0 && whole.upperBound <= text.count, "a match outside the text")
    for group in groups {
        guard let group else { continue }
        precondition(
            whole.lowerBound <= group.lowerBound && group.upperBound <= whole.upperBound, "a group outside the match")
    }
    var end = -1
    for match in roomy.findAll(in: text.span, limit: 100, scratch: &scratch) {
        precondition(match.lowerBound >= end, "matches overlap")
        end = match.upperBound
    }
    let same = roomy.replaceAll(in: text.span, with: roomy.template("$0"), limit: 100, scratch: &scratch)
    precondition(same == text, "to replace every match by itself changes nothing")
}

/// Limits under which one input costs little.
private func regexLimits(automatonBytesMax: Int) -> LinearRegex.Limits {
    var limits = LinearRegex.Limits()
    limits.instructionsMax = 20_000
    limits.setRangesMax = 20_000
    limits.automatonBytesMax = automatonBytesMax
    return limits
}
