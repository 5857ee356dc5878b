/// Random expressions of the language that are well typed, most of them, on a document that `object` names.
public struct RandomExpression {
    /// What an expression gives.
    public enum Kind: CaseIterable, Sendable {
        case bool, int, double, string, numbers, strings, map
        case uint, bytes, duration, timestamp
    }

    /// What may occur.
    public enum Range: Sendable {
        /// What other implementations have too, and agree on.
        case portable
        /// Everything that the API server's language has for these kinds.
        case whole
    }

    /// What `object` is.
    public static let document = """
        {"name": "web-1", "text": "a b,c\\u00e9,☃", "count": 3, "zero": 0, "big": 9223372036854775807, "ratio": 1.5,
         "on": true, "off": false, "none": null, "numbers": [3, 1, 2, 2, -7], "empty": [], "strings": ["b", "a", "", "a"],
         "map": {"a": 1, "b": 2, "": 0}, "nested": [{"n": 1, "s": "x"}, {"n": 2, "s": "y\\n"}, {"n": 2, "s": "x"}]}
        """

    private var random: SeededRandom
    private let range: Range
    /// Variables of the loops around, by what they hold.
    private var variables: [(name: String, kind: Kind)] = []
    private var made = 0

    /// Expressions of a seed.
    public init(seed: UInt64, range: Range) {
        random = SeededRandom(seed: seed)
        self.range = range
    }

    /// The next expression.
    public mutating func next() -> String {
        variables = []
        made = 0
        let kinds: [Kind] = [.bool, .bool, .int, .double, .string, .numbers, .strings, .map]
        return make(random.pick(kinds), 2 + random.below(4))
    }

    private mutating func make(_ kind: Kind, _ depth: Int) -> String {
        if depth <= 0 || random.oneIn(6) { return leaf(kind) }
        if random.oneIn(12) {
            return "(\(make(.bool, depth - 1)) ? \(make(kind, depth - 1)) : \(make(kind, depth - 1)))"
        }
        // A value whose type is only known when it is there.
        if random.oneIn(20), range == .whole { return "dyn(\(make(kind, depth - 1)))" }
        let known = variables.filter { $0.kind == kind }
        if !known.isEmpty, random.oneIn(3) { return random.pick(known).name }
        return compound(kind, depth - 1)
    }

    private mutating func compound(_ kind: Kind, _ depth: Int) -> String {
        switch kind {
        case .bool: truth(depth)
        case .int: integer(depth)
        case .double:
            random.oneIn(3) ? "double(\(make(.int, depth)))" : arithmetic(.double, ["+", "-", "*", "/"], depth)
        case .string: text(depth)
        case .numbers: list(.int, .numbers, depth)
        case .strings: list(.string, .strings, depth)
        case .map: "{\(make(.string, depth)): \(make(.int, depth)), 'k\(random.below(3))': \(make(.int, depth))}"
        case .uint: arithmetic(.uint, ["+", "*", "/", "%"], depth)
        case .bytes: random.oneIn(2) ? "bytes(\(make(.string, depth)))" : arithmetic(.bytes, ["+"], depth)
        case .duration: arithmetic(.duration, ["+", "-"], depth)
        case .timestamp: "(\(make(.timestamp, depth)) + \(make(.duration, depth)))"
        }
    }

    private mutating func arithmetic(_ kind: Kind, _ operators: [String], _ depth: Int) -> String {
        "(\(make(kind, depth)) \(random.pick(operators)) \(make(kind, depth)))"
    }

    private mutating func leaf(_ kind: Kind) -> String {
        let known = variables.filter { $0.kind == kind }
        if !known.isEmpty, random.oneIn(2) { return random.pick(known).name }
        switch kind {
        case .bool: return random.pick(["true", "false", "object.on", "object.off"])
        case .int:
            return random.pick(["0", "1", "2", "-3", "7", "object.count", "object.zero", "size(object.numbers)"])
        case .double: return random.pick(["0.5", "1.0", "-2.25", "1e3", "object.ratio"])
        case .string: return random.pick(["'a'", "''", "'b,c'", "'é'", "'☃x'", "object.name", "object.text", "r'\\n'"])
        case .numbers: return random.pick(["[1, 2, 3]", "[2]", "object.numbers", "[3, 3, -1]"])
        case .strings: return random.pick(["['a', 'b']", "['']", "object.strings", "['é', 'a', 'é']"])
        case .map: return random.pick(["{'a': 1}", "object.map", "{'x': 2, 'y': 3}"])
        case .uint: return random.pick(["0u", "1u", "5u", "18446744073709551615u"])
        case .bytes: return random.pick(["b'a'", "b''", "b'\\xff'", "bytes(object.name)"])
        case .duration: return random.pick(["duration('1h')", "duration('-90s')", "duration('0s')"])
        case .timestamp: return random.pick(["timestamp('2024-02-29T12:00:00Z')", "timestamp(0)"])
        }
    }
}

// MARK: compounds

