import HTTP
import Hooks
import JSON
import Reactor
import Telemetry

/// What is put together from the workers' answers.
extension SupervisorService {
    func answer(_ request: SupervisorRequest, _ then: @escaping (Page) -> Void) throws(AdminRefusal) {
        switch request.endpoint {
        case .alive: then(Page(Array("ok\n".utf8), type: Self.plain))
        case .ready: answerReadiness(request, then)
        case .metrics: answerMetrics(then)
        case .page:
            var page = ByteBuffer()
            StatusPage().write(to: &page)
            then(Page(page.bytes, type: "text/html; charset=utf-8"))
        case .failOpen, .deadLetters: try answerEntries(request, then)
        case .reload, .mode, .breaker: change(request, then)
        case .resolve, .replay: try changeLetter(request, then)
        default: gather(request.target) { [unowned self] in then(page(for: request, $0)) }
        }
    }

    private func page(for request: SupervisorRequest, _ answers: Answers) -> Page {
        switch request.endpoint {
        case .status: statusPage(answers)
        case .hooks: merge(answers) { Self.writeHooks($0, to: &$1) }
        case .hook: merge(answers) { MergedHook($0.map(\.root)).write(to: &$1) }
        case .decisions:
            merge(answers) { parts, writer in
                writer.beginObject()
                Self.writeList("decisions", parts, limit: request.limit, to: &writer)
                writer.endObject()
            }
        case .shadow: merge(answers) { Self.writeShadow($0, to: &$1) }
        case .recording:
            answers.contains { $0.answer.status == 200 }
                ? Page(
                    answers.filter { $0.answer.status == 200 }.flatMap(\.answer.body), type: "application/x-ndjson")
                : refused(answers)
        default: .refusal(.notFound, AdminService.paths)
        }
    }

    private static let plain: StaticString = "text/plain; charset=utf-8"

    // MARK: asking the workers

    /// Asks every worker that serves; who does not answer is left out.
    func gather(_ target: String, _ then: @escaping (Answers) -> Void) {
        gather({ _ in WorkerClient.Question(target) }, then)
    }

    func gather(_ question: (WorkerSeat) -> WorkerClient.Question, _ then: @escaping (Answers) -> Void) {
        let seats = supervisor.seats.filter { $0.client != nil }
        let gathering = WorkerGathering(seats.count, then)
        for seat in seats {
            seat.client?.ask(question(seat)) { gathering.add(seat.number, $0) }
        }
    }

    /// What workers say, and their documents for as long as they are read.
    typealias Parts = [(worker: Int, root: JSONNode)]

    /// Puts together what those said who had an answer.
    func merge(
        _ answers: Answers, status: HTTPStatus = .ok, _ write: (Parts, inout JSONWriter) -> Void
    ) -> Page {
        let good = answers.filter { $0.answer.status < 300 }
        let documents = good.compactMap { part in
            (try? JSONDocument(parsing: part.answer.body)).map { (worker: part.worker, document: $0) }
        }
        guard !documents.isEmpty else { return refused(answers) }
        return withExtendedLifetime(documents) {
            var writer = JSONWriter(capacity: 4096)
            write(documents.map { ($0.worker, $0.document.root) }, &writer)
            return Page(writer.bytes + [0x0A], status)
        }
    }

    /// Where no worker did what was asked, the first one's reason will do.
    func refused(_ answers: Answers) -> Page {
        guard let first = answers.first else {
            return .refusal(.serviceUnavailable, "no worker answers at the moment; try again")
        }
        return Page(first.answer.body, HTTPStatus(first.answer.status))
    }

    // MARK: pages

