import JSON
import TestSupport
import Testing

@Suite struct WriterTests {
    /// What Go's encoder makes of a string, HTML escaping off.
    static let strings: [(String, String)] = [
        ("", #""""#), ("a\"b\\c/d", #""a\"b\\c/d""#), ("\u{8}\u{9}\u{a}\u{c}\u{d}", #""\b\t\n\f\r""#),
        ("\0\u{1f}\u{7f}", "\"\\u0000\\u001f\u{7f}\""), ("<é👑>&'", "\"<é👑>&'\""),
        ("a\u{2028}b\u{2029}c\u{2027}", "\"a\\u2028b\\u2029c\u{2027}\""),
    ]

    @Test(arguments: strings) func escapesAsGoDoes(_ text: String, _ written: String) throws {
        var writer = JSONWriter()
        writer.string(text)
        #expect(Array(writer.text.utf8) == Array(written.utf8))
        let document = try JSONDocument(parsing: written)
        #expect(document.root.description == written)
        let escaped = text.unicodeScalars.filter { $0.value < 0x10000 }
            .map { "\\u" + ("000" + String($0.value, radix: 16)).suffix(4) }.joined()
        if escaped.count == text.unicodeScalars.count * 6 {
            #expect(try JSONDocument(parsing: "\"\(escaped)\"").withRoot { $0.description } == written)
        }
    }

    @Test func replacesBytesThatAreNotUTF8() {
        var writer = JSONWriter()
        let bytes: [UInt8] = [0x61, 0xFF, 0xC3, 0x62]
        writer.string(bytes.span)
        #expect(writer.text == #""a\ufffd\ufffdb""#)
    }

    private static let escapes: [(UInt8, String)] = [
        (0x00, "\\u0000"), (0x1F, "\\u001f"), (0x22, "\\\""), (0x5C, "\\\\"), (0x80, "\\ufffd"),
    ]

    @Test func findsWhatIsToBeEscapedWhereverItStands() {
        for length in 1...40 {
            let plain = [UInt8](repeating: UInt8(ascii: "~"), count: length)
            var writer = JSONWriter()
            writer.string(plain.span)
            #expect(writer.bytes == Array("\"".utf8) + plain + Array("\"".utf8))
            for place in 0..<length {
                for (byte, escape) in Self.escapes {
                    var text = plain
                    text[place] = byte
                    writer.reset()
                    writer.string(text.span)
                    let around = [plain[..<place], plain[(place + 1)...]].map { String(decoding: $0, as: UTF8.self) }
                    #expect(writer.text == "\"" + around[0] + escape + around[1] + "\"")
                }
            }
        }
    }

    @Test func thousandthsAreTheNumbersThatTheyStandFor() {
        let some: [Int64] = [0, 1, 10, 100, 999, 1000, 1001, 1010, 1100, -1, -1500, 123_456_789]
        for value in some + (2990...3010) {
            var one = JSONWriter()
            var other = JSONWriter()
            one.thousandths(value)
            other.double(Double(value) / 1000)
            #expect(one.text == other.text)
        }
    }

    @Test(arguments: [0, 9, 10, 99, 100, 18_446_744_073_709_551_615] as [UInt64])
    func wholeNumbersHaveAllTheirDigits(_ value: UInt64) {
        var writer = JSONWriter(capacity: 0)
        writer.uint(value)
        #expect(writer.text == "\(value)")
    }

    @Test func writesTokensWithTheirCommas() {
        var writer = JSONWriter(capacity: 0)
        writer.beginObject()
        writer.key("a")
        writer.beginArray()
        writer.int(-1)
        writer.uint(.max)
        writer.double(1e21)
        writer.bool(false)
        writer.null()
        writer.endArray()
        writer.key("b\n".utf8.span)
        writer.beginObject()
        writer.endObject()
        writer.key("c")
        writer.verbatim("[1]".utf8.span)
        writer.endObject()
        #expect(writer.text == #"{"a":[-1,18446744073709551615,1e+21,false,null],"b\n":{},"c":[1]}"#)
    }

    @Test func sortsByTheBytesOfKeysWhereToldTo() throws {
        let document = try JSONDocument(parsing: #"{"b":{"z":1,"\u0061":[{"y":1,"x":2}]},"é":0,"a":{},"":null,"ab":2}"#)
        #expect(document.root.text() == #"{"b":{"z":1,"a":[{"y":1,"x":2}]},"é":0,"a":{},"":null,"ab":2}"#)
        #expect(
            document.root.text(order: .canonical)
                == #"{"":null,"a":{},"ab":2,"b":{"a":[{"x":2,"y":1}],"z":1},"é":0}"#)
    }

    @Test func indentsForPeople() throws {
        let document = try JSONDocument(parsing: #"{"a":[1,{}],"b":{"c":[]}}"#)
        let text = """
            {
              "a": [
                1,
                {}
              ],
              "b": {
                "c": []
              }
            }
            """
        #expect(document.root.text(indent: 2) == text)
    }

    @Test func printsWhatReadsBackAsTheSame() throws {
        for seed in 0..<1000 as Range<UInt64> {
            var random = SeededRandom(seed: seed)
            let document = try #require(RandomJSON.document(&random))
            let again = try JSONDocument(parsing: document.root.bytes(order: .canonical))
            #expect(again.root.isEqual(to: document.root, numbers: .numeric), "seed \(seed)")
        }
    }
}
