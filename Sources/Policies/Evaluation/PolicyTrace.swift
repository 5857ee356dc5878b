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
    }

    /// A binding of a policy that matched.
    public struct Binding: Sendable {
        /// Its name.
        public var name: String
        /// Whether the request is one that it is about.
        public var isMatched: Bool
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
        /// Its bindings, as far as they can match.
        public var bindings: [Binding] = []
    }

    /// The policies, in the order in which they were asked.
    public internal(set) var policies: [Policy] = []

    /// Nothing yet.
    public init() {}
}
