import LinearRegex
import TestSupport
import Testing

struct MatchTests {
    static func groups(_ pattern: String, _ text: [UInt8], automatonBytesMax: Int = 1 << 20) throws -> [Range<Int>?]? {
        var limits = LinearRegex.Limits()
        limits.automatonBytesMax = automatonBytesMax
        var scratch = LinearRegex.Scratch()
        return try LinearRegex(pattern, limits: limits).captures(in: text.span, scratch: &scratch)
    }

    static func groups(_ pattern: String, _ text: String) throws -> [Range<Int>?]? {
        try groups(pattern, Array(text.utf8))
    }

    @Test func prefersTheFirstAlternative() throws {
        #expect(try Self.groups("a|ab", "ab") == [0..<1])
        #expect(try Self.groups("(a|ab)(c|bcd)", "abcd") == [0..<4, 0..<1, 1..<4])
        #expect(try Self.groups("a+?", "aaa") == [0..<1])
        #expect(try Self.groups("(?U)a+", "aaa") == [0..<1])
    }

    @Test func findsGroupsThatTookNoPart() throws {
        #expect(try Self.groups("(a)|(b)", "b") == [0..<1, nil, 0..<1])
        #expect(try Self.groups("(?:(a)|b)*", "ab") == [0..<2, 0..<1])
        #expect(try Self.groups("(|a)+", "aaa") == [0..<0, 0..<0])
    }

    @Test func foldsCaseAsUnicodeDoes() throws {
        #expect(try Self.groups("(?i)kelvin", "\u{212A}ELVIN") == [0..<8])
        #expect(try Self.groups("(?i)[s]", "ſ") == [0..<2])
        #expect(try Self.groups("(?i)straße", "STRASSE") == nil)
        #expect(try Self.groups(#"(?i)\p{Lu}"#, "a") == [0..<1])
    }

    @Test func looksAroundItself() throws {
        #expect(try Self.groups(#"\Bb"#, "b ab") == [3..<4])
        #expect(try Self.groups(#"\B$"#, "aé") == [3..<3])
        #expect(try Self.groups("(?m)^b$", "a\nb\nc") == [2..<3])
        #expect(try Self.groups("^b", "a\nb") == nil)
        #expect(try Self.groups("(?m:$)\\b", "abc") == [3..<3])
    }

    /// Every byte that is not valid UTF-8 is a code point, U+FFFD, of its own.
    static let invalid: [(pattern: String, text: [UInt8], match: Range<Int>?)] = [
        ("^.$", [0xFF], 0..<1),
        ("^..$", [0xE2, 0x98], 0..<2),
        ("^.$", [0xE2, 0x98, 0x83], 0..<3),
        ("^.{3}$", [0xE2, 0x98, 0x41], 0..<3),
        (#"\x{FFFD}b"#, [0x61, 0xC0, 0x62], 1..<3),
        ("[^a]+", [0x61, 0xED, 0xA0, 0x80, 0x61], 1..<4),
        ("b", [0xFF, 0xFF, 0x62, 0xFF], 2..<3),
        (#"\x{D800}"#, [0xED, 0xA0, 0x80], nil),
    ]

    @Test(arguments: invalid) func readsInvalidBytesAsGoDoes(
        _ one: (pattern: String, text: [UInt8], match: Range<Int>?)
    ) throws {
        #expect(try Self.groups(one.pattern, one.text)?[0] == one.match)
    }

    @Test func findsAllAsGoDoes() throws {
        var scratch = LinearRegex.Scratch()
        func all(_ pattern: String, _ text: String, limit: Int = .max) throws -> [Range<Int>] {
            try LinearRegex(pattern).findAll(in: Array(text.utf8).span, limit: limit, scratch: &scratch)
        }
        #expect(try all("a*", "baac") == [0..<0, 1..<3, 4..<4])
        #expect(try all("", "aé") == [0..<0, 1..<1, 3..<3])
        #expect(try all("a*?", "aaa") == [0..<0, 1..<1, 2..<2, 3..<3])
        #expect(try all("[0-9]+", "a1b22", limit: 1) == [1..<2])
        #expect(try all("^a", "aaa") == [0..<1])
    }

    @Test func replaces() throws {
        var scratch = LinearRegex.Scratch()
        func replaced(_ pattern: String, _ text: String, _ template: String) throws -> String {
            let regex = try LinearRegex(pattern)
            let bytes = regex.replaceAll(in: Array(text.utf8).span, with: regex.template(template), scratch: &scratch)
            return String(decoding: bytes, as: UTF8.self)
        }
        #expect(try replaced("a(x*)b", "-ab-axxb-", "${1}W") == "-W-xxW-")
        #expect(try replaced("a(x*)b", "-ab-axxb-", "$1W") == "---")
        #expect(try replaced("a(?P<n>x*)b", "axb", "<$n$$${n}$9$>") == "<x$x$>")
        #expect(try replaced("a*", "baac", "-") == "-b-c-")
        let regex = try LinearRegex("(a)(b)")
        #expect(regex.rewriteTemplate(#"\3"#) == nil)
        let template = try #require(regex.rewriteTemplate(#"\2\1\\"#))
        #expect(regex.replaceAll(in: Array("ab".utf8).span, with: template, scratch: &scratch) == Array(#"ba\"#.utf8))
    }

    @Test func stopsWhenItIsTold() throws {
        let text = [UInt8](repeating: 0x61, count: 1 << 18)
        var scratch = LinearRegex.Scratch()
        let regex = try LinearRegex("(a*)*b")
        var asked = 0
        #expect(throws: LinearRegexStopped.self) {
            try regex.matches(text.span, scratch: &scratch) {
                asked += 1
                return asked == 3
            }
        }
        #expect(asked == 3)
    }

    /// A megabyte in the debug build; what is not linear would take hours.
    static let hostile = [
        "(a*)*b", "(a+a+)+y", "(a|aa)+$y", "(a?){50}a{50}y", "((a*)*)*c", "(.*)(.*)(.*)(.*)x", "a{0,999}b",
    ]

    @Test(arguments: hostile) func isLinear(_ pattern: String) throws {
        let text = [UInt8](repeating: 0x61, count: 1 << 20)
        var scratch = LinearRegex.Scratch()
        #expect(try LinearRegex(pattern).matches(text.span, scratch: &scratch) == false)
    }

    /// Tables without room fall back to the simulation, which must say the same.
    @Test func agreesWithItselfWithoutTables() throws {
        let pieces = [
            "a", "b", "(", ")", "|", "*", "+?", "[ab]", "é", ".", "^", "$", "\\b", "{1,2}", "(?i)B", "\\B", "?",
        ]
        let letters: [[UInt8]] = [[0x61], [0x62], [0xC3, 0xA9], [0xFF], [0x0A]]
        for seed in UInt64(0)..<1500 {
            var random = SeededRandom(seed: seed)
            let pattern = (0..<(1 + random.below(9))).map { _ in random.pick(pieces) }.joined()
            let text: [UInt8] = (0..<random.below(12)).flatMap { _ in random.pick(letters) }
            guard (try? LinearRegex(pattern)) != nil else { continue }
            let roomy = try Self.groups(pattern, text)
            #expect(
                try Self.groups(pattern, text, automatonBytesMax: 1) == roomy, "seed \(seed): \(pattern) on \(text)")
        }
    }
}
