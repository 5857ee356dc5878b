import Testing

@testable import YAML

@Suite struct ScalarTests {
    static let kubernetes: [(text: String, value: YAMLScalar)] = [
        ("", .null), ("~", .null), ("NULL", .null), ("nULL", .string), ("y", .bool(true)), ("N", .bool(false)),
        ("On", .bool(true)), ("oFF", .string), ("TRUE", .bool(true)), ("tRUE", .string), ("False", .bool(false)),
        ("0", .int(0)), ("-0", .int(0)), ("0755", .int(493)), ("08", .double(8)), ("0o17", .int(15)),
        ("0O17", .int(15)),
        ("0x1F", .int(31)), ("-0x1f", .int(-31)), ("0x", .string), ("0z7", .string), ("0b101", .int(5)),
        ("0b12", .string),
        ("0b-1", .int(-1)), ("0b", .string), ("0o", .string), ("1_000", .int(1_000)), ("_1", .string), ("+5", .int(5)),
        ("--5", .string), ("-", .string), ("+", .string), ("9223372036854775808", .uint(1 << 63)),
        ("+9223372036854775808", .double(0x1p63)), ("-9223372036854775808", .int(.min)),
        ("18446744073709551616", .double(0x1p64)), ("1e3", .double(1000)), ("1e", .string), ("1e400", .string),
        (".5", .double(0.5)), (".", .string), ("5.", .double(5)), (".e1", .string), (".inf", .double(.infinity)),
        ("-.INF", .double(-.infinity)), (".iNF", .string), ("+.Inf", .double(.infinity)), ("1:30", .string),
        ("2001-12-14", .timestamp), ("2001-02-30", .string), ("2001-12-14t21:59:43.10-05:00", .timestamp),
        ("2001-12-14 21:59:43.10", .timestamp), ("2001-12-14 21:59:43.10 -5", .string), ("1,000", .string),
        ("100m", .string), ("1.2.3", .string), ("<<", .string), ("=", .string),
    ]

    @Test func kubernetesScalarsAreThoseOfItsLibrary() {
        for (text, value) in Self.kubernetes {
            #expect(KubernetesScalars.resolve(text.utf8.span, tag: .none) == value, "\(text)")
        }
    }

    static let core: [(text: String, value: YAMLScalar)] = [
        ("", .null), ("~", .null), ("Null", .null), ("y", .string), ("yes", .string), ("True", .bool(true)),
        ("0755", .int(755)), ("0o17", .int(15)), ("-0o17", .string), ("0xfF", .int(255)), ("0b1", .string),
        ("1_000", .string), ("+12", .int(12)), ("1e3", .double(1000)), (".5", .double(0.5)), ("5.", .double(5)),
        ("-.inf", .double(-.infinity)), ("18446744073709551615", .uint(.max)), ("2001-12-14", .string),
        ("-18446744073709551615", .double(-0x1p64)), ("1.e", .string),
    ]

    @Test func coreScalarsAreThoseOfTheSpecification() {
        for (text, value) in Self.core {
            #expect(CoreScalars.resolve(text.utf8.span) == value, "\(text)")
        }
        #expect(YAMLNumber.special(".NaN".utf8.span)?.isNaN == true)
    }

    static let keys: [(value: Double, text: String)] = [
        (1000, "1000"), (1e6, "1e+06"), (123456, "123456"), (1.5, "1.5"), (0.0001, "0.0001"), (0.00001, "1e-05"),
        (0.1, "0.1"), (-2.5e10, "-2.5e+10"), (1e300, ".inf"), (-.infinity, "-.inf"), (.nan, ".nan"), (0, "0"),
        (123456.789, "123456.79"), (1.25e-7, "1.25e-07"),
    ]

    @Test(arguments: keys) func floatKeysArePrintedAsTheLibraryPrintsThem(_ key: (value: Double, text: String)) {
        #expect(YAMLNumber.keyText(key.value) == key.text)
    }

    static let tagged: [(text: String, json: String?)] = [
        ("!!int 3", "3"), ("!!float 3", "3"), ("!!str 3", "\"3\""), ("!!bool yes", "true"), ("!!bool \"yes\"", "true"),
        ("!!int 1.5", nil), ("!!null x", nil), ("!!null ''", "null"), ("!!float 18446744073709551615", nil),
        ("!!timestamp 2001-12-14", "\"2001-12-14\""), ("!!timestamp x", nil), ("!!binary YWI=", "\"ab\""),
        ("!!binary YWI", nil), ("!!binary 4oI=", "\"\u{FFFD}\u{FFFD}\""),
        ("!!timestamp 2001-12-14 21:59:43.1234567890123456789012", "\"2001-12-14 21:59:43.1234567890123456789012\""),
        ("!local 3", "\"3\""), ("! 3", "\"3\""),
    ]

    @Test(arguments: tagged) func tagsDecide(_ tagged: (text: String, json: String?)) throws {
        if let json = tagged.json {
            #expect(try DocumentTests.json(tagged.text) == json)
        } else {
            #expect(throws: YAMLError.self) { try DocumentTests.json(tagged.text) }
        }
    }
}