extension RandomExpression {
    private mutating func truth(_ depth: Int) -> String {
        let kinds: [Kind] = range == .whole ? Kind.allCases : [.bool, .int, .double, .string, .numbers, .strings, .map]
        switch random.below(range == .whole ? 14 : 11) {
        case 0: return "(\(make(.bool, depth)) && \(make(.bool, depth)))"
        case 1: return "(\(make(.bool, depth)) || \(make(.bool, depth)))"
        case 2: return "!\(make(.bool, depth))"
        case 3:
            let kind = random.pick(kinds)
            return "(\(make(kind, depth)) \(random.pick(["==", "!="])) \(make(kind, depth)))"
        case 4:
            let kind = random.pick([Kind.int, .double, .string])
            return "(\(make(kind, depth)) \(random.pick(["<", "<=", ">", ">="])) \(make(kind, depth)))"
        case 5: return "(\(make(.int, depth)) in \(make(.numbers, depth)))"
        case 6: return "(\(make(.string, depth)) in \(make(random.pick([.strings, .map]), depth)))"
        case 7:
            let function = random.pick(["contains", "startsWith", "endsWith"])
            return "\(make(.string, depth)).\(function)(\(make(.string, depth)))"
        case 8: return loop(random.pick(["all", "exists", "exists_one"]), random.pick([.numbers, .strings]), depth)
        case 9: return "has(object.\(random.pick(["name", "absent", "none", "map.a", "map.absent"])))"
        case 10: return "\(make(.string, depth)).matches(\(random.pick(["'a+'", "'^[a-z]'", "'(b|,)'", "'é$'", "''"])))"
        case 11:
            return "sets.\(random.pick(["contains", "intersects"]))(\(make(.numbers, depth)), \(make(.numbers, depth)))"
        case 12: return "\(make(random.pick([.numbers, .strings]), depth)).isSorted()"
        default:
            return "object.?\(random.pick(["count", "absent"])).orValue(\(make(.int, depth))) > \(make(.int, depth))"
        }
    }

    private mutating func integer(_ depth: Int) -> String {
        switch random.below(range == .whole ? 10 : 6) {
        case 0, 1: return arithmetic(.int, ["+", "-", "*", "/", "%"], depth)
        case 2:
            // The size of a text is counted in bytes elsewhere, against the specification.
            let kinds: [Kind] = range == .whole ? [.string, .numbers, .strings, .map] : [.numbers, .strings, .map]
            return "size(\(make(random.pick(kinds), depth)))"
        case 3: return "\(make(.numbers, depth))[\(make(.int, depth))]"
        case 4: return "\(make(.map, depth))[\(make(.string, depth))]"
        case 5: return "int(\(make(.double, depth)))"
        case 6: return "\(make(.string, depth)).\(random.pick(["indexOf", "lastIndexOf"]))(\(make(.string, depth)))"
        case 7: return "\(make(.numbers, depth)).\(random.pick(["sum", "min", "max"]))()"
        case 8: return "int(\(make(random.pick([.uint, .string, .duration, .timestamp]), depth)))"
        default: return "\(make(.timestamp, depth)).\(random.pick(["getFullYear", "getDayOfYear", "getHours"]))()"
        }
    }

    private mutating func text(_ depth: Int) -> String {
        switch random.below(range == .whole ? 9 : 3) {
        case 0: return arithmetic(.string, ["+"], depth)
        case 1: return "\(make(.strings, depth))[\(make(.int, depth))]"
        case 2: return "object.nested[\(random.below(4))].s"
        case 3:
            return "string(\(make(random.pick([.int, .uint, .double, .bool, .bytes, .duration, .timestamp]), depth)))"
        case 4: return "\(make(.string, depth)).\(random.pick(["lowerAscii", "upperAscii", "trim"]))()"
        case 5: return "\(make(.string, depth)).substring(\(make(.int, depth)))"
        case 6: return "\(make(.string, depth)).replace(\(make(.string, depth)), \(make(.string, depth)))"
        case 7: return "\(make(.strings, depth)).join(\(make(.string, depth)))"
        default: return "'%s|%d'.format([\(make(random.pick(Kind.allCases), depth)), \(make(.int, depth))])"
        }
    }

    private mutating func list(_ element: Kind, _ kind: Kind, _ depth: Int) -> String {
        switch random.below(range == .whole ? 8 : 4) {
        case 0: return "[\(make(element, depth)), \(make(element, depth))]"
        case 1: return arithmetic(kind, ["+"], depth)
        case 2: return loop("filter", kind, depth)
        case 3: return mapping(to: element, depth)
        case 4: return "\(make(kind, depth)).\(random.pick(["sort", "reverse", "distinct"]))()"
        case 5: return "\(make(kind, depth)).slice(\(random.below(3)), \(random.below(4)))"
        case 6 where kind == .strings: return "\(make(.string, depth)).split(\(make(.string, depth)))"
        case 6: return "lists.range(\(random.below(5)))"
        default: return "[\(make(kind, depth)), \(make(kind, depth))].flatten()"
        }
    }

    private mutating func loop(_ macro: String, _ over: Kind, _ depth: Int) -> String {
        let list = make(over, depth)
        let name = variable(over == .numbers ? .int : .string)
        defer { variables.removeLast() }
        return "\(list).\(macro)(\(name), \(make(.bool, depth)))"
    }

    private mutating func mapping(to element: Kind, _ depth: Int) -> String {
        let over = random.pick([Kind.numbers, .strings])
        let list = make(over, depth)
        let name = variable(over == .numbers ? .int : .string)
        defer { variables.removeLast() }
        return "\(list).map(\(name), \(make(element, depth)))"
    }

    private mutating func variable(_ kind: Kind) -> String {
        made += 1
        variables.append(("v\(made)", kind))
        return "v\(made)"
    }
}
