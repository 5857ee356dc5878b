/// What was found out on the way to an answer, for people and for tests: one record for each thing that was looked at.
public struct PolicyTrace: Sendable {
    /// What became of one check.
    public struct Decision: Sendable, Equatable {
        /// How a check ended.
        public enum Evaluation: String, Sendable {
            /// It is fulfilled.
            case admit
            /// It is not.
            case deny
            /// It could not be evaluated.
            case error
        }

        /// How it ended.
        public var evaluation: Evaluation
        /// Whether it denies, which the failure policy decides where it could not be evaluated.
        public var isDenial: Bool
        /// What it says; empty where it is fulfilled.
        public var message: String
        /// The reason of the denial; empty unless the check is not fulfilled.
        public var reason: String
        /// The place among the policy's validations; nil for an error that is about all of them.
        public var validation: Int?
        /// What evaluating it cost.
        public var cost: UInt64
    }

    /// What became of an audit annotation.
    public struct Annotation: Sendable, Equatable {
        /// The key, without the policy's name.
        public var key: String
        /// The value; empty where there is none.
        public var value: String
        /// Why there is none; empty where nothing is wrong.
        public var error: String
        /// Whether that denies the request.
        public var isDenial = false
    }

    /// An expression with everything that it is made of.
    public struct Explanation: Sendable {
        /// A part of an expression that has a value of its own.
        public struct Part: Sendable {
            /// The part, as it could be written.
            public let text: String
            /// How many parts it stands within.
            public let depth: Int
            /// Its value, or why it has none.
            public let value: String
        }

        /// The field that the expression stands in, and its name where it has one.
        public let path: String
        /// What it cost, variables that it was the first to read included.
        public let cost: UInt64
        /// How long it took.
        public let nanoseconds: UInt64
        /// The expression, and what is within it.
        public internal(set) var parts: [Part] = []
    }

    /// One evaluation: with one parameter, or without.
    public struct Evaluation: Sendable {
        /// The parameter's namespace and name; nil without one.
        public var param: String?
        /// Whether the conditions let the request through to the checks.
        public var isMatched = true
        /// The condition that did not, where one did not.
        public var failedCondition: String?
        /// The checks; of a mutating policy the mutations that were carried out, or failed.
        public var decisions: [Decision] = []
        /// Whether the policy is one that mutates.
        public var isMutation = false
        /// The audit annotations.
        public var annotations: [Annotation] = []
        /// The expressions, where they are to be explained.
        public var explanations: [Explanation] = []
    }

    /// A binding of a policy that matched.
    public struct Binding: Sendable {
        /// Its name.
        public var name: String
        /// Whether the request is one that it is about.
        public var isMatched: Bool
        /// What decided about that; empty unless it is to be explained.
        public var reason = ""
        /// Why its parameters cannot be used, where they cannot.
        public var error: String?
        /// The evaluations.
        public var evaluations: [Evaluation] = []
    }

    /// A policy that requests of this sort can match.
    public struct Policy: Sendable {
        /// Its name.
        public var name: String
        /// Whether the request is one that it is about.
        public var isMatched: Bool
        /// What decided about that; empty unless it is to be explained.
        public var reason = ""
        /// Its bindings, as far as they can match.
        public var bindings: [Binding] = []
    }

    /// The policies, in the order in which they were asked.
    public internal(set) var policies: [Policy] = []

    /// The time, where expressions are to be explained and their times to be taken.
    let now: (@Sendable () -> UInt64)?

    /// Nothing yet. With a clock it will also say of everything why, of every expression what it is made of, and of every
    /// policy that was not asked why not.
    public init(_ now: (@Sendable () -> UInt64)? = nil) { self.now = now }

    /// Whether everything is to be explained.
    var explains: Bool { now != nil }
}
