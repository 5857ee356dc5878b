/// One name on its way: its candidates one after the other, each asked for both kinds of address at once.
final class Lookup: TimerHandler {
    typealias Completion = (Lookup, Result<[IPAddress], Resolver.Failure>) -> Void

    private let configuration: ResolverConfiguration
    private var candidates: ArraySlice<String>
    private let deadline: Instant
    private let loop: EventLoop
    private var timer: Timer?
    private var completion: Completion?
    private var queries: [DNSQuery] = []
    private var outcomes: [DNSKind: DNSQuery.Outcome] = [:]
    /// Whether some server failed to answer for some candidate: then "not found" would claim too much.
    private var hasUnanswered = false

    init(_ name: String, _ configuration: ResolverConfiguration, deadline: Instant, on loop: EventLoop) {
        self.configuration = configuration
        candidates = configuration.candidates(for: name)[...]
        self.deadline = deadline
        self.loop = loop
    }

    func start(_ completion: @escaping Completion) {
        self.completion = completion
        timer = loop.arm(at: deadline, self)
        askNext()
    }

    private func askNext() {
        guard let name = candidates.popFirst() else {
            return finish(.failure(hasUnanswered ? .noAnswer : .notFound))
        }
        guard let labels = DNSQuestion.labels(name) else { return askNext() }
        outcomes = [:]
        var random = SystemRandomNumberGenerator()
        queries = DNSKind.allCases.map { kind in
            DNSQuery(
                DNSQuestion(id: .random(in: 0 ... .max, using: &random), kind: kind, labels: labels), configuration,
                loop)
        }
        for query in queries where completion != nil {
            query.start { [weak self] query, outcome in self?.answered(query, outcome) }
        }
    }

    private func answered(_ query: DNSQuery, _ outcome: DNSQuery.Outcome) {
        outcomes[query.question.kind] = outcome
        guard outcomes.count == DNSKind.allCases.count else { return }
        var addresses: [IPAddress] = []
        for kind in DNSKind.allCases {
            switch outcomes[kind] {
            case .addresses(let found): addresses += found
            case .unanswered: hasUnanswered = true
            case .noSuchName, nil: break
            }
        }
        if addresses.isEmpty { askNext() } else { finish(.success(addresses)) }
    }

    func fired(_ timer: Timer, on loop: EventLoop) {
        self.timer = nil
        finish(.failure(.timedOut))
    }

    private func finish(_ result: Result<[IPAddress], Resolver.Failure>) {
        loop.cancel(&timer)
        for query in queries { query.cancel() }
        queries = []
        completion.take()?(self, result)
    }
}
