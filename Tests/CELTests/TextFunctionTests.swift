import CEL
import CELKubernetes
import JSON
import TestSupport
import Testing

/// Functions of texts against what they mean, written down plainly; texts short and long enough for every way that
/// searching goes.
@Suite struct TextFunctionTests {
    static let environment: Environment = {
        var environment = Environment.kubernetes()
        environment.declare("text", .string)
        environment.declare("part", .string)
        environment.declare("place", .int)
        return environment
    }()

    static func run(_ expression: String, _ text: String, _ part: String, _ place: Int = 0) throws -> String {
        let program = try environment.plan(try environment.compile(expression).get())
        var evaluator = Evaluator()
        evaluator.bind(environment.slot(of: "text") ?? 0, evaluator.string(text))
        evaluator.bind(environment.slot(of: "part") ?? 0, evaluator.string(part))
        evaluator.bind(environment.slot(of: "place") ?? 0, Value(Int64(place)))
        let value = evaluator.run(program)
        return value.isError ? "!" + value.errorMessage : ValueText.text(of: value, &evaluator)
    }

    /// Texts of few different letters, so that parts occur, and some whose parts almost occur everywhere.
    static func pair(_ random: inout SeededRandom) -> (text: String, part: String) {
        let letters = random.pick(["ab", "aé", "☃b", "a"]).map(String.init)
        func text(_ count: Int) -> String { (0..<count).map { _ in random.pick(letters) }.joined() }
        let long = text(random.pick([0, 1, 7, 40, 300, 12_000]))
        switch random.below(4) {
        case 0: return (long, text(random.below(4)))
        case 1: return (long, String(long.dropFirst(random.below(10)).prefix(random.pick([1, 3, 20, 6000]))))
        case 2: return (long + "c" + long, String(long.suffix(5000)) + "c")
        default: return (long, text(20) + "c")
        }
    }

    static func first(_ part: [Unicode.Scalar], in text: [Unicode.Scalar]) -> Int? {
        guard part.count <= text.count else { return nil }
        return (0...text.count - part.count).first { text[$0..<$0 + part.count].elementsEqual(part) }
    }

    static func last(_ part: [Unicode.Scalar], in text: [Unicode.Scalar]) -> Int? {
        guard part.count <= text.count else { return nil }
        return (0...text.count - part.count).last { text[$0..<$0 + part.count].elementsEqual(part) }
    }

    @Test func findWhatThereIs() throws {
        var random = SeededRandom(seed: 5)
        for _ in 0..<150 {
            let (text, part) = Self.pair(&random)
            let (scalars, wanted) = (Array(text.unicodeScalars), Array(part.unicodeScalars))
            let found = Self.first(wanted, in: scalars)
            #expect(try Self.run("text.contains(part)", text, part) == "\(found != nil)")
            #expect(try Self.run("text.indexOf(part)", text, part) == "\(found ?? -1)")
            #expect(try Self.run("text.lastIndexOf(part)", text, part) == "\(Self.last(wanted, in: scalars) ?? -1)")
            #expect(try Self.run("size(text)", text, part) == "\(scalars.count)")
            let pieces = try Self.run("text.split(part).join(part) == text", text, part)
            #expect(pieces == "true")
            #expect(try Self.run("text.replace(part, '') == text.split(part).join('')", text, part) == "true")
        }
    }

    @Test func countCodePoints() throws {
        var random = SeededRandom(seed: 6)
        for _ in 0..<200 {
            let count = random.pick([0, 1, 8, 255, 256, 257, 700, 3000])
            let text = (0..<count).map { _ in random.pick(["a", "é", "☃", "😀"]) }.joined()
            let scalars = Array(text.unicodeScalars)
            #expect(try Self.run("size(text)", text, "") == "\(scalars.count)")
            guard !scalars.isEmpty else { continue }
            let place = random.below(scalars.count)
            let expected = String(String.UnicodeScalarView(scalars[place...]))
            #expect(try Self.run("text.substring(place) == part", text, expected, place) == "true")
            #expect(try Self.run("text.charAt(place) == part", text, String(scalars[place]), place) == "true")
        }
    }

    @Test(arguments: [
        ("'Ab-Z'.lowerAscii() + 'aé'.upperAscii()", #""ab-zAé""#),
        (#"strings.quote("a\n\"\\é")"#, #""\"a\\n\\\"\\\\é\"""#),
        ("' \\t a b\\u2003'.trim()", #""a b""#), ("'aaa'.replace('', '-')", #""-a-a-a-""#),
        ("'a,b,,c'.split(',', 2)", #"["a", "b,,c"]"#), ("'é☃'.split('')", #"["é", "☃"]"#),
        ("'abc'.substring(1, 2)", #""b""#), ("'abc'.substring(4)", "!index out of range: 4"),
        ("'%s %x %X'.format(['a', 'hi', b'\\xff'])", #""a 6869 FF""#), ("double('1' + '0')", "10.0"),
    ])
    func giveTheirAnswers(expression: String, expected: String) throws {
        #expect(try Self.run(expression, "", "") == expected)
    }
}
