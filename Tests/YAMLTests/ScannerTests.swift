import Testing

@testable import YAML

@Suite struct ScannerTests {
    @Test func placesCountCharactersAndLinesFromOne() {
        let text = YAMLText(Array("a: é\r\nb: x\rc".utf8))
        #expect(text.position(at: 0) == YAMLPosition(line: 1, column: 1))
        #expect(text.position(at: 5) == YAMLPosition(line: 1, column: 5))
        #expect(text.position(at: 7) == YAMLPosition(line: 2, column: 1))
        #expect(text.position(at: 12) == YAMLPosition(line: 3, column: 1))
    }

    /// Texts that the fuzzer found; the first two had the scanner wait for a key for ever.
    static let found = ["{x:  1.5", "{[", "[{[", ": [", "? {", "- ["]

    @Test(arguments: found) func endsOnEveryText(_ text: String) {
        for schema in [YAMLSchema.kubernetes, .core] {
            let error = #expect(throws: YAMLError.self) {
                try YAMLDocument(parsing: Array(text.utf8), options: YAMLOptions(schema: schema))
            }
            #expect((error?.offset ?? 0) <= text.utf8.count)
        }
    }
}