    private func answerReadiness(_ request: SupervisorRequest, _ then: @escaping (Page) -> Void) {
        let isReady = supervisor.isReady
        let last = isReady ? "ok\n" : "not ready\n"
        let status = isReady ? HTTPStatus.ok : .serviceUnavailable
        let isVerbose = request.query == "verbose" || request.value("verbose") != nil
        guard isVerbose else { return then(Page(Array(last.utf8), status, type: Self.plain)) }
        gather("/readyz?verbose") { [supervisor] answers in
            var text = ""
            for seat in supervisor.seats {
                text += "[\(seat.isReady ? "+" : "-")] worker \(seat.number)\n"
                let said = answers.first { $0.worker == seat.number }?.answer.body ?? []
                for line in String(decoding: said, as: UTF8.self).split(separator: "\n").dropLast() {
                    text += "    \(line)\n"
                }
            }
            then(Page(Array((text + last).utf8), status, type: Self.plain))
        }
    }

    private func answerMetrics(_ then: @escaping (Page) -> Void) {
        let finish = WorkerGathering(supervisor.seats.count) { [supervisor] _ in
            supervisor.metrics.note(supervisor.seats, isReady: supervisor.isReady)
            var own = ByteBuffer()
            supervisor.registry.scrape(.text, into: &own)
            var merged = MergedMetrics()
            merged.add(own.bytes)
            for seat in supervisor.seats {
                merged.add(seat.metrics)
                merged.addCounts(of: seat.past)
            }
            var all = ByteBuffer()
            merged.write(to: &all)
            then(Page(all.bytes, type: ExpositionFormat.text.contentType))
        }
        for seat in supervisor.seats { seat.scrape { finish.add(seat.number, nil) } }
    }

    func statusPage(_ answers: Answers, status: HTTPStatus = .ok) -> Page {
        let good = answers.filter { $0.answer.status < 300 }
        let documents = good.compactMap { part in
            (try? JSONDocument(parsing: part.answer.body)).map { (worker: part.worker, document: $0) }
        }
        return withExtendedLifetime(documents) {
            var writer = JSONWriter(capacity: 4096)
            StatusOfWorkers(supervisor, documents.map { ($0.worker, $0.document.root) }).write(to: &writer)
            return Page(writer.bytes + [0x0A], status)
        }
    }

    private static func writeHooks(_ parts: Parts, to writer: inout JSONWriter) {
        let lists = parts.map { $0.root["hooks"]?.elements.map { $0 } ?? [] }
        var byName: [String: [JSONNode]] = [:]
        for hook in lists.joined() { byName[hook["name"]?.string ?? "", default: []].append(hook) }
        writer.beginObject()
        writer.text("revision", parts.first?.root["revision"]?.string ?? "")
        writer.key("hooks")
        writer.beginArray()
        for hook in lists.first ?? [] { MergedHook(byName[hook["name"]?.string ?? ""] ?? []).write(to: &writer) }
        writer.endArray()
        writer.endObject()
    }

    private static func writeList(
        _ name: StaticString, _ parts: Parts, limit: Int, to writer: inout JSONWriter
    ) {
        var list = MergedList(parts.map { ($0.worker, $0.root[name.description]?.elements.map { $0 } ?? []) })
        writer.key(name)
        writer.beginArray()
        list.write(limit: limit, to: &writer)
        writer.endArray()
    }

    private static let differencesMax = 1000

    private static func writeShadow(_ parts: Parts, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.text("revision", parts.first?.root["revision"]?.string ?? "")
        for name in ["same", "different", "late", "skipped"] as [StaticString] {
            writer.key(name)
            writer.uint(parts.reduce(0) { $0 &+ ($1.root[name]?.uint ?? 0) })
        }
        writeList("differences", parts, limit: differencesMax, to: &writer)
        writer.endObject()
    }
}

/// Waits for as many answers as were asked for.
final class WorkerGathering {
    private var missing: Int
    private var answers: SupervisorService.Answers = []
    private var then: ((SupervisorService.Answers) -> Void)?

    init(_ count: Int, _ then: @escaping (SupervisorService.Answers) -> Void) {
        missing = count
        self.then = then
        if count == 0 { finish() }
    }

    func add(_ worker: Int, _ answer: WorkerAnswer?) {
        if let answer { answers.append((worker, answer)) }
        missing -= 1
        if missing <= 0 { finish() }
    }

    private func finish() { then.take()?(answers.sorted { $0.worker < $1.worker }) }
}
