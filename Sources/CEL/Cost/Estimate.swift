/// A range in which a size or a cost lies; arithmetic stops at the largest number instead of passing it.
public struct Estimate: Equatable, Sendable {
    /// The least.
    public var min: UInt64
    /// The most.
    public var max: UInt64

    /// A range.
    public init(min: UInt64, max: UInt64) {
        self.min = min
        self.max = max
    }

    /// A number that is known.
    public init(exactly value: UInt64) { self.init(min: value, max: value) }

    /// Nothing is known.
    public static let unknown = Estimate(min: 0, max: .max)

    /// The sum of two ranges.
    public static func + (one: Estimate, other: Estimate) -> Estimate {
        Estimate(min: sum(one.min, other.min), max: sum(one.max, other.max))
    }

    /// The product of two ranges.
    public static func * (one: Estimate, other: Estimate) -> Estimate {
        Estimate(min: product(one.min, other.min), max: product(one.max, other.max))
    }

    /// A range times a factor, each end rounded up.
    public static func * (one: Estimate, factor: Double) -> Estimate {
        Estimate(min: product(one.min, factor), max: product(one.max, factor))
    }

    /// The range that covers both.
    public func union(_ other: Estimate) -> Estimate {
        Estimate(min: Swift.min(min, other.min), max: Swift.max(max, other.max))
    }

    private static func sum(_ one: UInt64, _ other: UInt64) -> UInt64 {
        let (value, overflows) = one.addingReportingOverflow(other)
        return overflows ? .max : value
    }

    private static func product(_ one: UInt64, _ other: UInt64) -> UInt64 {
        let (value, overflows) = one.multipliedReportingOverflow(by: other)
        return overflows ? .max : value
    }

    private static func product(_ one: UInt64, _ factor: Double) -> UInt64 {
        UInt64(exactly: (Double(one) * factor).rounded(.up)) ?? .max
    }
}

/// What a call is estimated to cost, and how large its result is.
public struct CallEstimate: Sendable {
    /// The cost of the call itself.
    public var cost: Estimate
    /// The size of the result, where it has one.
    public var resultSize: Estimate?

    /// An estimate of a call.
    public init(cost: Estimate, resultSize: Estimate? = nil) {
        self.cost = cost
        self.resultSize = resultSize
    }
}

/// A node of an expression as cost estimation sees it.
public struct EstimatedNode: Sendable {
    /// How the value is reached from a variable; nil where it is not a part of one.
    ///
    /// A part is a field's name or one of `@items`, `@keys`, `@values`, `@indices`.
    public let path: [String]?
    /// The type of the value.
    public let type: CELType
    /// The size, where it is known from the expression.
    public let size: Estimate?
    /// The constant that the node is.
    public let literal: Literal?

    /// What is known of a value.
    public init(path: [String]?, type: CELType, size: Estimate?, literal: Literal?) {
        self.path = path
        self.type = type
        self.size = size
        self.literal = literal
    }

    /// The elements of this list.
    public var elements: EstimatedNode? {
        guard let element = type.parameters.first else { return nil }
        return EstimatedNode(path: path.map { $0 + ["@items"] }, type: element, size: nil, literal: nil)
    }
}

/// What is known of sizes and of functions' costs beyond the language itself.
public protocol CostModel: Sendable {
    /// The size of a value that is reached from a variable; nil where nothing is known.
    func size(of path: [String], type: CELType) -> Estimate?
    /// The cost of a call apart from its arguments; nil leaves it to the language.
    func cost(
        of function: String, overload: String, target: EstimatedNode?, arguments: [EstimatedNode]
    ) -> CallEstimate?
    /// The cost of testing whether a field is there.
    var presenceTestCost: UInt64 { get }
}

extension CostModel {
    /// The size of a node, or that it is unknown.
    public func size(of node: EstimatedNode) -> Estimate {
        node.size ?? node.path.flatMap { size(of: $0, type: node.type) } ?? .unknown
    }
}

/// The constants of cost accounting.
public enum Cost {
    /// Making a list.
    public static let list: UInt64 = 10
    /// Making a map.
    public static let map: UInt64 = 30
    /// Making an object.
    public static let object: UInt64 = 40
    /// Each character that is looked at.
    public static let perCharacter = 0.1
    /// Each character of a regular expression.
    public static let perPatternCharacter = 0.25
}
