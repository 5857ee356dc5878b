import HTTP
import Hooks
import JSON
import Policies
import Reactor
import Telemetry

/// What outlives requests: the fail-open ledger and the dead letters. They are on a disk, so all this is answered later.
extension AdminService {
    /// A list of entries, the newest first.
    func answerEntries(
        of log: EntryLog, _ request: AdminRequest, _ bytes: Span<UInt8>
    ) throws(AdminRefusal) {
        let filter = try Self.entryFilter(request.head.query, bytes)
        let reply = later(request)
        let isTaken = log.list(filter) { result in
            reply { service throws(AdminRefusal) in
                let entries = try Self.value(result)
                service.write(entries, limit: filter.limit)
                return Answer()
            }
        }
        if !isTaken { reply { _ throws(AdminRefusal) in throw Self.busy } }
    }

    private static let busy = AdminRefusal(.serviceUnavailable, "too much is being asked of the disk; try again")

    private static func value<Value>(_ result: Result<Value, JournalError>) throws(AdminRefusal) -> Value {
        do throws(JournalError) { return try result.get() } catch {
            throw AdminRefusal(.internalServerError, error.description)
        }
    }

    private static func entryFilter(_ query: ByteRange, _ bytes: Span<UInt8>) throws(AdminRefusal) -> EntryFilter {
        var filter = EntryFilter()
        let query = QueryString(query)
        filter.hook = query.decodedValue(of: "hook", in: bytes)
        if let limit = query.decodedValue(of: "limit", in: bytes) {
            guard let count = Int(limit), (1...1000).contains(count) else {
                throw AdminRefusal(.badRequest, "limit must be a whole number from 1 to 1000")
            }
            filter.limit = count
        }
        if let before = query.decodedValue(of: "before", in: bytes) {
            guard let number = UInt64(before) else {
                throw AdminRefusal(.badRequest, "before must be the number of an entry")
            }
            filter.before = number
        }
        if let word = query.decodedValue(of: "state", in: bytes) {
            guard let state = EntryState.allCases.first(where: { $0.name == word }) else {
                throw AdminRefusal(.badRequest, "state must be open, resolved or replayed")
            }
            filter.state = state
        }
        return filter
    }

    /// The entries, and what to ask for to have those before them.
    private func write(_ entries: [Entry], limit: Int) {
        writer.beginObject()
        writer.key("entries")
        writer.beginArray()
        for entry in entries { write(entry) }
        writer.endArray()
        if entries.count == limit, let last = entries.last {
            writer.key("before")
            writer.uint(last.summary.id)
        }
        writer.endObject()
    }

    private func write(_ entry: Entry) {
        writer.beginObject()
        writer.key("id")
        writer.uint(entry.summary.id)
        writer.text("time", Timestamp.text(entry.summary.seconds * 1_000_000_000))
        writer.text("hook", entry.summary.hook)
        writer.text("state", entry.summary.state.name)
        if let document = try? JSONDocument(parsing: entry.json) {
            document.withRoot { root in
                for member in root.members {
                    guard let name = member.key.string else { continue }
                    writer.key(name.utf8.span)
                    writer.node(member.value)
                }
            }
        }
        writer.endObject()
    }

    /// The newest recorded decisions, one on each line.
    func answerRecording(_ request: AdminRequest) throws(AdminRefusal) {
        guard let recorder = gate.hooks.recorder else {
            throw AdminRefusal(.notFound, "nothing is recorded: start the server with --record DIR")
        }
        let reply = later(request)
        let isTaken = recorder.newest(bytesMax: Self.recordingBytesMax) { result in
            reply { service throws(AdminRefusal) in
                let lines: [UInt8]
                do throws(SystemError) { lines = try result.get() } catch {
                    throw AdminRefusal(.internalServerError, error.description)
                }
                service.writer.verbatim(lines.span)
                return Answer(type: "application/x-ndjson")
            }
        }
        if !isTaken { throw Self.busy }
    }

    private static let recordingBytesMax = 16 << 20

