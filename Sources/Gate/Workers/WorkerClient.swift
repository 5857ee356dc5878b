import HTTP
import Reactor

/// What a worker has answered.
struct WorkerAnswer {
    let status: Int
    let body: [UInt8]
}

/// A supervisor's way to ask one of its workers.
final class WorkerClient {
    typealias Completion = (WorkerAnswer?) -> Void

    /// What is asked, with the query, and who it is for.
    struct Question {
        var method = HTTPMethod.get
        var target: String
        var body: [UInt8] = []
        var who = ""
        var patience = Nanoseconds.seconds(5)
        /// Whether it changes something that others change too.
        var isOrdered = false

        init(_ target: String) { self.target = target }
    }

    private let base: String
    private let token: String
    private let loop: EventLoop
    private let questions: HTTPClient
    /// Changes come to the worker in the order in which they are made.
    private let changes: HTTPClient

    private static let answerBytesMax = 64 << 20

    init(_ address: SocketAddress, token: String, on loop: EventLoop) throws(HTTPURL.Problem) {
        base = "http://\(address)"
        (self.token, self.loop) = (token, loop)
        var target = HTTPTarget(try HTTPURL(base))
        target.limits.bodyBytesMax = Self.answerBytesMax
        let resolver = Resolver(on: loop)
        questions = HTTPClient(target, on: loop, resolver: resolver)
        target.connectionsMax = 1
        changes = HTTPClient(target, on: loop, resolver: resolver)
    }

    /// Asks; the answer is nil where there is none.
    func ask(_ question: Question, _ completion: @escaping Completion) {
        let client = question.isOrdered ? changes : questions
        var fields = [("Authorization", "Bearer \(token)")]
        if !question.who.isEmpty { fields.append((Self.person, Self.plain(question.who))) }
        guard let url = try? HTTPURL(base + question.target),
            let writer = try? RequestWriter(question.method, url, fields: fields)
        else { return completion(nil) }
        let deadline = loop.now + question.patience
        let sent = try? client.send(writer, question.method, body: question.body, deadline: deadline) { result in
            guard case .success(let response) = result else { return completion(nil) }
            completion(WorkerAnswer(status: response.head.statusCode, body: Array(response.body)))
        }
        if sent == nil { completion(nil) }
    }

    func close() {
        questions.close()
        changes.close()
    }

    /// The field that tells a worker who asked its supervisor for a change.
    private static let person = "Portcullis-Person"
    static let personField: StaticString = "portcullis-person"

    /// A certificate's name may have letters that a field cannot.
    private static func plain(_ name: String) -> String {
        let scalars = name.unicodeScalars.map { (0x21..<0x7F).contains($0.value) || $0 == " " ? Character($0) : "?" }
        return String(scalars)
    }
}
