import JSON
import Testing

@Suite struct ParserTests {
    static let refused: [(String, JSONError.Reason, Int)] = [
        ("", .unexpectedEnd, 0), ("  ", .unexpectedEnd, 2), ("[1", .unexpectedEnd, 2), ("{\"a\"", .unexpectedEnd, 4),
        ("\"a", .unexpectedEnd, 2), ("[1,]", .expectedValue, 3), ("{\"a\":1,}", .expectedKey, 7),
        ("{1:2}", .expectedKey, 1), ("{\"a\" 1}", .expectedColon, 5), ("[1 2]", .expectedCommaOrEnd, 3),
        ("[1}", .expectedCommaOrEnd, 2), ("1 x", .trailingCharacters, 2), ("\u{FEFF}1", .byteOrderMark, 0),
        ("\"a\nb\"", .controlCharacter, 2), ("\"a\\x\"", .invalidEscape, 2), ("\"\\u12\"", .invalidEscape, 1),
        ("\"\\ud800\"", .loneSurrogate, 1), ("\"\\udc00\\ud800\"", .loneSurrogate, 1), ("01", .invalidNumber, 1),
        ("-", .unexpectedEnd, 1), ("1.", .unexpectedEnd, 2), ("[1.]", .invalidNumber, 3), ("[1e+]", .invalidNumber, 4),
        ("1e999", .numberOutOfRange, 0), ("tru", .expectedValue, 0), ("nul]", .expectedValue, 0),
        ("+1", .expectedValue, 0), ("NaN", .expectedValue, 0), ("'a'", .expectedValue, 0),
        ("[1]]", .trailingCharacters, 3),
    ]

    @Test(arguments: refused) func refusesAndSaysWhere(_ text: String, _ reason: JSONError.Reason, _ offset: Int) {
        #expect(error(text) == JSONError(reason, at: offset))
        // The same inside a longer text, where eight bytes at a time can be read.
        let padded = "[\"............\"," + text + String(repeating: " ", count: 24)
        if reason != .trailingCharacters, reason != .byteOrderMark, reason != .unexpectedEnd {
            #expect(error(padded)?.reason == reason || error(padded)?.reason == .invalidNumber)
        }
    }

    @Test func saysLineAndColumnOnlyWhenAsked() throws {
        let text = Array("{\n  \"é\": tru\n}".utf8)
        let error = try #require(self.error(String(decoding: text, as: UTF8.self)))
        #expect(error.location(in: text.span) == (2, 8))
        #expect(error.message(in: text.span).hasPrefix("2:8: expected a value"))
    }

    @Test func keepsItsBounds() throws {
        var options = JSONOptions()
        options.depthMax = 2
        #expect(error("[[1]]", options) == nil)
        #expect(error("[[[1]]]", options)?.reason == .tooDeep)
        options = JSONOptions()
        options.bytesMax = 4
        #expect(error("[12]", options) == nil)
        #expect(error("[123]", options)?.reason == .tooLong)
        options = JSONOptions()
        options.nodesMax = 3
        #expect(error("[1,2]", options) == nil)
        #expect(error("[1,2,3]", options)?.reason == .tooManyNodes)
        #expect(error(String(repeating: "[", count: 100_000))?.reason == .tooDeep)
    }

    @Test func findsRepeatedKeysHoweverTheyAreSpelt() throws {
        var strict = JSONOptions()
        strict.duplicateKeys = .refuse
        #expect(error(#"{"a":1,"b":2,"\u0061":3}"#, strict) == JSONError(.duplicateKey, at: 13))
        #expect(error(#"{"/":1,"\/":2}"#, strict)?.reason == .duplicateKey)
        #expect(error(#"{"\"":1,"\u0022":2}"#, strict)?.reason == .duplicateKey)
        #expect(error(#"{"\"":1,"\\":2,"k:{\"a\":1}":3}"#, strict) == nil)
        let document = try JSONDocument(parsing: #"{"a":[1,2],"b":2,"\u0061":{"c":3},"d":[]}"#)
        #expect(document.root.description == #"{"b":2,"a":{"c":3},"d":[]}"#)
        #expect(document.root.count == 3)
        #expect(document.root["a"]?["c"]?.int == 3)
    }

    @Test func findsRepeatedKeysInLargeObjects() throws {
        var strict = JSONOptions()
        strict.duplicateKeys = .refuse
        for count in [20, 30, 1000] {
            let members = (0..<count).map { "\"key-number-\($0)\":\($0)" }
            #expect(error("{" + members.joined(separator: ",") + "}", strict) == nil)
            for repeated in [0, count / 2, count - 1] {
                let text = "{" + (members + ["\"key-number-\(repeated)\":-1"]).joined(separator: ",") + "}"
                #expect(error(text, strict)?.reason == .duplicateKey)
                let document = try JSONDocument(parsing: text)
                #expect(document.root.count == count)
                #expect(document.root["key-number-\(repeated)"]?.int == -1)
            }
        }
    }

    @Test func replacesWhatIsNotUnicodeWhereToldTo() throws {
        let bytes: [UInt8] = [0x22, 0x61, 0xED, 0xA0, 0x80, 0xFF, 0x5C, 0x75, 0x64, 0x38, 0x30, 0x30, 0x62, 0x22]
        let document = try JSONDocument(parsing: bytes, options: .go())
        #expect(document.root.string == "a\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}b")
        #expect(document.root.utf8Count == 17)
        #expect(document.root.scalarCount == 7)
    }

    @Test func reusesItsTape() throws {
        var tape = JSONTape()
        let first = Array(#"{"a":[1,2,3]}"#.utf8)
        #expect(try tape.parse(first.span)["a"]?.count == 3)
        let wrong = Array("[1,".utf8)
        #expect(throws: JSONError.self) { try tape.parse(wrong.span) }
        #expect(tape.root.isNull)
        let second = Array(#""again""#.utf8)
        #expect(try tape.parse(second.span).string == "again")
        let kept = JSONDocument(tape)
        try tape.parse(first.span)
        #expect(kept.withRoot { $0.string } == "again")
    }

    private func error(_ text: String, _ options: JSONOptions = JSONOptions()) -> JSONError? {
        do throws(JSONError) {
            _ = try JSONDocument(parsing: text, options: options)
            return nil
        } catch { return error }
    }
}
