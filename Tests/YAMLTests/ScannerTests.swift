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
}
