public import CEL

/// How the API server estimates costs: what its libraries' functions cost, and no cost for presence tests.
public struct KubernetesCosts: CostModel {
    private let sizes: @Sendable ([String], CELType) -> Estimate?

    /// The API server's costs; `sizes` knows the sizes of what variables hold, as a schema may tell them.
    public init(sizes: @escaping @Sendable ([String], CELType) -> Estimate? = { _, _ in nil }) { self.sizes = sizes }

    /// A test for a field's presence is free.
    public var presenceTestCost: UInt64 { 0 }

    /// The size of a value that is reached from a variable.
    public func size(of path: [String], type: CELType) -> Estimate? { sizes(path, type) }

    /// The cost of a call of one of the API server's functions.
    public func cost(
        of function: String, overload: String, target: EstimatedNode?, arguments: [EstimatedNode]
    ) -> CallEstimate? {
        if Self.nominal.contains(function) || overload == "cidr_ip" { return CallEstimate(cost: Self.one) }
        switch function {
        case "check": return CallEstimate(cost: Estimate(exactly: Self.checkCost))
        case "fieldSelector", "labelSelector": return arguments.count == 1 ? selector(arguments[0]) : nil
        case "isSorted", "sum", "max", "min", "indexOf", "lastIndexOf": return target.map(traversal)
        case "url", "jsonpatch.escapeKey": return arguments.count == 1 ? characters(arguments[0], keepsSize: true) : nil
        case "lowerAscii", "upperAscii", "substring", "trim": return target.map { characters($0, keepsSize: true) }
        case "replace": return arguments.count >= 2 ? target.map { replacement($0, arguments) } : nil
        case "split": return target.map { split($0, arguments) }
        case "join": return target.map { join($0, arguments) }
        case "find", "findAll": return arguments.isEmpty ? nil : target.map { find($0, arguments[0]) }
        case "cidr", "isIP", "isCIDR", "ip", "quantity", "isQuantity", "semver", "isSemver":
            return arguments.first.map { characters($0, keepsSize: false) }
        case "ip.isCanonical":
            return arguments.first.map { CallEstimate(cost: size(of: $0) * (2 * Cost.perCharacter)) }
        case "containsIP", "containsCIDR": return arguments.first.map { containment(overload, $0) }
        case "validate": return arguments.first.map(validation)
        case "_==_": return arguments.count == 2 ? equality(arguments[0], arguments[1]) : nil
        default: return nil
        }
    }

    private static let one = Estimate(exactly: 1)
    /// Two questions to an authorizer are all that an expression can afford.
    static let checkCost: UInt64 = 350_000
    /// The largest pattern behind a named format.
    private static let formatPatternMax = 128.0
    private static let formatSizeMax: UInt64 = 64

    /// Accessors, and what only looks at a few words.
    static let nominal: Set<String> = [
        "serviceAccount", "path", "group", "resource", "subresource", "namespace", "name", "allowed", "reason",
        "error", "errored", "masked", "prefixLength", "family", "isUnspecified", "isLoopback",
        "isLinkLocalMulticast", "isLinkLocalUnicast", "isGlobalUnicast", "format.named", "sign", "asInteger",
        "isInteger", "asApproximateFloat", "isGreaterThan", "isLessThan", "compareTo", "add", "sub", "major", "minor",
        "patch", "getScheme", "getHostname", "getHost", "getPort", "getEscapedPath", "getQuery",
    ]
}

extension KubernetesCosts {
    private func characters(_ node: EstimatedNode, keepsSize: Bool) -> CallEstimate {
        let size = size(of: node)
        return CallEstimate(cost: size * Cost.perCharacter, resultSize: keepsSize ? size : nil)
    }

    /// A selector is read once, and each two characters of it may become a requirement.
    private func selector(_ node: EstimatedNode) -> CallEstimate {
        let length = size(of: node)
        let requirements = (length * 0.5) * Double(Cost.list + Cost.object)
        return CallEstimate(cost: Estimate(exactly: Cost.list) + length * Cost.perCharacter + requirements)
    }

    private func traversal(_ target: EstimatedNode) -> CallEstimate {
        guard let element = target.elements else {
            return CallEstimate(cost: size(of: target) * Cost.perCharacter)
        }
        var each = Self.one
        if element.type == .string || element.type == .bytes { each = each + size(of: element) * Cost.perCharacter }
        return CallEstimate(cost: size(of: target) * each)
    }

