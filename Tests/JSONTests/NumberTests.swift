import JSON
import TestSupport
import Testing

@Suite struct NumberTests {
    static let exact: [(String, JSONKind, String)] = [
        ("0", .int, "0"), ("-0", .int, "0"), ("-0.0", .double, "-0"),
        ("9223372036854775807", .int, "9223372036854775807"),
        ("-9223372036854775808", .int, "-9223372036854775808"), ("9223372036854775808", .uint, "9223372036854775808"),
        ("18446744073709551615", .uint, "18446744073709551615"),
        ("18446744073709551616", .double, "18446744073709552000"),
        ("-9223372036854775809", .double, "-9223372036854776000"), ("999999999999999999", .int, "999999999999999999"),
        ("1000000000000000000", .int, "1000000000000000000"), ("1.0", .double, "1"), ("1e3", .double, "1000"),
        ("0.000001", .double, "0.000001"), ("0.0000001", .double, "1e-7"), ("1.5e-9", .double, "1.5e-9"),
        ("1e20", .double, "100000000000000000000"), ("1e21", .double, "1e+21"), ("1.25e30", .double, "1.25e+30"),
        ("123.456", .double, "123.456"), ("5e-324", .double, "5e-324"), ("1e-400", .double, "0"),
        ("1.7976931348623157e308", .double, "1.7976931348623157e+308"), ("0e999999999999", .double, "0"),
        ("2.2250738585072011e-308", .double, "2.225073858507201e-308"), ("0.1", .double, "0.1"),
    ]

    @Test(arguments: exact) func readsAndPrintsAsGoDoes(_ text: String, _ kind: JSONKind, _ printed: String) throws {
        let document = try JSONDocument(parsing: text)
        #expect(document.root.kind == kind)
        #expect(document.root.description == printed)
        #expect(document.root.numberText == text)
    }

    @Test func roundsCorrectly() throws {
        var random = SeededRandom(seed: 754)
        var failures: [String] = []
        for _ in 0..<20_000 {
            let text = Self.decimal(&random)
            guard let expected = Double(text), expected.isFinite else { continue }
            let document = try JSONDocument(parsing: text)
            if document.root.double?.bitPattern != expected.bitPattern { failures.append(text) }
        }
        #expect(failures.isEmpty, "\(failures.prefix(5))")
    }

    @Test func printsWhatReadsBack() throws {
        var random = SeededRandom(seed: 1985)
        for _ in 0..<10_000 {
            let value = Double(bitPattern: random.next())
            guard value.isFinite else { continue }
            var writer = JSONWriter()
            writer.double(value)
            let document = try JSONDocument(parsing: writer.bytes)
            #expect(document.root.double == value, "\(value)")
        }
    }

    /// Decimals that are hard to round: halfway between floats, long, or near the ends of the range.
    private static func decimal(_ random: inout SeededRandom) -> String {
        let value = Double(bitPattern: random.next() & 0x7FEF_FFFF_FFFF_FFFF)
        switch random.below(5) {
        case 0: return "\(value)"
        case 1: return "\(value.description.prefix(3))\(random.next())e\(random.below(640) - 330)"
        case 2: return "\(random.next()).\(random.next())e-\(random.below(40))"
        case 3: return "\(random.next() >> UInt64(random.below(60)))e\(random.below(44) - 22)"
        default: return "9007199254740993.\(String(repeating: "0", count: random.below(30)))\(random.below(3))"
        }
    }
}
