import Glibc
import HTTP
import Hooks
import JSON
public import Reactor
import TLS
import Telemetry

/// Several processes that answer reviews at the same address, and the one that looks after them.
///
/// A trap in a hook that is written in Swift ends the process it runs in. With workers it ends one of several: the kernel
/// deals connections out among those that listen, the others go on, and the one that is missing is started again. The
/// supervisor itself runs no hook and reads no review. It answers people and Prometheus, for all workers together.
public final class Supervisor {
    let configuration: ServerConfiguration
    /// The program and its arguments.
    let program: [String]
    let clock: any Clock
    let sink: LogSink
    let log: Logger
    let registry = MetricRegistry()
    let metrics: SupervisorMetrics
    let started: Int64
    private(set) var loop: EventLoop?
    private(set) var seats: [WorkerSeat] = []
    private(set) var isEnding = false
    private var endings = 0
    private var failure: GateError?
    private var hasServed = false
    /// Keeps the port while there are no workers.
    private var place: FileDescriptor?
    private var address: SocketAddress
    private var admin: HTTPServer?
    private var adminAddress = ""
    private var adminCertificate: AdminCertificate?
    private var service: SupervisorService?
    private var signals: SignalWatch?
    /// What is temporary, and goes with the supervisor.
    private var folder: ServerFolder?

    /// Whoever does not end in time is ended so long after.
    private static let endSlack = Nanoseconds.seconds(5)
    private static let hurriedEnd = Nanoseconds.seconds(2)
    private static let lookEvery = Nanoseconds.seconds(1)

    /// A supervisor of that many workers as the configuration says, each of which is `program`.
    public init(_ configuration: ServerConfiguration, program: [String], clock: any Clock) throws(GateError) {
        SignalWatch.block([SIGTERM, SIGINT, SIGHUP])
        guard let sink = LogSink(wall: { clock.wall }) else { throw GateError("cannot set up the log") }
        (self.configuration, self.program, self.clock, self.sink) = (configuration, program, clock, sink)
        log = Logger(sink, level: configuration.logLevel.level, wall: { clock.wall })
        started = clock.wall
        address = configuration.listen
        metrics = SupervisorMetrics(registry)
    }

    /// Looks after workers until it is told to end and the last one has ended.
    public func run() throws(GateError) {
        SignalWatch.ignoreBrokenPipes()
        OpenFiles.raiseLimit()
        defer {
            folder?.remove()
            _ = sink.close(patienceMilliseconds: 500)
        }
        let loop: EventLoop
        do throws(SystemError) { loop = try EventLoop(clock: clock) } catch { throw GateError("\(error)") }
        self.loop = loop
        try open(loop)
        // Where the first cannot start the others cannot either, and the reason is told once.
        seats.first?.start(on: loop)
        watch(loop)
        loop.run()
        self.loop = nil
        if let failure { throw failure }
        log.log(.info, "ended")
    }
}

// MARK: starting

extension Supervisor {
    private func open(_ loop: EventLoop) throws(GateError) {
        do throws(SystemError) {
            let socket = try TCPSocket.reserve(configuration.listen)
            address = try TCPSocket.localAddress(of: socket.number)
            place = consume socket
        } catch { throw GateError("cannot listen on \(configuration.listen): \(error)") }
        try openSeats()
        adminCertificate = try AdminCertificate(
            configuration, clock: clock, log: log, on: loop, noteExpiry: metrics.note)
        let service = SupervisorService(self, try AdminCredentials(configuration))
        self.service = service
        let server = HTTPServer(
            on: loop, configuration.adminOptions, identity: adminCertificate?.identity, handler: service)
        admin = server
        do throws(SystemError) {
            adminAddress = try server.listen(on: configuration.adminListen).description
        } catch { throw GateError("cannot listen on \(configuration.adminListen): \(error)") }
        do throws(SystemError) {
            signals = try SignalWatch([SIGTERM, SIGINT, SIGHUP], on: loop) { [unowned self] signal, loop in
                signal == SIGHUP ? reload(loop) : end(loop)
            }
        } catch { throw GateError("\(error)") }
    }

