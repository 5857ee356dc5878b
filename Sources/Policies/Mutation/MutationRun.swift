import Admission
import HTTP
import JSON

/// What the mutating policies of a set make of one review's object, pass by pass.
struct MutationRun {
    /// The review, with the object as it is now.
    private(set) var review: AdmissionReview
    /// Keep what the review refers to.
    private var documents: [JSONDocument] = []
    var reinvocation = ReinvocationRecord()
    private(set) var failures: [MutationFailure] = []
    /// An error that denies whatever failure policies say.
    private(set) var internalError: String?

    init(_ review: AdmissionReview) { self.review = review }

    var mustEnd: Bool { internalError != nil }

    /// The policies that changed the object, in the order in which they first did.
    private(set) var changers: [MutatingPolicy] = []

    mutating func noteChanger(_ policy: MutatingPolicy) {
        if !changers.contains(where: { $0 === policy }) { changers.append(policy) }
    }

    /// The hooks that were asked, and whose work was not taken back.
    private(set) var participants: Set<ObjectIdentifier> = []

    mutating func noteParticipant(_ hook: HookRule) { participants.insert(ObjectIdentifier(hook)) }

    /// The object as it is now; nil while nothing changed it.
    var result: JSONDocument? { documents.last }

    /// Whether any mutation was carried out, whether it changed anything or not.
    private(set) var isDirty = false

    /// Goes on with another object; nil where a mutation found that there is nothing to do.
    mutating func replaceObject(_ document: JSONDocument?) {
        isDirty = true
        guard let document else { return }
        documents.append(document)
        review = review.of(object: document.root)
    }

    /// Another copy of the same review takes the place of the first.
    mutating func move(to review: AdmissionReview) {
        self.review = documents.last.map { review.of(object: $0.root) } ?? review
    }

    mutating func fail(_ failure: MutationFailure, _ policy: FailurePolicy) {
        if policy == .fail { failures.append(failure) }
    }

    mutating func failInternally(_ message: String) { internalError = message }

    /// Denies because of an error that is nobody's policy.
    static func deny(_ internalError: String, _ response: inout ReviewResponse) {
        guard response.isAllowed else { return }
        response.deny(code: 500, reason: "InternalError")
        response.message.removeAll()
        response.message.append(internalError)
    }

    /// Writes what went wrong, if anything did, into the answer.
    func settle(_ response: inout ReviewResponse) {
        if let internalError { return Self.deny(internalError, &response) }
        for failure in failures {
            if response.isAllowed {
                response.deny(code: failure.code, reason: failure.reason)
                response.message.removeAll()
                response.message.append(failure.message)
            }
            response.addCause(
                reason: "Invalid".utf8.span, message: failure.message.utf8.span, field: failure.field.utf8.span)
        }
    }
}
