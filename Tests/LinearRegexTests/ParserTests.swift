import LinearRegex
import Testing

struct ParserTests {
    /// Patterns that are refused, with the part that Go's message quotes and its words.
    static let refused: [(pattern: String, message: String)] = [
        ("a(b", "missing closing ): `a(b`"),
        ("a)", "unexpected ): `a)`"),
        ("[a", "missing closing ]: `[a`"),
        ("x[a-", "missing closing ]: `[a-`"),
        ("[b-a]", "invalid character class range: `b-a`"),
        ("[[:foo:]]", "invalid character class range: `[:foo:]`"),
        (#"\pX"#, #"invalid character class range: `\pX`"#),
        (#"\p{Gree"#, #"invalid character class range: `\p{Gree`"#),
        (#"\C"#, #"invalid escape sequence: `\C`"#),
        (#"\8"#, #"invalid escape sequence: `\8`"#),
        (#"a\1"#, #"invalid escape sequence: `\1`"#),
        (#"\x{110000}"#, #"invalid escape sequence: `\x{110000`"#),
        (#"\xg0"#, #"invalid escape sequence: `\xg0`"#),
        (#"a\"#, "trailing backslash at end of expression: ``"),
        ("*a", "missing argument to repetition operator: `*`"),
        ("(|+)", "missing argument to repetition operator: `+`"),
        ("a**", "invalid nested repetition operator: `**`"),
        ("a+{2}", "invalid nested repetition operator: `+{2}`"),
        ("a{1001}", "invalid repeat count: `{1001}`"),
        ("a{3,2}", "invalid repeat count: `{3,2}`"),
        ("((a{100}){10}){2}", "invalid repeat count: `{2}`"),
        ("(?x)a", "invalid or unsupported Perl syntax: `(?x`"),
        ("(?i-)", "invalid or unsupported Perl syntax: `(?i-)`"),
        ("a(?=b)", "invalid or unsupported Perl syntax: `(?=`"),
        ("(?P<n", "invalid named capture: `(?P<n`"),
        ("(?<n o>a)", "invalid named capture: `(?<n o>`"),
    ]

    @Test(arguments: refused) func refusesInGoWords(_ one: (pattern: String, message: String)) {
        let error = #expect(throws: LinearRegexError.self) { try LinearRegex(one.pattern) }
        #expect(error?.description == "error parsing regexp: " + one.message)
    }

    @Test func refusesWhatIsNotUTF8() {
        let pattern: [UInt8] = [0x61, 0xFF, 0x62]
        let error = #expect(throws: LinearRegexError.self) { try LinearRegex(pattern.span) }
        #expect(error?.reason == .invalidUTF8)
        #expect(error?.expression == [0xFF, 0x62])
    }

    static let accepted = [
        "", "a{,2}", "a{2", "{", "[]a]", "[^]a]", "[a-]", "[--a]", #"\_"#, #"\Qa*\E*"#, "(?i)(?s)a", "x{0}{", "^*",
        "(?:)", "(?P<n>a)(?P<n>b)", #"\p{greek}\p{Uppercase Letter}\p{^L}"#, "(|a)*", #"[\d-z]"#, "a{1000}",
    ]

    @Test(arguments: accepted) func accepts(_ pattern: String) {
        #expect(throws: Never.self) { try LinearRegex(pattern) }
    }

    @Test func refusesDeepNesting() {
        let deep = String(repeating: "(", count: 1001) + String(repeating: ")", count: 1001)
        let error = #expect(throws: LinearRegexError.self) { try LinearRegex(deep) }
        #expect(error?.reason == .nestingDepth)
        let most = String(repeating: "(", count: 999) + String(repeating: ")", count: 999)
        #expect(throws: Never.self) { try LinearRegex(most) }
    }

    @Test func refusesNestedPrefixesWithoutRecursingTooFar() {
        let words = (1...1200).map { String(repeating: "a", count: $0) }.joined(separator: "|")
        var limits = LinearRegex.Limits()
        limits.patternBytesMax = 1 << 20
        let error = #expect(throws: LinearRegexError.self) { try LinearRegex(words, limits: limits) }
        #expect(error?.reason == .nestingDepth)
    }

    static let large = [
        #"(\pL{100}){10}\pL{1000}\pL{1000}"#, String(repeating: #"\pL"#, count: 2000),
        "[" + String(repeating: #"\pL"#, count: 2000) + "]", String(repeating: "a{1000}", count: 1000),
    ]

    @Test(arguments: large) func refusesWhatIsTooLarge(_ pattern: String) {
        let error = #expect(throws: LinearRegexError.self) { try LinearRegex(pattern) }
        #expect(error?.reason == .tooLarge)
    }

    @Test func namesGroups() throws {
        let regex = try LinearRegex("(?P<a>x)(y)(?<b>z)")
        #expect(regex.captureCount == 3)
        #expect(regex.captureNames == ["a", nil, "b"])
    }
}
