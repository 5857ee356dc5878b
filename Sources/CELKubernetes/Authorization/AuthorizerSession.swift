public import CEL

/// An authorizer as expressions see it. Values of `authorizer` refer to it without counting, so it must live for as
/// long as an expression runs that they were bound to.
public final class AuthorizerSession: Sendable {
    private let authorizer: any Authorizer

    /// What lets expressions ask an authorizer.
    public init(_ authorizer: any Authorizer) { self.authorizer = authorizer }

    /// The value of `authorizer`.
    public func value(_ evaluator: inout Evaluator) -> Value {
        evaluator.opaque(AuthorizerValue.family, AuthorizerValue(self))
    }

    /// The value of `authorizer.requestResource`: a question about what the request is about.
    public func value(for resource: AuthorizerQuestion.Resource, _ evaluator: inout Evaluator) -> Value {
        var check = ResourceCheck(
            authorizer: AuthorizerValue(self), group: evaluator.string(resource.group).bytes,
            resource: evaluator.string(resource.resource).bytes)
        check.subresource = evaluator.string(resource.subresource).bytes
        check.namespace = evaluator.string(resource.namespace).bytes
        check.name = evaluator.string(resource.name).bytes
        return evaluator.opaque(ResourceCheck.family, check)
    }

    fileprivate func decide(
        _ subject: AuthorizerQuestion.Subject, _ verb: ByteView, _ target: AuthorizerQuestion.Target,
        _ evaluator: inout Evaluator
    ) -> Value {
        let question = AuthorizerQuestion(subject: subject, verb: verb.text, target: target)
        let answer = authorizer.answer(question)
        let reason = evaluator.string(answer.reason)
        let error = evaluator.string(answer.error ?? "")
        if reason.isError || error.isError || evaluator.mustStop(after: 256) { return .stopped }
        let decision = Decision(
            isAllowed: answer.isAllowed, isErrored: answer.error != nil, reason: reason.bytes, error: error.bytes)
        return evaluator.opaque(Decision.family, decision)
    }
}

/// Whom an expression asks, and about whom.
@safe struct AuthorizerValue: BitwiseCopyable {
    private let session: UnsafeRawPointer
    /// The service account that is asked about; without one it is who sent the request.
    var namespace = ByteView.empty
    var name = ByteView.empty

    static let family = OpaqueFamily(typeName: "kubernetes.authorization.Authorizer", equals: { _, _ in false })

    init(_ session: AuthorizerSession) {
        unsafe self.session = UnsafeRawPointer(Unmanaged.passUnretained(session).toOpaque())
    }

    func decide(_ verb: ByteView, _ target: AuthorizerQuestion.Target, _ evaluator: inout Evaluator) -> Value {
        let subject: AuthorizerQuestion.Subject =
            name.count == 0 ? .requester : .serviceAccount(namespace: namespace.text, name: name.text)
        let session = unsafe Unmanaged<AuthorizerSession>.fromOpaque(self.session)
        return unsafe session._withUnsafeGuaranteedRef { $0.decide(subject, verb, target, &evaluator) }
    }
}

/// A question about a path, which lacks only its verb.
struct PathCheck: BitwiseCopyable {
    let authorizer: AuthorizerValue
    let path: ByteView

    static let family = OpaqueFamily(typeName: "kubernetes.authorization.PathCheck", equals: { _, _ in false })
}

/// A question about an API group, which lacks its resource.
struct GroupCheck: BitwiseCopyable {
    let authorizer: AuthorizerValue
    let group: ByteView

    static let family = OpaqueFamily(typeName: "kubernetes.authorization.GroupCheck", equals: { _, _ in false })
}

/// A question about a resource, which lacks only its verb.
struct ResourceCheck: BitwiseCopyable {
    let authorizer: AuthorizerValue
    let group: ByteView
    let resource: ByteView
    var subresource = ByteView.empty
    var namespace = ByteView.empty
    var name = ByteView.empty
    var fieldSelector = ByteView.empty
    var labelSelector = ByteView.empty

    static let family = OpaqueFamily(typeName: "kubernetes.authorization.ResourceCheck", equals: { _, _ in false })

    init(authorizer: AuthorizerValue, group: ByteView, resource: ByteView) {
        self.authorizer = authorizer
        self.group = group
        self.resource = resource
    }

    var target: AuthorizerQuestion.Target {
        .resource(
            AuthorizerQuestion.Resource(
                group: group.text, resource: resource.text, subresource: subresource.text, namespace: namespace.text,
                name: name.text, fieldSelector: fieldSelector.text, labelSelector: labelSelector.text))
    }
}

/// What an authorizer answered.
struct Decision: BitwiseCopyable {
    let isAllowed: Bool
    let isErrored: Bool
    let reason: ByteView
    let error: ByteView

    static let family = OpaqueFamily(typeName: "kubernetes.authorization.Decision", equals: { _, _ in false })
}