    // MARK: what becomes of a dead letter

    /// Says that a letter is dealt with.
    func resolve(_ request: AdminRequest, by who: String) throws(AdminRefusal) {
        let id = try Self.number(request.name)
        let reply = later(request)
        let isTaken = gate.records.letters.resolve(id, by: who) { result in
            reply { service throws(AdminRefusal) in
                guard try Self.value(result) else { throw Self.noLetter(id) }
                service.gate.log.note(.warning, "a dead letter was resolved", [("id", "\(id)"), ("by", who)])
                service.writer.beginObject()
                service.writer.key("id")
                service.writer.uint(id)
                service.writer.text("state", EntryState.resolved.name)
                service.writer.endObject()
                return Answer()
            }
        }
        if !isTaken { reply { _ throws(AdminRefusal) in throw Self.busy } }
    }

    /// Makes a letter's call again, once, and tells what came of it.
    func replay(_ request: AdminRequest, by who: String) throws(AdminRefusal) {
        let id = try Self.number(request.name)
        let reply = later(request)
        let isTaken = gate.records.letters.log.entry(id) { [gate] result in
            gate.onItsLoop { gate in
                do throws(AdminRefusal) {
                    guard let entry = try Self.value(result) else { throw Self.noLetter(id) }
                    try gate.replays.start(entry, by: who) { outcome in
                        reply { service throws(AdminRefusal) in
                            service.write(outcome, of: id)
                            return Answer()
                        }
                    }
                } catch {
                    reply { _ throws(AdminRefusal) in throw error }
                }
            }
        }
        if !isTaken { reply { _ throws(AdminRefusal) in throw Self.busy } }
    }

    private func write(_ outcome: Result<HookResult, HookFailure>, of id: UInt64) {
        writer.beginObject()
        writer.key("id")
        writer.uint(id)
        switch outcome {
        case .success(let result):
            writer.text("state", EntryState.replayed.name)
            writer.text("result", result.verdict.rawValue)
            if !result.message.isEmpty { writer.text("message", result.message) }
        case .failure(let failure):
            writer.text("state", EntryState.open.name)
            writer.text("failure", "\(failure.reason.name): \(failure.message)")
        }
        writer.endObject()
    }

    private static func number(_ name: String) throws(AdminRefusal) -> UInt64 {
        guard let id = UInt64(name) else { throw AdminRefusal(.badRequest, "'\(name)' is no number of a dead letter") }
        return id
    }

    private static func noLetter(_ id: UInt64) -> AdminRefusal {
        AdminRefusal(.notFound, "there is no dead letter \(id)")
    }

    // MARK: answering later

    /// Writes an answer's JSON, or says why there is none.
    typealias Page = @Sendable (AdminService) throws(AdminRefusal) -> Answer

    /// The way to answer a request from any thread, once.
    private func later(_ request: AdminRequest) -> @Sendable (@escaping Page) -> Void {
        let waiting = WaitingRequest(self, request)
        return { [gate] page in gate.onItsLoop { _ in waiting.answer(page) } }
    }
}

/// A request whose answer is on its way; it belongs to the server's own loop.
private final class WaitingRequest: @unchecked Sendable {
    private let service: AdminService
    private let ticket: HTTPTicket
    private let isHead: Bool

    init(_ service: AdminService, _ request: AdminRequest) {
        self.service = service
        ticket = request.exchange.ticket()
        isHead = request.head.method == .head
    }

    func answer(_ page: AdminService.Page) {
        service.writer.reset()
        var answer = AdminService.Answer()
        do throws(AdminRefusal) { answer = try page(service) } catch {
            answer.status = error.status
            service.writer.reset()
            StatusBody(answer.status).write(error.message, to: &service.writer)
        }
        ticket.answer { output, closes in
            var response = ResponseWriter(status: answer.status, contentType: answer.type, closes: closes)
            response.forbidsCaching = true
            response.writeHead(bodyBytes: service.writer.count, to: &output)
            if !isHead { service.writer.withBytes { output.append($0) } }
        }
    }
}
