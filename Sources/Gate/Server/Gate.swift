public import Admission
import Glibc
import HTTP
import Hooks
import Policies
public import Reactor
public import TLS
import Telemetry

/// The assembled server.
///
/// Its own loop, on the thread that calls `run`, hears signals, watches certificates and answers people and Prometheus;
/// every other loop has a thread of its own and answers reviews. Other threads only hand it work through its mailbox.
public final class Gate: @unchecked Sendable {
    /// Reads the configuration again, where it can be.
    public typealias Reread = () throws(GateError) -> ServerConfiguration

    var configuration: ServerConfiguration
    let registry: BuiltinRegistry
    let clock: any Clock
    let reread: Reread?
    let sink: LogSink
    let log: Logger
    let metrics: GateMetrics
    let shard: MetricShard
    let readiness = Readiness()
    /// When it was made, in nanoseconds since 1970.
    let started: Int64
    /// When the certificate expires, in seconds since 1970.
    var certificateExpiry: Int64?
    /// The server's own loop, while it runs.
    private(set) var loop: EventLoop?
    private var home: Mailbox?
    let hooks: HookShare
    let commandThreads: CommandThreads
    private let folder: ServerFolder?
    let records: GateRecords
    var revision: HookRevision
    private(set) lazy var replays = LetterReplay(self)
    var loops: [(thread: LoopThread, review: ReviewLoop)] = []
    var certificates: CertificateReload?
    var admin: HTTPServer?
    private var adminService: AdminService?
    private var exporter: SpanExporter?
    private var adminCertificate: AdminCertificate?
    var signals: SignalWatch?
    var keeper: RuleKeeper?
    var rules: ServedRules?
    var shadowKeeper: RuleKeeper?
    var shadow: ServedRules?
    var drainedCount = 0
    var endings = 0

    /// Is told once it serves where people find it.
    public var whenServing: ((SocketAddress) -> Void)?

    /// A server that is to be configured so; it does nothing before `run`.
    public init(
        _ configuration: ServerConfiguration, registry: BuiltinRegistry = BuiltinRegistry(), clock: any Clock,
        reread: Reread? = nil
    ) throws(GateError) {
        // Before there is any other thread: one that does not block a signal may be the one that gets it.
        SignalWatch.block([SIGTERM, SIGINT, SIGHUP])
        guard let metrics = GateMetrics(registry: MetricRegistry()),
            let sink = LogSink(worker: configuration.worker?.number, wall: { clock.wall })
        else {
            throw GateError("cannot set up metrics and log")
        }
        self.configuration = configuration
        self.registry = registry
        self.clock = clock
        self.reread = reread
        self.metrics = metrics
        self.sink = sink
        log = Logger(sink, level: configuration.logLevel.level, wall: { clock.wall })
        shard = metrics.registry.makeShard()
        started = clock.wall
        commandThreads = CommandThreads(clock: clock)
        folder = try ServerFolder.make(for: configuration, sink, clock: clock)
        records = try Self.openRecords(configuration, folder, metrics, clock)
        hooks = try Self.share(configuration, registry, metrics, commandThreads, folder, records, sink, clock)
        revision = hooks.board.revise(.empty, hash: "")
        collectFindings()
        collectStanding()
    }

    /// Serves until it is told to end; returns once the last answer is out or the time for that is over.
    public func run() throws(GateError) {
        SignalWatch.ignoreBrokenPipes()
        OpenFiles.raiseLimit()
        defer {
            keeper?.close()
            shadowKeeper?.close()
            for entry in loops { entry.thread.stop() }
            replays.close()
            exporter?.close()
            commandThreads.stop()
            records.close()
            hooks.recorder?.close()
            folder?.remove()
            _ = sink.close(patienceMilliseconds: 500)
        }
        let loop: EventLoop
        do throws(SystemError) { loop = try EventLoop(clock: clock) } catch { throw GateError("\(error)") }
        self.loop = loop
        home = loop.mailbox
        try start(on: loop)
        loop.run()
        self.loop = nil
        log.log(.info, "ended")
    }
}

// MARK: starting

extension Gate {
    private func start(on loop: EventLoop) throws(GateError) {
        try restoreOverrides()
        try openRules(loop)
        try openShadow(loop)
        let plan = try configuration.plan(registry, revision, shadow?.set)
        let (tls, files) = try configuration.serverTLS()
        let identity = try openIdentity(tls, files, loop)
        let address = try openLoops(plan, identity)
        let adminAddress = try openAdmin(loop)
        if let endpoint = configuration.traces.endpoint, let spans = hooks.spans {
            exporter = try SpanExporter(
                configuration.traces, to: endpoint, spans, metrics.registry, log: log, on: loop)
        }
        do throws(SystemError) {
            signals = try SignalWatch([SIGTERM, SIGINT, SIGHUP], on: loop) { [unowned self] signal, loop in
                signal == SIGHUP ? reload(loop) : end(loop)
            }
        } catch { throw GateError("\(error)") }
        readiness.set(.listening, true)
        resumeTasks()
        log.note(
            .info, configuration.worker == nil ? "serving" : "a worker serves",
            [("address", address.description), ("admin", adminAddress.description), ("loops", "\(loops.count)")])
        whenServing?(adminAddress)
    }

    private func openIdentity(
        _ tls: TLSServerConfiguration, _ files: [CertificateFiles], _ loop: EventLoop
    ) throws(GateError) -> ServerIdentity {
        let tickets: TicketKeys
        let identity: ServerIdentity
        do throws(TLSError) {
            tickets = try TicketKeys(clock: clock)
            identity = ServerIdentity(try TLSContext(tls, tickets: tickets))
        } catch {
            throw GateError("\(files.map(\.certificate).joined(separator: ", ")): \(error)")
        }
        do throws(SystemError) {
            certificates = try CertificateReload(
                files, tls, identity: identity, tickets: tickets, on: loop, handler: self)
        } catch {
            throw GateError("cannot watch the certificate's files: \(error)")
        }
        if let facts = identity.context.facts { note(facts) }
        return identity
    }