    private func openSeats() throws(GateError) {
        let folder: ServerFolder
        let changes: String
        do throws(SystemError) {
            folder = try ServerFolder(
                in: configuration.calls.scratch, sink, configuration.logLevel.level, clock: clock)
            self.folder = folder
            changes = configuration.state ?? "\(folder.path)/state"
            try WholeFile.makeDirectory(changes, mode: 0o700)
            if let recording = configuration.recording { try WholeFile.makeDirectory(recording, mode: 0o700) }
        } catch { throw GateError("cannot make a folder for the workers: \(error)") }
        var random = SystemRandomNumberGenerator()
        for number in 1...configuration.workers {
            let words = (0..<4).map { _ in String(random.next() as UInt64, radix: 36) }
            let order = WorkerOrder(
                number: number, parent: getpid(), token: words.joined(separator: "-"), listen: address,
                loops: share(of: number), state: "\(changes)/worker-\(number)", changes: changes,
                scratch: "\(folder.path)/scratch-\(number)",
                recording: configuration.recording.map { "\($0)/worker-\(number)" })
            seats.append(WorkerSeat(order, of: self))
        }
    }

    /// Its share of the loops: all of them divided, and at least one.
    private func share(of number: Int) -> Int {
        let (loops, workers) = (configuration.loops ?? Processors.usable, configuration.workers)
        return max(1, loops / workers + (number <= loops % workers ? 1 : 0))
    }

    private func watch(_ loop: EventLoop) {
        loop.arm(after: Self.lookEvery) { [weak self] loop in
            guard let self else { return }
            for seat in seats { seat.look() }
            watch(loop)
        }
    }
}

// MARK: the workers' lives

extension Supervisor {
    /// Whether anybody takes reviews.
    var isReady: Bool { !isEnding && seats.contains(where: \.isReady) }

    /// A worker is ready for the first time.
    func becameReady(_ seat: WorkerSeat) {
        guard let loop, !hasServed else { return }
        if seats.allSatisfy(\.hasBeenReady) {
            hasServed = true
            log.note(
                .info, "serving",
                [("address", address.description), ("admin", adminAddress), ("workers", "\(seats.count)")])
        } else if seat === seats.first {
            for other in seats.dropFirst() { other.start(on: loop) }
        }
    }

    /// A worker has ended; whether it is to be started again.
    func lost(_ seat: WorkerSeat, _ ending: ChildOutcome.Ending) -> Bool {
        guard !isEnding else {
            finishIfAllEnded()
            return false
        }
        log.log(.error, "a worker has ended") { writer in
            writer.key("worker")
            writer.int(Int64(seat.number))
            switch ending {
            case .exited(let status):
                writer.key("status")
                writer.int(Int64(status))
            case .signalled(let signal):
                writer.key("signal")
                writer.int(Int64(signal))
            }
        }
        // It has said why; whoever starts a server with a mistake in its configuration wants to know at once.
        guard ending == .exited(2), !hasServed, !seat.hasBeenReady else { return true }
        failure = GateError("worker \(seat.number) cannot start")
        endAll(patience: Self.hurriedEnd)
        return false
    }

    /// The first time: no longer ready, and the workers end after their last answers. The second time: at once.
    private func end(_ loop: EventLoop) {
        endings += 1
        let shutdown = configuration.shutdown
        if endings == 1 {
            log.note(.info, "ending", [("grace", SpanText.text(shutdown.grace))])
            endAll(patience: shutdown.delay + shutdown.grace + Self.endSlack)
        } else {
            for seat in seats { seat.child?.signal(SIGTERM) }
            loop.arm(after: Self.hurriedEnd) { [weak self] _ in
                for seat in self?.seats ?? [] { seat.child?.kill() }
            }
        }
    }

    private func endAll(patience: Nanoseconds) {
        isEnding = true
        for seat in seats { seat.end(patience: patience) }
        finishIfAllEnded()
    }

    private func finishIfAllEnded() {
        guard seats.allSatisfy({ $0.child == nil }) else { return }
        admin?.close()
        loop?.mailbox.stop()
    }

    private func reload(_ loop: EventLoop) {
        adminCertificate?.reload(loop)
        for seat in seats { seat.child?.signal(SIGHUP) }
    }
}
