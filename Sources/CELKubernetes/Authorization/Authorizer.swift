/// Answers whether someone may do something, as expressions ask it.
public protocol Authorizer: Sendable {
    /// The answer to a question. It is asked on the thread that runs the expression, and must not wait.
    func answer(_ question: AuthorizerQuestion) -> AuthorizerAnswer
}

/// What an expression asks an authorizer.
public struct AuthorizerQuestion: Sendable, Hashable {
    /// Who is asked about.
    public enum Subject: Sendable, Hashable {
        /// Who sent the request.
        case requester
        /// A service account.
        case serviceAccount(namespace: String, name: String)
    }

    /// What the subject would act on.
    public enum Target: Sendable, Hashable {
        /// A path that is no resource.
        case path(String)
        /// A resource.
        case resource(Resource)
    }

    /// A resource, or all of its kind. Selectors are as the expression wrote them, and empty where it did not.
    public struct Resource: Sendable, Hashable {
        /// The API group; empty for the core.
        public var group = ""
        /// The resource's plural name.
        public var resource = ""
        /// The part of the resource, as in `status`.
        public var subresource = ""
        /// The namespace; empty for all, or for resources without one.
        public var namespace = ""
        /// The name; empty for all.
        public var name = ""
        /// The fields that listed objects must have.
        public var fieldSelector = ""
        /// The labels that listed objects must have.
        public var labelSelector = ""

        /// A resource.
        public init(
            group: String = "", resource: String = "", subresource: String = "", namespace: String = "",
            name: String = "", fieldSelector: String = "", labelSelector: String = ""
        ) {
            self.group = group
            self.resource = resource
            self.subresource = subresource
            self.namespace = namespace
            self.name = name
            self.fieldSelector = fieldSelector
            self.labelSelector = labelSelector
        }
    }

    /// Who.
    public let subject: Subject
    /// Does what.
    public let verb: String
    /// To what.
    public let target: Target

    /// A question.
    public init(subject: Subject, verb: String, target: Target) {
        self.subject = subject
        self.verb = verb
        self.target = target
    }
}

/// What an authorizer answers.
public struct AuthorizerAnswer: Sendable, Hashable {
    /// Whether it is allowed.
    public let isAllowed: Bool
    /// Why; may be empty.
    public let reason: String
    /// What kept the authorizer from an answer, where something did.
    public let error: String?

    /// An answer.
    public init(isAllowed: Bool, reason: String = "", error: String? = nil) {
        self.isAllowed = isAllowed
        self.reason = reason
        self.error = error
    }
}
