public import CEL

// What calls of the API server's functions cost when they run.

extension KubernetesCosts: RunCosts {
    /// A test for a field's presence is free.
    public var presenceTestsHaveCost: Bool { false }

    /// The cost of a call of one of the API server's functions, by its name as the API server decides it.
    public func cost(of function: String, overload: String?) -> CallCost? {
        if Self.nominal.contains(function) || overload == "cidr_ip" { return { _, _ in 1 } }
        switch function {
        case "check": return { _, _ in Self.checkCost }
        case "fieldSelector", "labelSelector": return { arguments, _ in Self.selector(arguments[1].costSize) }
        case "isSorted", "sum", "max", "min", "indexOf", "lastIndexOf":
            return { arguments, _ in Self.traversal(arguments[0], depth: 0) }
        case "url", "lowerAscii", "upperAscii", "substring", "trim", "jsonpatch.escapeKey", "cidr", "isIP", "isCIDR",
            "ip", "quantity", "isQuantity", "semver", "isSemver":
            return { arguments, _ in Self.characters(arguments[0].costSize, 1) }
        case "replace", "split", "ip.isCanonical": return { arguments, _ in Self.characters(arguments[0].costSize, 2) }
        case "join": return { _, result in Self.characters(result.costSize, 2) }
        case "find", "findAll": return { arguments, _ in Self.pattern(arguments[0].costSize, arguments[1].costSize) }
        case "containsIP":
            let parses = overload == "cidr_contains_ip_string"
            return { arguments, _ in
                Self.characters(arguments[0].costSize, 2) &+ (parses ? Self.characters(arguments[1].costSize, 1) : 0)
            }
        case "containsCIDR":
            let parses = overload == "cidr_contains_cidr_string"
            return { arguments, _ in
                let size = arguments[0].costSize
                let masked = Self.characters(size, 2) &+ Self.characters(size, 1) &+ 1
                return masked &+ (parses ? Self.characters(arguments[1].costSize, 1) : 0)
            }
        case "validate": return { arguments, _ in NamedFormat.cost(arguments) }
        default: return nil
        }
    }

    /// Looking at that many characters that many times.
    static func characters(_ count: UInt64, _ times: Double) -> UInt64 {
        UInt64((Double(count) * times * Cost.perCharacter).rounded(.up))
    }

    /// Matching a pattern of one length against a text of another.
    static func pattern(_ text: UInt64, _ pattern: UInt64) -> UInt64 {
        let textCost = UInt64(((1 + Double(text)) * Cost.perCharacter).rounded(.up))
        return textCost &* UInt64((Double(pattern) * Cost.perPatternCharacter).rounded(.up))
    }

    private static func selector(_ length: UInt64) -> UInt64 {
        let requirements = (Double(length) * 0.5).rounded(.up) * Double(Cost.list + Cost.object)
        return Cost.list &+ characters(length, 1) &+ UInt64(requirements)
    }

    private static let depthMax = 1024

    /// Walking a value from its root to its leaves.
    private static func traversal(_ value: Value, depth: Int) -> UInt64 {
        guard depth < depthMax else { return 1 }
        switch value.kind {
        case .string, .bytes: return UInt64(Double(value.bytes.count) * Cost.perCharacter)
        case .list, .jsonArray, .shapedList, .map, .jsonObject, .shapedMap:
            var sum: UInt64 = 0
            value.forEachPart { key, part in
                if let key { sum &+= traversal(key, depth: depth + 1) }
                sum &+= traversal(part, depth: depth + 1)
            }
            return sum
        default: return 1
        }
    }
}
