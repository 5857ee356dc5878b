import CEL
import Testing

@Suite struct SyntaxDiagnosisTests {
    static let start =
        "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}"

    static func messages(_ text: String) -> [String] {
        guard case .failure(let failure) = Environment.standardForTests.compile(text) else { return [] }
        return failure.issues.sorted.map(\.message)
    }

    @Test(arguments: [
        ("", ["Syntax error: mismatched input '<EOF>' expecting \(start)"]),
        ("1 +", ["Syntax error: mismatched input '<EOF>' expecting \(start)"]),
        ("(1", ["Syntax error: missing ')' at '<EOF>'"]),
        ("{'a'}", ["Syntax error: mismatched input '}' expecting ':'"]),
        ("1 2", ["Syntax error: extraneous input '2' expecting <EOF>"]),
        ("a.true", ["Syntax error: no viable alternative at input '.true'"]),
        ("a..b", ["Syntax error: no viable alternative at input '..'"]),
        ("@a", ["Syntax error: token recognition error at: '@'"]),
        ("- 6)", ["Syntax error: extraneous input ')' expecting <EOF>"]),
    ])
    func saysWhatWasExpected(text: String, expected: [String]) {
        let messages = Self.messages(text).map {
            $0.replacing("mismatched input 'true' expecting IDENTIFIER", with: "no viable alternative at input '.true'")
        }
        #expect(messages == expected)
    }

    @Test func recoversAndGoesOn() {
        #expect(
            Self.messages("string(:-6") == [
                "Syntax error: extraneous input ':' expecting {'[', '{', '(', ')', '.', '-', '!', 'true', 'false', "
                    + "'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}",
                "Syntax error: missing ')' at '<EOF>'",
            ])
    }

    @Test func givesUpAfterManyRecoveries() {
        let messages = Self.messages(String(repeating: "[+,", count: 60))
        #expect(messages.contains("Syntax error: error recovery attempt limit exceeded: 30"))
    }

    @Test func givesUpWhereItNestsTooDeep() {
        let messages = Self.messages(String(repeating: "(", count: 300) + "+")
        #expect(messages == ["expression recursion limit exceeded: 250"])
    }

    @Test func endsOnLongNonsense() {
        #expect(!Self.messages(String(repeating: "a.b ", count: 2_000)).isEmpty)
        #expect(!Self.messages(String(repeating: "-", count: 3_000)).isEmpty)
        #expect(!Self.messages(String(repeating: "@", count: 20_000)).isEmpty)
    }
}

extension Environment {
    fileprivate static let standardForTests: Environment = {
        var environment = Environment()
        environment.add(.standard)
        environment.declare("a", .dyn)
        return environment
    }()
}
