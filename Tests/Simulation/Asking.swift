public import Admission
import HTTP
public import JSON
public import Reactor

/// An answer as the API server would read it.
public struct Answer: Sendable {
    /// When it was given.
    public let at: Instant
    /// The `response` of the AdmissionReview.
    public let document: JSONDocument

    /// Whether the request is admitted.
    public var isAllowed: Bool { document.withRoot { $0["response"]?["allowed"]?.bool == true } }
    /// What a denial says.
    public var message: String { document.withRoot { $0["response"]?["status"]?["message"]?.string ?? "" } }
    /// The status code of a denial.
    public var code: Int64 { document.withRoot { $0["response"]?["status"]?["code"]?.int ?? 0 } }
    /// The messages of all violations.
    public var complaints: [String] {
        document.withRoot { root in
            guard let causes = root["response"]?["status"]?["details"]?["causes"] else { return [] }
            return causes.elements.map { $0["message"]?.string ?? "" }
        }
    }
    /// What is shown to the client.
    public var warnings: [String] {
        document.withRoot { root in
            guard let warnings = root["response"]?["warnings"] else { return [] }
            return warnings.elements.map { $0.string ?? "" }
        }
    }
    /// The revision of the rules that the audit log is told of.
    public var revision: String? { allAnnotations["revision"] }
    /// What is written to the audit log besides.
    public var annotations: [String: String] { allAnnotations.filter { $0.key != "revision" } }

    private var allAnnotations: [String: String] {
        document.withRoot { root in
            guard let table = root["response"]?["auditAnnotations"] else { return [:] }
            return Dictionary(
                table.members.map { ($0.key.string ?? "", $0.value.string ?? "") }, uniquingKeysWith: { $1 })
        }
    }
    /// The patch, as it stands in the answer; nil without one.
    public var patch: String? { document.withRoot { $0["response"]?["patch"]?.string } }

    init(_ review: AdmissionReview, _ response: borrowing ReviewResponse, at now: Instant) throws {
        var writer = JSONWriter()
        var scratch = ByteBuffer()
        response.write(for: review, to: &writer, scratch: &scratch)
        at = now
        document = try JSONDocument(parsing: writer.bytes)
    }
}

/// Somebody who asks about a review, and gets its answer once.
public final class Asker {
    private let clock: any Clock
    private let onAnswer: (Answer) -> Void
    /// How often an answer was given; more than once is a defect.
    public private(set) var answerCount = 0

    /// Somebody who is told the answer.
    public init(_ clock: any Clock, onAnswer: @escaping (Answer) -> Void) {
        self.clock = clock
        self.onAnswer = onAnswer
    }

    /// Asks a handler.
    public func ask(
        _ handler: some ReviewHandler, _ document: JSONDocument, _ phase: ReviewPhase, deadline: Instant,
        group: UInt32 = 0
    ) throws {
        let review = try AdmissionReview(decoding: document.root)
        let question = ReviewQuestion(
            review: review, phase: phase, group: group, arrival: clock.now.nanoseconds,
            deadline: deadline.nanoseconds)
        var exchange = Exchange(asker: self)
        var response = ReviewResponse()
        if handler.handle(question, &response, &exchange) == .answered { answer(review, response) }
        withExtendedLifetime(document) {}
    }

    fileprivate func answer(_ review: AdmissionReview, _ response: borrowing ReviewResponse) {
        answerCount += 1
        guard let answer = try? Answer(review, response, at: clock.now) else { return }
        onAnswer(answer)
    }

    private struct Exchange: ReviewExchange {
        let asker: Asker

        mutating func ticket(for question: ReviewQuestion) throws(ReviewError) -> (any ReviewTicket, KeptReview) {
            let kept = try KeptReview(question.review)
            return (Ticket(asker, kept), kept)
        }
    }

    private final class Ticket: ReviewTicket {
        private let asker: Asker
        private let kept: KeptReview

        init(_ asker: Asker, _ kept: KeptReview) { (self.asker, self.kept) = (asker, kept) }

        func answer(_ response: borrowing ReviewResponse) { asker.answer(kept.review, response) }
    }
}

/// Reviews for whoever needs some.
public enum SampleReview {
    /// A review of a pod.
    public static func text(
        uid: String = "u-1", namespace: String = "team-a", user: String = "me", name: String = "web",
        isDryRun: Bool = false, operation: String = "CREATE"
    ) -> String {
        """
        {"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"\(uid)",\
        "kind":{"group":"","version":"v1","kind":"Pod"},"resource":{"group":"","version":"v1","resource":"pods"},\
        "name":"\(name)","namespace":"\(namespace)","operation":"\(operation)","userInfo":{"username":"\(user)"},\
        "object":{"apiVersion":"v1","kind":"Pod","metadata":{"name":"\(name)","labels":{"app":"web"}},\
        "spec":{"containers":[{"name":"a","image":"registry.example/a:1"}]}},\
        "oldObject":null,"dryRun":\(isDryRun),"options":null}}
        """
    }
}
