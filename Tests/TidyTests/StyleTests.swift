import Testing

@Suite struct StyleTests {
    @Test(arguments: SourceFile.sources.map(\.path)) func fileKeepsTheHouseStyle(path: String) throws {
        let file = try #require(SourceFile.sources.first { $0.path == path })
        #expect(Checks.length(of: file).isEmpty)
        #expect(Checks.functionLengths(of: file).isEmpty)
        #expect(Checks.forbiddenWords(in: file).isEmpty)
        #expect(Checks.undocumented(in: file).isEmpty)
        #expect(Checks.emptyNames(in: file).isEmpty)
    }

    @Test func scriptsCannotHideAFailure() {
        let hidden = "|| " + "true"
        #expect(SourceFile.scripts.flatMap { Checks.find([hidden], in: $0) }.isEmpty)
    }

    @Test func testsAreNotSwitchedOff() {
        let switches = [".disa" + "bled(", "XCTS" + "kip", "withKnown" + "Issue"]
        #expect(SourceFile.tests.flatMap { Checks.find(switches, in: $0) }.isEmpty)
    }
}

/// Each check is shown what it forbids: a check that cannot fail proves nothing.
@Suite struct CheckTests {
    private func file(_ text: String) -> SourceFile {
        SourceFile(
            path: "Sources/JSON/Sample.swift",
            lines: text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
    }

    @Test func seesALongFile() {
        #expect(!Checks.length(of: file(String(repeating: "let x = 1\n", count: 601))).isEmpty)
        #expect(Checks.length(of: file("let x = 1\n")).isEmpty)
    }

    @Test func seesALongFunction() {
        let body = String(repeating: "        work()\n", count: 70)
        #expect(!Checks.functionLengths(of: file("    public static func f() {\n\(body)    }\n")).isEmpty)
        #expect(!Checks.functionLengths(of: file("    @inline(never) init?() {\n\(body)    }\n")).isEmpty)
        #expect(Checks.functionLengths(of: file("    func f() {\n        work()\n    }\n")).isEmpty)
    }

    @Test(arguments: ["try! f()", "x as! Y", "// TODO: later", "fatalError(\"no\")"])
    func seesForbiddenWords(line: String) {
        #expect(!Checks.forbiddenWords(in: file(line)).isEmpty)
    }

    @Test func seesAnUndocumentedPublicSymbol() {
        #expect(!Checks.undocumented(in: file("public struct X {}")).isEmpty)
        #expect(!Checks.undocumented(in: file("@safe public struct X {}")).isEmpty)
        #expect(!Checks.undocumented(in: file("    @inlinable\n    public func f() {}")).isEmpty)
        #expect(Checks.undocumented(in: file("/// A thing.\n@frozen\npublic struct X {}")).isEmpty)
        #expect(Checks.undocumented(in: file("public import JSON")).isEmpty)
    }

    @Test func seesANameThatSaysNothing() {
        #expect(!Checks.emptyNames(in: file("final class HookManager {")).isEmpty)
        #expect(Checks.emptyNames(in: file("struct Breaker {")).isEmpty)
    }

    @Test func readsImports() {
        let text = "public import JSON\nimport struct Foundation.URL\n@preconcurrency import YAML\nlet important = 1"
        #expect(Checks.imports(of: file(text)) == ["JSON", "Foundation", "YAML"])
    }
}
