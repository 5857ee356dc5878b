import CEL
import CELKubernetes

/// Every construct that can loop, on data as large as a request can carry.
enum PreemptionCases {
    /// The API server's language and, for what it does not have, the extension libraries of the specification.
    static let environment: Environment = {
        var environment = Environment.kubernetes()
        environment.add(.math)
        environment.add(.encoders)
        environment.add(.bindings)
        environment.add(.jsonPatch)
        return environment
    }()

    /// Texts of about a megabyte, lists of twenty thousand, maps of ten thousand.
    static let document: String = {
        let numbers = (0..<20_000).map { "\(($0 &* 7_919) % 20_011)" }.joined(separator: ",")
        let words = (0..<20_000).map { "\"w\($0)\"" }.joined(separator: ",")
        let same = repeatElement("\"\(String(repeating: "s", count: 40))\"", count: 20_000).joined(separator: ",")
        let rows = repeatElement("[\(repeatElement("1", count: 200).joined(separator: ","))]", count: 200)
        let map = (0..<10_000).map { "\"k\($0)\":\($0)" }.joined(separator: ",")
        let entries = (0..<10_000).map { "{\"k\":\"k\($0)\",\"v\":\($0)}" }.joined(separator: ",")
        let members = [
            ("entries", "[\(entries)]"),
            ("loop", "[\(repeatElement("0", count: 20_000).joined(separator: ","))]"), ("numbers", "[\(numbers)]"),
            ("words", "[\(words)]"), ("same", "[\(same)]"), ("rows", "[\(rows.joined(separator: ","))]"),
            ("map", "{\(map)}"), ("text", text("a", 1_000_000)), ("mixed", text("aB, ", 250_000)),
            ("wide", text("é—", 200_000)), ("quoted", text(#"\"\n\\"#, 330_000)), ("digits", text("7", 1_000_000)),
            ("escaped", text(#"\u0061\u00e9"#, 80_000)), ("base64", text("QUJD", 250_000)),
            ("address", "\"https://example.com/a?\(String(repeating: "k=v&", count: 250_000))x=y\""),
            ("path", "\"https://example.com/\(String(repeating: "%41b", count: 250_000))\""),
            ("dashes", text("a-", 500_000)), ("dots", text("1.", 500_000)), ("colons", text("1:", 500_000)),
        ]
        return "{" + members.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
    }()

    private static func text(_ unit: String, _ count: Int) -> String {
        "\"" + String(repeating: unit, count: count) + "\""
    }

    /// Names and expressions; what ends by itself sooner than it must be stopped is run again and again by `loop`.
    static var all: [(name: String, text: String)] {
        comprehensions + (calls + callsBySchema).map { ($0.name, "object.loop.all(i, [\($0.text)].size() == 1)") }
    }

    /// How `typed`, which is the same document, is read.
    static let schema = """
        {"type": "object", "properties": {
          "numbers": {"type": "array", "items": {"type": "number"}},
          "words": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
          "rows": {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}},
          "map": {"type": "object", "additionalProperties": {"x-kubernetes-int-or-string": true}},
          "entries": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"],
            "items": {"type": "object", "properties": {"k": {"type": "string"}, "v": {"type": "integer"}}}},
          "base64": {"type": "string", "format": "byte"}, "text": {"type": "string", "format": "duration"},
          "digits": {"type": "string", "format": "date-time"}}}
        """

    private static let callsBySchema: [(name: String, text: String)] = [
        ("schema/equality", "typed == dyn(typed)"), ("schema/rows", "typed.rows == typed.rows"),
        ("schema/sets", "typed.words == typed.words"), ("schema/entries", "typed.entries == typed.entries"),
        ("schema/maps", "typed.map == typed.map"), ("schema/in", "'absent' in typed.words"),
        ("schema/sum", "typed.numbers + typed.numbers"), ("schema/sum-of-sets", "typed.words + typed.words"),
        ("schema/sum-of-entries", "typed.entries + typed.entries"),
        ("schema/loop", "typed.entries.all(e, e.v >= 0 && e.k != '')"), ("schema/bytes", "typed.base64.size()"),
        ("schema/max", "typed.numbers.max()"), ("schema/join", "typed.words.join(',')"),
        ("schema/unreadable", "dyn(typed.text) == 1 || dyn(typed.digits) == 1 || true"),
    ]

    private static let comprehensions: [(name: String, text: String)] = [
        ("all/nested", "object.numbers.all(a, object.numbers.all(b, object.numbers.all(c, a + b + c >= 0)))"),
        ("exists/nested", "object.numbers.exists(a, object.numbers.exists(b, a + b < 0))"),
        ("exists_one/nested", "object.numbers.exists_one(a, object.numbers.exists_one(b, a + b < 0))"),
        ("map/nested", "object.numbers.map(a, object.numbers.map(b, object.numbers.map(c, a))).size() == 0"),
        ("map/deep", "object.numbers.map(a, object.numbers.map(b, [a, b, a + b])).size() == 0"),
        ("filter/nested", "object.numbers.filter(a, object.numbers.filter(b, a == b).size() == 9).size() == 0"),
        ("map-keys", "object.loop.all(i, object.map.all(k, object.map[k] >= 0))"),
        ("two-variables", "object.loop.all(i, object.map.all(k, v, v >= 0))"),
        ("transformList", "object.loop.all(i, object.numbers.transformList(a, b, a + b).size() > 0)"),
        ("transformMap", "object.loop.all(i, object.map.transformMap(k, v, v + 1).size() > 0)"),
        ("transformMapEntry", "object.loop.all(i, object.map.transformMapEntry(k, v, {k: v}).size() > 0)"),
        ("sortBy", "object.loop.all(i, object.numbers.sortBy(n, -n).size() > 0)"),
        ("bind", "cel.bind(a, object.numbers, a.all(x, cel.bind(b, a, b.all(y, x + y >= 0))))"),
        ("logic", "object.loop.all(i, i == 0 || i == 1) && object.loop.all(i, object.numbers.exists(n, n < i))"),
        ("error-absorbing", "object.numbers.all(a, object.numbers.all(b, a / 0 == b || true))"),
    ]

    private static let calls: [(name: String, text: String)] = [
        ("equality/lists", "object.same == object.same.map(s, s)"),
        ("equality/documents", "object.rows == object.rows"),
        ("equality/maps", "object.map == object.map"),
        ("equality/texts", "object.text == object.text"),
        ("comparison/texts", "object.text < object.text + 'b'"),
        ("in/list", "'absent' in object.words"),
        ("in/map", "'absent' in object.map"),
        ("has/map", "has(object.map.absent)"),
        ("in/built-map", "'absent' in object.map.transformMap(k, v, v)"),
        ("index/maps", "object.map.all(k, object.map[k] >= 0)"),
        ("in/built", "1 in object.numbers.map(n, n + 100000)"),
        ("index/last", "object.numbers[19999]"),
        ("size/wide", "object.wide.size()"),
        ("size/escaped", "object.escaped.size()"),
        ("concatenation/texts", "object.text + object.text"),
        ("concatenation/lists", "object.words + object.words"),
        ("matches/found-late", "object.text.matches('a*b')"),
        ("matches/nested-stars", "object.text.matches('(a*)*b')"),
        ("matches/counted", "object.text.matches('(a|aa){1,100}b$')"),
        ("matches/lookback", "object.mixed.matches('[ab].{300}c')"),
        ("matches/classes", "object.wide.matches('\\\\pL+\\\\d')"),
        ("matches/variable", "object.words.all(w, object.text.matches(w))"),
        ("find", "object.text.find('a*b')"),
        ("find/quadratic", "object.text.find('(a+)(a+)b')"),
        ("findAll", "object.mixed.findAll('[a-z]')"),
        ("findAll/empty", "object.mixed.findAll('x*')"),
        ("contains", "object.text.contains('aaaaaaaaaaaaaaaab')"),
        ("contains/built", "object.text.contains(object.text + 'b')"),
        ("startsWith", "object.text.startsWith(object.text)"),
        ("endsWith", "object.text.endsWith(object.text)"),
        ("indexOf", "object.text.indexOf('aaaaaaaab')"),
        ("indexOf/wide", "object.wide.indexOf('—é—é—x')"),
        ("lastIndexOf", "object.text.lastIndexOf('baaaaaaaa')"),
        ("lastIndexOf/list", "object.words.lastIndexOf('absent')"),
        ("indexOf/list", "object.words.indexOf('absent')"),
        ("charAt/wide", "object.wide.charAt(399999)"),
        ("substring/wide", "object.wide.substring(1, 399999)"),
        ("replace", "object.mixed.replace('B', 'XYZ')"),
        ("replace/everywhere", "object.text.replace('', '--')"),
        ("replace/growing", "object.text.replace('a', object.words[0] + 'bbbbbbbbbbbbbbbbbbbbbbbb')"),
        ("split", "object.mixed.split(',')"),
        ("split/characters", "object.wide.split('')"),
        ("join", "object.words.join(', ')"),
        ("join/long", "object.same.join(object.words[0])"),
        ("lowerAscii", "object.mixed.lowerAscii()"),
        ("upperAscii", "object.mixed.upperAscii()"),
        ("trim", "object.wide.trim()"),
        ("quote", "strings.quote(object.quoted)"),
        ("format/lists", "'%s %s'.format([object.numbers, object.words])"),
        ("format/maps", "'%s'.format([object.map])"),
        ("format/texts", "'%s%s%x'.format([object.text, object.text, object.text])"),
        ("string/bytes", "string(bytes(object.wide))"),
        ("bytes", "bytes(object.wide)"),
        ("base64/encode", "base64.encode(bytes(object.text))"),
        ("base64/decode", "base64.decode(object.base64)"),
        ("int/digits", "int(object.digits) == 1 || true"),
        ("double/digits", "double(object.digits) > 0.0"),
        ("timestamp", "timestamp('2026-01-01T00:00:00Z').getHours('America/New_York')"),
        ("math.least", "math.least(object.numbers)"),
        ("math.greatest", "math.greatest(object.numbers)"),
        ("lists.range", "lists.range(3000000)"),
        ("reverse", "object.numbers.reverse()"),
        ("slice", "object.numbers.slice(1, 19999)"),
        ("flatten", "object.rows.flatten()"),
        ("flatten/deep", "[object.rows, object.rows, object.rows].flatten(9)"),
        ("sort", "object.numbers.map(n, -n).sort()"),
        ("sort/texts", "object.words.sort()"),
        ("distinct", "object.words.distinct()"),
        ("distinct/lists", "object.rows.distinct()"),
        ("isSorted", "object.same.isSorted()"),
        ("sum", "object.numbers.sum()"),
        ("min", "object.words.min()"),
        ("max", "object.numbers.max()"),
        ("sets.contains", "sets.contains(object.numbers, object.numbers)"),
        ("sets.equivalent", "sets.equivalent(object.words, object.words)"),
        ("sets.intersects", "sets.intersects(object.words, object.numbers)"),
        ("url", "url(object.address).getQuery()"),
        ("isURL", "isURL(object.address)"),
        ("url/equality", "url(object.address) == url(object.address)"),
        ("url/path", "url(object.path).getEscapedPath()"),
        ("url/path-equality", "url(object.path) == url(object.path + 'b')"),
        ("quantity", "isQuantity(object.digits)"),
        ("quantity/fraction", "isQuantity('0.' + object.digits)"),
        ("quantity/sum", "object.numbers.map(n, quantity(string(n))).size() > 0"),
        ("semver", "isSemver(object.dots)"),
        ("semver/prerelease", "isSemver('1.0.0-' + object.dashes)"),
        ("ip", "isIP(object.dots)"),
        ("ip/colons", "isIP(object.colons)"),
        ("cidr", "isCIDR(object.colons + '/3')"),
        ("format.dns1123Label", "format.dns1123Label().validate(object.dashes)"),
        ("format.dns1123Subdomain", "format.dns1123Subdomain().validate(object.dots)"),
        ("format.qualifiedName", "format.qualifiedName().validate(object.dots)"),
        ("format.labelValue", "format.labelValue().validate(object.dashes)"),
        ("format.uri", "format.uri().validate(object.address)"),
        ("format.uuid", "format.uuid().validate(object.text)"),
        ("format.byte", "format.byte().validate(object.base64)"),
        ("format.date", "format.date().validate(object.digits)"),
        ("format.datetime", "format.datetime().validate(object.digits)"),
        ("jsonpatch.escapeKey", "jsonpatch.escapeKey(object.mixed)"),
        ("optional", "optional.ofNonZeroValue(object.rows).hasValue()"),
    ]
}
