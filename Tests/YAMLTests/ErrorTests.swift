import JSON
import Testing

@testable import YAML

@Suite struct ErrorTests {
    struct Refusal: Sendable {
        let text: String
        let reason: YAMLError.Reason
        let line: Int
        let column: Int
    }

    static let refusals = [
        Refusal(text: "a: 1\nb: \u{1}\n", reason: .controlCharacter, line: 2, column: 4),
        Refusal(text: "é: @a\n", reason: .unexpectedCharacter, line: 1, column: 4),
        Refusal(text: "a: b: c\n", reason: .mappingValueNotAllowed, line: 1, column: 5),
        Refusal(text: "a:\n\tb: 1\n", reason: .unexpectedCharacter, line: 2, column: 1),
        Refusal(text: "a: - b\n", reason: .blockEntryNotAllowed, line: 1, column: 4),
        Refusal(text: "a: ? b\n", reason: .mappingKeyNotAllowed, line: 1, column: 4),
        Refusal(text: "a:\n  b: 1\n c: 2\n", reason: .expectedKey, line: 3, column: 2),
        Refusal(text: "a: [1\nb: 2\n", reason: .expectedSequenceEnd, line: 2, column: 2),
        Refusal(text: "a: {b: 1\n", reason: .expectedMappingEnd, line: 2, column: 1),
        Refusal(text: "a: \"b\n", reason: .unterminatedScalar, line: 1, column: 4),
        Refusal(text: "a: \"\\q\"\n", reason: .unknownEscape, line: 1, column: 5),
        Refusal(text: "a: \"\\xg0\"\n", reason: .invalidHexEscape, line: 1, column: 5),
        Refusal(text: "a: \"\\ud83d\"\n", reason: .invalidUnicodeEscape, line: 1, column: 5),
        Refusal(text: "a: |0\n", reason: .zeroIndentation, line: 1, column: 5),
        Refusal(text: "a: |x\n", reason: .blockScalarHeader, line: 1, column: 5),
        Refusal(text: "a: &\n", reason: .anchorName, line: 1, column: 4),
        Refusal(text: "a: !x!y z\n", reason: .undefinedTagHandle, line: 1, column: 4),
        Refusal(text: "%YAML 1.2\n---\na\n", reason: .incompatibleVersion, line: 1, column: 1),
        Refusal(text: "%FOO\n---\na\n", reason: .unknownDirective, line: 1, column: 1),
        Refusal(text: "a: 1\nb: *x\n", reason: .unknownAnchor, line: 2, column: 4),
        Refusal(text: "a: &a [*a]\n", reason: .selfReference, line: 1, column: 8),
        Refusal(text: "a: 1\nb: 2\na: 3\n", reason: .duplicateKey, line: 3, column: 1),
        Refusal(text: "a: {b: 1, \"b\": 2}\n", reason: .duplicateKey, line: 1, column: 11),
        Refusal(text: "? [a]\n: b\n", reason: .complexKey, line: 1, column: 3),
        Refusal(text: "a:\n  ~: b\n", reason: .nullKey, line: 2, column: 3),
        Refusal(text: "18446744073709551615: b\n", reason: .unsignedKey, line: 1, column: 1),
        Refusal(text: "a:\n  <<: b\n", reason: .mergeNeedsMapping, line: 2, column: 7),
        Refusal(text: "a: !!int x\n", reason: .wrongTag, line: 1, column: 4),
        Refusal(text: "a: !!binary '?'\n", reason: .invalidBinary, line: 1, column: 4),
        Refusal(text: "a: .inf\n", reason: .notANumber, line: 1, column: 4),
    ]

    @Test(arguments: refusals) func saysWhatAndWhere(_ refusal: Refusal) {
        #expect(throws: YAMLError.self) {
            do throws(YAMLError) {
                _ = try YAMLDocument(parsing: Array(refusal.text.utf8))
            } catch {
                #expect(error.reason == refusal.reason)
                #expect(error.line == refusal.line)
                #expect(error.column == refusal.column)
                throw error
            }
        }
    }

    @Test func refusesWhatIsNotUTF8() {
        let texts: [[UInt8]] = [
            [0x61, 0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82],
        ]
        for bytes in texts {
            let error = #expect(throws: YAMLError.self) { try YAMLDocument(parsing: bytes) }
            #expect(error?.reason == .invalidUTF8)
        }
    }

    @Test func everyReasonHasASentence() {
        let sentences = Set(YAMLError.Reason.allCases.map(\.sentence))
        #expect(sentences.count == YAMLError.Reason.allCases.count)
        #expect(!sentences.contains("invalid YAML"))
    }

    @Test func placesAreThoseOfTheWholeText() throws {
        var stream = try KubernetesStream(Array("a: 1\n---\n# c\nb: @\n---\nc: 3\n".utf8))
        #expect(try stream.next()?.json.withRoot { $0["a"]?.int } == 1)
        let error = #expect(throws: YAMLError.self) { try stream.next() }
        #expect(error?.line == 4)
        #expect(error?.column == 4)
        #expect(try stream.next()?.json.withRoot { $0["c"]?.int } == 3)
        #expect(try stream.next() == nil)
    }
}