    /// Opens the loops one after the other: the first decides the port where any would do.
    private func openLoops(_ plan: ReviewService.Plan, _ identity: ServerIdentity) throws(GateError) -> SocketAddress {
        var address = configuration.listen
        let options = configuration.reviewOptions
        for number in 0..<(configuration.loops ?? Processors.usable) {
            let review = ReviewLoop(metrics: metrics)
            let report = StartReport()
            let (clock, metrics, sink, wanted, hooks) = (clock, metrics, sink, address, hooks)
            do throws(SystemError) {
                let thread = try LoopThread("loop \(number)", clock: clock, rank: .prompt) { loop in
                    let log = Logger(sink, level: plan.logLevel, wall: { clock.wall })
                    let service = ReviewService(
                        plan, on: loop, number: number, hooks, metrics: metrics, log: log)
                    do throws(SystemError) {
                        let bound = try review.open(on: loop, wanted, options, identity: identity, service: service)
                        report.give(.success(bound))
                    } catch {
                        report.give(.failure(error))
                    }
                }
                loops.append((thread, review))
                address = try report.wait()
            } catch {
                throw GateError("cannot listen on \(wanted): \(error)")
            }
        }
        return address
    }

    private func openAdmin(_ loop: EventLoop) throws(GateError) -> SocketAddress {
        adminCertificate = try AdminCertificate(configuration, clock: clock, log: log, on: loop) { [unowned self] in
            metrics.note(expiry: $0, of: "admin", shard)
        }
        let service = AdminService(self, try AdminCredentials(configuration))
        adminService = service
        let server = HTTPServer(
            on: loop, configuration.adminOptions, identity: adminCertificate?.identity, handler: service)
        admin = server
        do throws(SystemError) {
            return try server.listen(on: configuration.adminListen)
        } catch {
            throw GateError("cannot listen on \(configuration.adminListen): \(error)")
        }
    }
}

// MARK: changes while it serves

extension Gate: CertificateReloadHandler {
    private func note(_ facts: Certificate.Facts) {
        metrics.note(expiry: facts.notAfter, of: "server", shard)
        certificateExpiry = facts.notAfter
        guard let warning = facts.warning(at: clock.wall / 1_000_000_000) else { return }
        log.note(.warning, "the certificate needs attention", [("reason", warning)])
    }

    /// New connections use another certificate from now on.
    public func reloaded(_ facts: Certificate.Facts, on loop: EventLoop) {
        shard.add(metrics.reloaded(true))
        log.log(.info, "the certificate was replaced")
        note(facts)
    }

    /// The certificate's files have changed to something that cannot be used.
    public func refused(_ reason: String, on loop: EventLoop) {
        shard.add(metrics.reloaded(false))
        log.note(.error, "the new certificate was refused", [("reason", reason)])
    }

    /// Has something done on the server's own loop, from any thread; nothing is done once the server has ended.
    func onItsLoop(_ work: @escaping @Sendable (Gate) -> Void) {
        _ = home?.submit { [weak self] _ in
            if let self { work(self) }
        }
    }

    /// Reads everything again that can be.
    func reloadAll() {
        if let loop { reload(loop) }
    }

    /// Reads the configuration and the certificates again; what is wrong with either leaves things as they are.
    private func reload(_ loop: EventLoop) {
        certificates?.reload(loop)
        adminCertificate?.reload(loop)
        keeper?.refresh()
        shadowKeeper?.refresh()
        guard let reread else { return }
        do throws(GateError) {
            let fresh = try reread()
            let plan = try fresh.plan(registry, revision, shadow?.set)
            configuration = fresh
            adopt(plan)
            shard.add(metrics.reloaded(true))
            log.log(.info, "the configuration was read again")
        } catch {
            shard.add(metrics.reloaded(false))
            log.note(.error, "the new configuration was refused", [("reason", error.description)])
        }
    }
}

// MARK: ending

extension Gate {
    /// The first time: no longer ready, then every connection ends with its next answer. The second time: at once.
    private func end(_ loop: EventLoop) {
        endings += 1
        guard endings == 1 else { return finish(loop) }
        readiness.set(.staying, false)
        log.note(.info, "ending", [("grace", SpanText.text(configuration.shutdown.grace))])
        _ = loop.arm(after: configuration.shutdown.delay) { [unowned self] loop in drain(loop) }
        _ = loop.arm(after: configuration.shutdown.delay + configuration.shutdown.grace) { [unowned self] loop in
            finish(loop)
        }
    }

    private func drain(_ loop: EventLoop) {
        let home = loop.mailbox
        for entry in loops {
            let isTaken = entry.thread.mailbox.submit { [review = entry.review, weak self] _ in
                review.drain(idle: Self.idleEnd) {
                    _ = home.submit { [weak self] loop in self?.drained(loop) }
                }
            }
            if !isTaken { drained(loop) }
        }
    }

    /// A request may already be on its way over a connection that looks idle.
    private static let idleEnd = Nanoseconds.milliseconds(200)

    private func drained(_ loop: EventLoop) {
        drainedCount += 1
        if drainedCount == loops.count { finish(loop) }
    }

    private func finish(_ loop: EventLoop) {
        for entry in loops {
            _ = entry.thread.mailbox.submit { [review = entry.review] _ in review.close() }
            entry.thread.mailbox.stop()
        }
        admin?.close()
        loop.mailbox.stop()
    }
}
