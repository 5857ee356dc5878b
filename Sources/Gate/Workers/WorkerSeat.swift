import Glibc
import HTTP
import JSON
import Reactor
import Telemetry

/// The place of one worker: the process that has it now, what is known of that, and what is left of those before it.
final class WorkerSeat: ChildProcessHandler {
    let number: Int
    private unowned let supervisor: Supervisor
    private let order: WorkerOrder
    private(set) var child: ChildProcess?
    private(set) var client: WorkerClient?
    /// Whether it said so when it was asked last.
    private(set) var isReady = false
    /// Whether some process in this place has ever been ready.
    private(set) var hasBeenReady = false
    private(set) var restarts = 0
    /// When the process was started, in nanoseconds since 1970.
    private(set) var wall: Int64 = 0
    private var started = Instant.never
    private var backoff = WorkerBackoff()
    /// The metrics that it told last,
    private(set) var metrics: [UInt8] = []
    /// and what those before it had counted.
    private(set) var past = MergedMetrics()
    /// Changes that were made while it was starting and may not have read any more.
    var missed: [WorkerClient.Question] = []
    private var report: [UInt8] = []
    private var line: [UInt8] = []

    /// A longer line goes out in pieces.
    private static let lineBytesMax = 64 << 10
    private static let reportBytesMax = 4 << 10

    init(_ order: WorkerOrder, of supervisor: Supervisor) {
        number = order.number
        self.order = order
        self.supervisor = supervisor
    }

    // MARK: its life

    /// Starts a process.
    func start(on loop: EventLoop) {
        started = loop.now
        wall = supervisor.clock.wall
        missed = []
        report = []
        var command = ChildCommand(arguments: supervisor.program)
        command.tellsOutput = true
        command.input = order.bytes
        do throws(SystemError) {
            try WholeFile.makeDirectory(order.scratch, mode: 0o700)
            command.environment = try Self.environment() + ["\(ServerProcess.variable)=\(number)"]
            child = try ChildProcess(command, on: loop, handler: self)
        } catch {
            supervisor.log.log(.error, "a worker could not be started") { writer in
                writer.key("worker")
                writer.int(Int64(number))
                writer.text("reason", "\(error)")
            }
            startAgain(on: loop)
        }
    }

    /// What this process was given.
    private static func environment() throws(SystemError) -> [String] {
        let words = try WholeFile.read("/proc/self/environ", bytesMax: 4 << 20).split(separator: 0).map {
            String(decoding: $0, as: UTF8.self)
        }
        // A process that writes a report of its crash (1.4 s were seen) is still connected to, and does not answer.
        let isDecided = words.contains { $0.hasPrefix("SWIFT_BACKTRACE=") }
        return words + (isDecided ? [] : ["SWIFT_BACKTRACE=enable=no"])
    }

    func ended(_ child: ChildProcess, _ outcome: ChildOutcome, on loop: EventLoop) {
        flush()
        self.child = nil
        client?.close()
        client = nil
        isReady = false
        var counted = MergedMetrics()
        counted.add(metrics)
        past.addCounts(of: counted)
        metrics = []
        // What it had running for its hooks is in process groups of their own.
        StrayProcesses.end([StrayProcesses.Family(of: child.id, isReaped: true, mark: "=\(order.scratch)/")])
        try? ScratchFolder.remove(order.scratch)
        if supervisor.lost(self, outcome.ending) { startAgain(on: loop) }
    }

    private func startAgain(on loop: EventLoop) {
        restarts += 1
        supervisor.metrics.restarted(number)
        let wait = backoff.wait(afterLifeOf: loop.now - started)
        loop.arm(after: wait) { [weak self] loop in
            if let self, !supervisor.isEnding { start(on: loop) }
        }
    }

    /// Has it end after its last answers; whoever has not by then is ended.
    func end(patience: Nanoseconds) { child?.terminate(grace: patience) }

    // MARK: what it says

    func wrote(_ child: ChildProcess, _ bytes: ArraySlice<UInt8>, toErrors: Bool) {
        if toErrors { return pass(bytes) }
        guard client == nil, report.count + bytes.count <= Self.reportBytesMax else { return }
        report += bytes
        if let known = WorkerReport(parsing: report) { serves(known) }
    }

    /// Passes whole lines on, so that those of several workers do not mingle.
    private func pass(_ bytes: ArraySlice<UInt8>) {
        for byte in bytes {
            if byte != 0x0A { line.append(byte) }
            if byte == 0x0A || line.count >= Self.lineBytesMax { flush() }
        }
    }

    private func flush() {
        if !line.isEmpty { supervisor.sink.append(line.span) }
        line.removeAll(keepingCapacity: true)
    }

    private func serves(_ report: WorkerReport) {
        guard let loop = supervisor.loop else { return }
        client = try? WorkerClient(report.admin, token: order.token, on: loop)
        for change in missed { client?.ask(change) { _ in } }
        missed = []
        look()
    }

    // MARK: how it is

    /// Asks whether it is ready, and what it has counted.
    func look() {
        guard let client else { return }
        client.ask(WorkerClient.Question("/readyz")) { [weak self, weak client] answer in
            guard let self, self.client === client else { return }
            isReady = answer?.status == 200
            if isReady, !hasBeenReady {
                hasBeenReady = true
                supervisor.becameReady(self)
            }
        }
        scrape {}
    }

    /// Asks for the metrics; whatever comes of it, `metrics` are the newest there are.
    func scrape(_ then: @escaping () -> Void) {
        guard let client else { return then() }
        client.ask(WorkerClient.Question("/metrics")) { [weak self, weak client] answer in
            if let self, self.client === client, let answer, answer.status == 200 { metrics = answer.body }
            then()
        }
    }
}
