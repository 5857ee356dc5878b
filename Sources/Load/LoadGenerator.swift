public import HTTP
public import Reactor
public import TLS
internal import Telemetry

/// One request of a load test: the bytes that go out, and what the answer must repeat.
public struct LoadRequest: Sendable {
    let bytes: [UInt8]
    let uid: [UInt8]

    /// A request that posts a review to an address, without a `timeout` unless the address has one.
    public init(_ review: [UInt8], to url: HTTPURL) throws {
        uid = try ReviewAnswer.uid(ofReview: review.span)
        let writer = try RequestWriter(
            .post, url,
            fields: [
                ("User-Agent", "portcullis-bench"), ("Accept", "application/json, */*"),
                ("Content-Type", "application/json"),
            ])
        var buffer = ByteBuffer(capacity: review.count + 512)
        try writer.write(bodyBytes: review.count, to: &buffer)
        buffer.append(review)
        bytes = buffer.bytes
    }
}

/// Runs a load test from one thread.
public final class LoadGenerator {
    /// What the server is and how it is reached.
    public struct Target {
        /// The address as the user wrote it.
        public var url: HTTPURL
        /// The socket address that its host means.
        public var address: SocketAddress
        /// What a secure address needs.
        public var tls: TLSContext?
        /// Whether every request has a connection of its own.
        public var connectsAnew = false
        /// The process whose CPU time is told, if it is on this machine.
        public var process: Int?

        /// A target without TLS.
        public init(url: HTTPURL, address: SocketAddress) {
            self.url = url
            self.address = address
        }
    }

    let loop: EventLoop
    let requests: [LoadRequest]
    let limits = HTTPLimits()
    var answer = ReviewAnswer()
    var bytesSent = 0
    var bytesReceived = 0
    /// Why the first request that got no answer got none.
    var firstFailure: String?
    private let target: Target
    private var run: LoadRun
    private let start: UInt64
    private var connections: [LoadConnection] = []
    private var pace: PaceTimer?
    private var isPumping = false
    private var mustPumpAgain = false
    private var isFinished = false
    private var cpuAtWarm: Double?
    private var lastTurn: UInt64 = 0
    private var longestPause: UInt64 = 0

    var url: HTTPURL { target.url }
    var address: SocketAddress { target.address }
    var tls: TLSContext? { target.tls }
    var connectsAnew: Bool { target.connectsAnew }

    /// A generator that goes through `requests`, of which there must be one at least, in turn.
    public init(_ plan: LoadPlan, _ target: Target, _ requests: [LoadRequest], on loop: EventLoop) {
        precondition(!requests.isEmpty, "a load test needs a request")
        self.loop = loop
        self.requests = requests
        self.target = target
        start = loop.clock.now.nanoseconds
        run = LoadRun(plan, start: start)
        connections = (0..<max(plan.connections, 1)).map { LoadConnection($0, of: self) }
    }

    /// Runs the test to its end.
    public func report() throws(SystemError) -> LoadReport {
        let pace = try PaceTimer(on: loop) { [unowned self] in pump() }
        self.pace = pace
        pump()
        while !isFinished { turn() }
        let finished = loop.clock.now.nanoseconds
        pace.close()
        for connection in connections { connection.disconnect() }
        var report = LoadReport(run, start: start, finished: finished)
        report.target = url.description
        report.bytes = (bytesSent, bytesReceived)
        report.firstFailure = firstFailure
        report.longestPauseNanoseconds = run.plan.spins ? longestPause : nil
        if let cpuAtWarm, let now = cpuSeconds { report.serverCPUNanoseconds = UInt64(max(now - cpuAtWarm, 0) * 1e9) }
        return report
    }

    private func turn() {
        guard run.plan.spins else { return loop.turn() }
        loop.turn(waits: false)
        let now = loop.clock.now.nanoseconds
        if now >= start + run.plan.warmUpNanoseconds, lastTurn > 0 { longestPause = max(longestPause, now - lastTurn) }
        lastTurn = now
        pump()
    }

    private var cpuSeconds: Double? { target.process.flatMap { ProcessStat.read(process: $0)?.cpuSeconds } }

    /// A connection's request has ended.
    func ended(_ connection: Int, _ outcome: LoadOutcome) {
        run.ended(connection, outcome, at: loop.clock.now.nanoseconds)
        pump()
    }

    /// Does what is due. A request that ends while this runs, as one does that cannot even connect, is seen in its turn.
    private func pump() {
        mustPumpAgain = true
        guard !isPumping else { return }
        isPumping = true
        defer { isPumping = false }
        while mustPumpAgain {
            mustPumpAgain = false
            let now = loop.clock.now.nanoseconds
            if cpuAtWarm == nil, now >= start + run.plan.warmUpNanoseconds { cpuAtWarm = cpuSeconds }
            for connection in run.overdue(at: now) { connections[connection].fail(.timeout, "no answer in time") }
            step()
        }
    }

    private func step() {
        while true {
            switch run.step(at: loop.clock.now.nanoseconds) {
            case .send(let connection, let request): connections[connection].begin(request % requests.count)
            case .wait(let until):
                if !run.plan.spins { pace?.ring(by: until) }
                return
            case .finished:
                isFinished = true
                return
            }
        }
    }
}