    private func replacement(_ target: EstimatedNode, _ arguments: [EstimatedNode]) -> CallEstimate {
        let size = size(of: target)
        let old = self.size(of: arguments[0])
        let new = self.size(of: arguments[1])
        var count = Estimate(exactly: 0)
        var kept = Estimate(exactly: 0)
        if old.min == 0 {
            count.max = size.max == .max ? .max : size.max + 1
            kept.max = size.max
        } else if new.max <= old.min {
            kept.max = size.max
        } else {
            count.max = Self.quotient(size.max, old.min)
        }
        if old.max == 0 {
            count.min = size.min == .max ? .max : size.min + 1
            kept.min = size.min
        } else if old.max <= new.min {
            kept.min = size.min
        } else {
            count.min = Self.quotient(size.min, old.max)
        }
        return CallEstimate(cost: size * (2 * Cost.perCharacter), resultSize: count * new + kept)
    }

    private static func quotient(_ one: UInt64, _ other: UInt64) -> UInt64 {
        UInt64(exactly: (Double(one) / Double(other)).rounded(.up)) ?? (1 << 63)
    }

    private func split(_ target: EstimatedNode, _ arguments: [EstimatedNode]) -> CallEstimate {
        let size = size(of: target)
        var most = size.max
        if arguments.count > 1, case .int(let limit)? = arguments[1].literal { most = UInt64(bitPattern: limit) }
        return CallEstimate(cost: size * (2 * Cost.perCharacter), resultSize: Estimate(min: 0, max: most))
    }

    private func join(_ target: EstimatedNode, _ arguments: [EstimatedNode]) -> CallEstimate {
        let count = size(of: target)
        var size = target.elements.map { count * self.size(of: $0) } ?? Estimate(exactly: 0)
        if let separator = arguments.first {
            let separators = Estimate(min: count.min > 0 ? count.min - 1 : 0, max: count.max > 0 ? count.max - 1 : 0)
            size = size + self.size(of: separator) * separators
        }
        return CallEstimate(cost: size * Cost.perCharacter, resultSize: size)
    }

    private func find(_ target: EstimatedNode, _ pattern: EstimatedNode) -> CallEstimate {
        let size = size(of: target)
        let text = (size + Self.one) * Cost.perCharacter
        let cost = text * (self.size(of: pattern) * Cost.perPatternCharacter)
        return CallEstimate(cost: cost, resultSize: Estimate(min: 0, max: size.max))
    }

    /// Addresses are compared as four or sixteen bytes, and a range is masked first.
    private func containment(_ overload: String, _ argument: EstimatedNode) -> CallEstimate {
        let bytes = Estimate(min: 4, max: 16)
        var cost = (bytes + bytes) * Cost.perCharacter
        if overload.hasPrefix("cidr_contains_cidr") { cost = cost + bytes * Cost.perCharacter + Self.one }
        if overload.hasSuffix("_string") { cost = cost + size(of: argument) * Cost.perCharacter }
        return CallEstimate(cost: cost)
    }

    private func validation(_ text: EstimatedNode) -> CallEstimate {
        let factor = Self.formatPatternMax * Cost.perPatternCharacter
        return CallEstimate(cost: (size(of: text) * Cost.perCharacter) * factor)
    }

    private func equality(_ one: EstimatedNode, _ other: EstimatedNode) -> CallEstimate? {
        guard one.type.erasedName == other.type.erasedName else { return nil }
        switch one.type {
        case .opaque("net.IP", _), .opaque("net.CIDR", _), .object("kubernetes.Quantity"),
            .object("kubernetes.Semver"):
            return CallEstimate(cost: Self.one)
        case .object("kubernetes.NamedFormat"):
            return CallEstimate(cost: Estimate(min: 1, max: Self.formatSizeMax) * Cost.perCharacter)
        case .object("kubernetes.URL"):
            let most = other.size?.max ?? 1
            return CallEstimate(cost: Estimate(min: 1, max: most) * Cost.perCharacter)
        case .object(let name) where name.hasPrefix("kubernetes.authorization."): return CallEstimate(cost: Self.one)
        default: return nil
        }
    }
}
