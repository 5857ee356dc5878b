import HTTP
import Hooks
import Reactor
import TLS
import Telemetry

/// One of the server's loops, as the other threads see it: a thread, and work that is handed to it.
///
/// Everything but the mailbox belongs to the loop's own thread.
final class ReviewLoop: @unchecked Sendable {
    private static let recordingPeriod = Nanoseconds.milliseconds(500)

    private var service: ReviewService?
    private var server: HTTPServer?
    private var figures = ServerFigures()
    private var tidy = MemoryTidying()
    private let metrics: GateMetrics

    init(metrics: GateMetrics) { self.metrics = metrics }

    /// Listens; to be called on the loop's thread. Gives the address it got.
    func open(
        on loop: EventLoop, _ address: SocketAddress, _ options: HTTPServerOptions, identity: ServerIdentity,
        service: ReviewService
    ) throws(SystemError) -> SocketAddress {
        let server = HTTPServer(on: loop, options, identity: identity, handler: service)
        let bound = try server.listen(on: address)
        self.service = service
        self.server = server
        keepRecording(loop)
        return bound
    }

    private func keepRecording(_ loop: EventLoop) {
        record()
        guard server != nil else { return }
        _ = loop.arm(after: Self.recordingPeriod) { [weak self] loop in self?.keepRecording(loop) }
    }

    private func record() {
        guard let server, let service else { return }
        figures.record(server, metrics, service.shard)
        tidy.ripen(server, service)
    }

    /// What was decided of late, the latest first.
    func recent(_ filter: DecisionFilter) -> [Decision] { service?.recent(filter) ?? [] }

    /// Goes on with tasks of an earlier life; gives back those whose hooks are gone.
    func resume(_ tasks: [(number: UInt64, task: AfterTask)]) -> [(number: UInt64, task: AfterTask)] {
        service?.resume(tasks) ?? tasks
    }

    /// Replaces what may be replaced while it serves.
    func adopt(_ plan: ReviewService.Plan) { service?.adopt(plan) }

    /// Ends each connection with its next answer; `whenDrained` is called on this loop's thread.
    func drain(idle: Nanoseconds, whenDrained: @escaping () -> Void) {
        guard let server else { return whenDrained() }
        server.drain(idle: idle) { [self] in
            record()
            whenDrained()
        }
    }

    /// Closes everything now.
    func close() {
        record()
        server?.close()
        service?.close()
        server = nil
        service = nil
    }
}
