import Admission
import HTTP
import JSON
import Reactor
import Telemetry

/// `/v1/decisions`: what was decided of late, asked of every loop.
extension AdminService {
    func answerDecisions(
        _ request: AdminRequest, _ bytes: Span<UInt8>, _ output: inout ByteBuffer
    ) -> HTTPProgress {
        let filter: DecisionFilter
        do throws(AdminRefusal) { filter = try Self.filter(request.head.query, bytes) } catch {
            writer.reset()
            StatusBody(error.status).write(error.message, to: &writer)
            writer.withBytes { page.append($0) }
            send(Answer(status: error.status), request, &output)
            return .answered
        }
        let ticket = request.exchange.ticket()
        let isHead = request.head.method == .head
        gate.recentDecisions(filter) { [unowned self] decisions in
            writer.reset()
            Self.write(decisions, to: &writer)
            ticket.answer { output, closes in
                var response = ResponseWriter(status: .ok, closes: closes)
                response.forbidsCaching = true
                response.writeHead(bodyBytes: writer.count, to: &output)
                if !isHead { writer.withBytes { output.append($0) } }
            }
        }
        return .later
    }

    private static let limitMax = 1000

    private static func filter(_ query: ByteRange, _ bytes: Span<UInt8>) throws(AdminRefusal) -> DecisionFilter {
        var filter = DecisionFilter()
        let query = QueryString(query)
        // A closure would have to keep the span.
        func text(_ name: StaticString) -> String? { query.decodedValue(of: name, in: bytes) }
        if let limit = text("limit") {
            guard let count = Int(limit), (1...limitMax).contains(count) else {
                throw AdminRefusal(.badRequest, "limit must be a whole number from 1 to \(limitMax)")
            }
            filter.limit = count
        }
        if let outcome = text("outcome") {
            guard let known = AdmissionMetrics.Outcome.allCases.first(where: { $0.name == outcome }) else {
                throw AdminRefusal(.badRequest, "outcome must be allowed, patched or denied")
            }
            filter.outcome = known
        }
        for field in DecisionRing.Text.allCases where field != .message {
            if let value = text(field.name) { filter.texts[field] = value }
        }
        return filter
    }

    private static func write(_ decisions: [Decision], to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("decisions")
        writer.beginArray()
        for decision in decisions {
            writer.beginObject()
            writer.key("time")
            writer.string(Timestamp.text(decision.wall))
            writer.key("request")
            writer.string(decision[.uid])
            decision.write(membersTo: &writer)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }
}

extension Gate {
    /// Asks every loop for what it decided of late; `then` is called on the server's own loop with the latest first.
    func recentDecisions(_ filter: DecisionFilter, then: @escaping ([Decision]) -> Void) {
        let gathering = DecisionGathering(loops.count, filter.limit, then)
        guard let home = loop?.mailbox else { return then([]) }
        for entry in loops {
            let isTaken = entry.thread.mailbox.submit { [review = entry.review] _ in
                let found = review.recent(filter)
                _ = home.submit { _ in gathering.add(found) }
            }
            if !isTaken { gathering.add([]) }
        }
    }
}

/// Waits for the answers of all loops; belongs to the server's own.
private final class DecisionGathering: @unchecked Sendable {
    private var missing: Int
    private let limit: Int
    private var found: [Decision] = []
    private var then: (([Decision]) -> Void)?

    init(_ count: Int, _ limit: Int, _ then: @escaping ([Decision]) -> Void) {
        missing = count
        self.limit = limit
        self.then = then
    }

    func add(_ decisions: [Decision]) {
        found += decisions
        missing -= 1
        if missing <= 0 { then.take()?(Array(found.sorted { $0.wall > $1.wall }.prefix(limit))) }
    }
}
