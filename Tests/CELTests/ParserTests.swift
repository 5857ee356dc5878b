import CEL
import Testing

@Suite struct ParserTests {
    static let environment: Environment = {
        var environment = Environment()
        environment.add(.standard)
        environment.add(.optionals)
        environment.declare("a", .dyn)
        return environment
    }()

    func refusal(_ text: String) -> String? {
        if case .failure(let failure) = Self.environment.compile(text) { return failure.description }
        return nil
    }

    @Test(arguments: [
        ("1 + 2 * 3 - 4 % 5", "int"), ("a.b[0].?c.orValue(1)", "dyn"), ("'''x\ny''' + r'\\d' + \"\\u00e9\"", "string"),
        ("b'\\xff' + br'\\x'", "bytes"), ("[1, 2, 3,].map(x, x > 1, x * 2)", "list(int)"),
        ("{'k': 1u,}", "map(string, uint)"),
        ("--1 == 1 && !!true", "bool"), ("a ? 1 : a ? 2 : 3", "int"), ("-9223372036854775808", "int"),
        ("0x7fffffffffffffff // the largest", "int"), (".5e1 + 1.0", "double"),
        ("has(a.b) || a.exists(k, k == 'x')", "bool"),
        ("type(1) == int", "bool"), ("a.`b-c`", "!"), ("[?a.?b]", "list(dyn)"),
    ])
    func readsTheWholeGrammar(text: String, type: String) {
        switch Self.environment.compile(text) {
        case .success(let checked): #expect(checked.resultType.description == type)
        case .failure(let failure): #expect(type == "!", "\(failure)")
        }
    }

    @Test func placesAnIssueByCodePoints() {
        let message = "ERROR: <input>:1:7: undeclared reference to 'x' (in container '')"
        #expect(refusal("'é' + x") == message + "\n | 'é' + x\n | .．....^")
    }

    @Test(arguments: [
        ("has(1)", "invalid argument to has() macro"), ("[1].all(1, true)", "argument must be a simple name"),
        ("[1].map(__result__, 1)", "iteration variable overwrites accumulator variable"),
        ("for", "reserved identifier: for"), ("9223372036854775808", "invalid int literal"),
        ("18446744073709551616u", "invalid uint literal"), ("1e400", "invalid double literal"),
        ("'\\ud800'", "invalid unicode code point"),
    ])
    func refusesWithAReason(text: String, reason: String) {
        #expect(refusal(text)?.contains(reason) == true, "\(refusal(text) ?? "accepted")")
    }

    @Test(arguments: ["(", "[", "{1: ", "a.f(", "!", "-", "a[", "1 + "])
    func refusesWhatNestsTooDeep(opening: String) {
        #expect(refusal(String(repeating: opening, count: 20_000)) != nil)
    }

    @Test(arguments: [
        String(repeating: "(", count: 249) + "1" + String(repeating: ")", count: 249),
        Array(repeating: "1", count: 240).joined(separator: " + "), "a" + String(repeating: ".b", count: 240),
        Array(repeating: "true", count: 10_000).joined(separator: " && "),
    ])
    func acceptsWhatNestsWithinTheLimit(text: String) {
        #expect(refusal(text) == nil)
    }

    @Test func refusesWhatIsTooLong() {
        let text = "'" + String(repeating: "x", count: 100_000) + "'"
        #expect(refusal(text)?.contains("expression code point size exceeds limit: size: 100002, limit 100000") == true)
    }

    @Test func refusesMacrosThatCopyThemselvesWithoutEnd() {
        let text = "optional.of(1)" + String(repeating: ".optMap(x, x)", count: 60)
        #expect(refusal(text)?.contains("too large") == true)
    }
}
