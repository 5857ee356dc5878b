public import Telemetry

/// What a load test is to do.
public struct LoadPlan: Equatable, Sendable {
    /// Arrivals a second; nil sends as fast as the connections let it.
    public var rate: Double?
    /// How arrivals are spread.
    public var pattern = ArrivalSchedule.Pattern.steady
    /// How many requests may be on their way at once: each has a connection.
    public var connections = 8
    /// How long requests are due, the warm-up included, in nanoseconds.
    public var durationNanoseconds: UInt64 = 10_000_000_000
    /// What is due this early is sent but not counted, in nanoseconds.
    public var warmUpNanoseconds: UInt64 = 1_000_000_000
    /// No more requests than this are due.
    public var requestsMax = Int.max
    /// A request that takes longer, from when it was due, has failed, in nanoseconds.
    public var patienceNanoseconds: UInt64 = 10_000_000_000
    /// Whether the generator asks for answers without pause instead of being woken for them: it has a processor to itself then,
    /// and the time to wake it up is in no figure.
    public var spins = false

    /// A plan of eight connections for ten seconds.
    public init() {}
}

/// How a request ended.
public enum LoadOutcome: Hashable, Sendable {
    /// A review was admitted.
    case allowed
    /// A review was denied.
    case denied
    /// An answer with another status than 200.
    case status(Int)
    /// An answer of 200 that is not an answer to this review.
    case contract
    /// No connection could be made.
    case connect
    /// The connection broke or the answer was not HTTP.
    case transport
    /// No answer in time.
    case timeout
    /// The run was over before there was an answer, or even a free connection to send the request on.
    case unfinished

    /// Whether this is a verdict.
    public var isVerdict: Bool { self == .allowed || self == .denied }
}

/// A load test as a machine without sockets: what to send and when, and what came of it.
///
/// At a fixed rate, time is counted from when a request was *due*, not from when a connection was free to send it; and a
/// request that never got an answer, or was never sent, is counted with the time it had waited in vain. So a stall of the
/// server is seen by every request that would have met it.
public struct LoadRun: Sendable {
    /// What to do next.
    public enum Step: Equatable, Sendable {
        /// Send request number `request` on this connection.
        case send(connection: Int, request: Int)
        /// Nothing until then, or until an answer comes.
        case wait(until: UInt64)
        /// It is over.
        case finished
    }

    private struct Flight {
        let due: UInt64
        let sent: UInt64
    }

    /// The plan.
    public let plan: LoadPlan
    /// From when a request was due to its end.
    public private(set) var responseTimes = LatencyHistogram(precisionBits: 10)
    /// From when a request was sent to its end.
    public private(set) var serviceTimes = LatencyHistogram(precisionBits: 10)
    /// How many requests ended how.
    public private(set) var outcomes: [LoadOutcome: Int] = [:]
    /// How many requests have been sent, the warm-up included.
    public private(set) var sentCount = 0
    /// When the last request that counts ended.
    public private(set) var lastEnd: UInt64 = 0

    private let start: UInt64
    private var schedule: ArrivalSchedule?
    private var nextDue: UInt64?
    private var dueCount = 0
    private var free: [Int]
    private var flights: [Flight?]
    /// No request on its way was due before this; looked up again only when it would have taken too long, so that a
    /// thousand connections cost no more than one.
    private var oldestDue = UInt64.max

    /// A run that begins at that instant of some monotonic clock, in nanoseconds.
    public init(_ plan: LoadPlan, start: UInt64) {
        self.plan = plan
        self.start = start
        let connections = max(plan.connections, 1)
        free = Array((0..<connections).reversed())
        flights = Array(repeating: nil, count: connections)
        schedule = plan.rate.map { ArrivalSchedule(rate: $0, pattern: plan.pattern) }
        advanceSchedule()
    }

    /// When requests stop being due.
    public var end: UInt64 { start &+ plan.durationNanoseconds }

    /// How many requests that were due have not been sent.
    public func backlog(at now: UInt64) -> Bool { nextDue.map { $0 <= now } ?? false }
}

extension LoadRun {
    /// What to do at that instant; to be asked again after everything that was done, and after every answer.
    public mutating func step(at now: UInt64) -> Step {
        guard let due = due(at: now) else {
            return free.count == flights.count ? .finished : .wait(until: giveUp)
        }
        if due > now { return .wait(until: min(due, giveUp)) }
        guard let connection = free.popLast() else { return .wait(until: giveUp) }
        flights[connection] = Flight(due: due, sent: now)
        oldestDue = min(oldestDue, due)
        let request = sentCount
        sentCount += 1
        advanceSchedule()
        return .send(connection: connection, request: request)
    }

    /// The request on that connection has ended.
    public mutating func ended(_ connection: Int, _ outcome: LoadOutcome, at now: UInt64) {
        guard flights.indices.contains(connection), let flight = flights[connection] else { return }
        flights[connection] = nil
        free.append(connection)
        note(flight, outcome, at: now)
    }

    /// Which connections have a request that has taken too long by now: they are to be closed, and `ended` with `timeout`.
    public mutating func overdue(at now: UInt64) -> [Int] {
        guard now >= giveUp else { return [] }
        oldestDue = flights.reduce(UInt64.max) { min($0, $1?.due ?? .max) }
        return flights.indices.filter { index in
            flights[index].map { now >= $0.due &+ plan.patienceNanoseconds } ?? false
        }
    }

    /// Ends the run at once: what has no answer, and what was due and not sent, is counted as unfinished.
    public mutating func abandon(at now: UInt64) {
        for connection in flights.indices where flights[connection] != nil {
            ended(connection, .unfinished, at: now)
        }
        while let due = due(at: now), due <= now, plan.rate != nil {
            note(Flight(due: due, sent: now), .unfinished, at: now)
            advanceSchedule()
        }
        nextDue = nil
        schedule = nil
    }

    /// When the next request is due; nil when none will be. Without a rate one is due whenever a connection is free.
    private func due(at now: UInt64) -> UInt64? {
        if plan.rate != nil { return nextDue }
        return nextDue == nil || now >= end ? nil : (free.isEmpty ? nil : now)
    }

    /// Goes to the next arrival that is within the run.
    private mutating func advanceSchedule() {
        defer { dueCount += 1 }
        guard dueCount < plan.requestsMax else {
            nextDue = nil
            return
        }
        guard let offset = schedule?.next() else {
            nextDue = start
            return
        }
        let (due, overflow) = start.addingReportingOverflow(offset)
        nextDue = overflow || due >= end ? nil : due
    }

    /// When the oldest request on its way will have taken too long, or sooner.
    private var giveUp: UInt64 {
        let (instant, overflow) = oldestDue.addingReportingOverflow(plan.patienceNanoseconds)
        return overflow ? .max : instant
    }

    private mutating func note(_ flight: Flight, _ outcome: LoadOutcome, at now: UInt64) {
        guard flight.due >= start &+ plan.warmUpNanoseconds else { return }
        outcomes[outcome, default: 0] += 1
        responseTimes.record(now > flight.due ? now - flight.due : 0)
        serviceTimes.record(now > flight.sent ? now - flight.sent : 0)
        lastEnd = max(lastEnd, now)
    }
}
