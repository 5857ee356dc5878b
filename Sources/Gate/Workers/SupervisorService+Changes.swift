import HTTP
import Hooks
import JSON
import Reactor
import Telemetry

/// What is changed in workers, and the entries that each of them keeps.
extension SupervisorService {
    /// Has every worker change something. One that is just starting may have read what people change before this change, so
    /// it is told once it serves; one that starts later reads it where the others have written it.
    func change(_ request: SupervisorRequest, _ then: @escaping (Page) -> Void) {
        var question = WorkerClient.Question(request.target)
        (question.method, question.body, question.who) = (.post, request.body, request.who)
        question.isOrdered = true
        for seat in supervisor.seats where seat.child != nil && seat.client == nil { seat.missed.append(question) }
        let asked = supervisor.seats.count { $0.client != nil }
        gather({ _ in question }) { [unowned self] answers in
            let done = answers.count { $0.answer.status < 300 }
            if done > 0, done < asked {
                supervisor.log.note(
                    .warning, "a change did not come to every worker",
                    [("path", request.path), ("workers", "\(asked)"), ("changed", "\(done)")])
            }
            if request.endpoint == .reload, done > 0 { return then(statusPage(answers, status: .accepted)) }
            then(merge(answers) { MergedHook($0.map(\.root)).write(to: &$1) })
        }
    }

    // MARK: entries

    /// A list of what workers have kept, the newest first. Each goes on where the last list left off.
    func answerEntries(_ request: SupervisorRequest, _ then: @escaping (Page) -> Void) throws(AdminRefusal) {
        let workers = supervisor.seats.count
        var cursor = EntryCursor(workers: workers)
        if let text = request.value("before") {
            guard let known = EntryCursor(text, workers: workers) else {
                throw AdminRefusal(.badRequest, "before must be what the list before said")
            }
            cursor = known
        }
        let rest = request.query.split(separator: "&").filter { !$0.hasPrefix("before=") }
        let ask = { (seat: WorkerSeat) -> WorkerClient.Question in
            let words = rest.map(String.init) + (cursor[seat.number].map { ["before=\($0)"] } ?? [])
            return WorkerClient.Question(
                words.isEmpty ? request.path : "\(request.path)?\(words.joined(separator: "&"))")
        }
        gather(ask) { [unowned self] answers in
            then(merge(answers) { Self.writeEntries($0, limit: request.limit, after: cursor, to: &$1) })
        }
    }

    private static func writeEntries(
        _ parts: Parts, limit: Int, after cursor: EntryCursor, to writer: inout JSONWriter
    ) {
        var (cursor, hasMore) = (cursor, false)
        var list = MergedList(parts.map { ($0.worker, $0.root["entries"]?.elements.map { $0 } ?? []) })
        writer.beginObject()
        writer.key("entries")
        writer.beginArray()
        list.write(limit: limit, to: &writer)
        writer.endArray()
        for (part, said) in zip(list.parts, parts) {
            if part.taken > 0 { cursor[part.worker] = part.items[part.taken - 1]["id"]?.uint }
            if part.taken < part.items.count || said.root["before"] != nil { hasMore = true }
        }
        if hasMore { writer.text("before", cursor.text) }
        writer.endObject()
    }

    /// Has the worker that has a dead letter deal with it.
    func changeLetter(_ request: SupervisorRequest, _ then: @escaping (Page) -> Void) throws(AdminRefusal) {
        guard let number = UInt64(request.name) else {
            throw AdminRefusal(.badRequest, "'\(request.name)' is no number of a dead letter")
        }
        let (worker, id) = EntryNumber.parts(number)
        guard let seat = supervisor.seats.first(where: { $0.number == worker }) else {
            throw AdminRefusal(.notFound, "there is no dead letter \(number)")
        }
        guard let client = seat.client else {
            throw AdminRefusal(
                .serviceUnavailable, "worker \(worker), which has dead letter \(number), is not there; try again")
        }
        let verb = request.endpoint == .replay ? "replay" : "resolve"
        var question = WorkerClient.Question("/v1/runtime/hooks/dead-letter/\(id)/\(verb)")
        (question.method, question.who, question.patience) = (.post, request.who, Self.replayPatience)
        client.ask(question) { [unowned self] answer in
            let answers = answer.map { [(worker: worker, answer: $0)] } ?? []
            if answer?.status == 404 { return then(.refusal(.notFound, "there is no dead letter \(number)")) }
            then(merge(answers) { Self.write($0, number, to: &$1) })
        }
    }

    /// A call may take as long as its hook's budget.
    private static let replayPatience = Nanoseconds.seconds(35)

    private static func write(_ parts: Parts, _ number: UInt64, to writer: inout JSONWriter) {
        writer.beginObject()
        for (worker, root) in parts {
            writer.key("id")
            writer.uint(number)
            writer.key("worker")
            writer.int(Int64(worker))
            for member in root.members {
                guard let name = member.key.string, name != "id" else { continue }
                writer.key(name.utf8.span)
                writer.node(member.value)
            }
        }
        writer.endObject()
    }
}
