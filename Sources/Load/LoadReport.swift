public import JSON
import Telemetry

/// What a load test found, for people and for programs.
public struct LoadReport: Sendable {
    private let run: LoadRun
    private let finished: UInt64
    private let start: UInt64
    /// The address that was tested.
    public var target = ""
    /// Bytes of all bodies sent and received.
    public var bytes: (sent: Int, received: Int) = (0, 0)
    /// CPU time of the server while requests were counted, if somebody looked.
    public var serverCPUNanoseconds: UInt64?
    /// How long a generator that never sleeps did not run at most, while requests were counted: no figure is better than that.
    public var longestPauseNanoseconds: UInt64?

    /// Why the first request that got no answer got none, if there was one.
    public var firstFailure: String?

    /// The percentiles that are shown.
    public static let percentiles: [Double] = [50, 90, 95, 99, 99.9, 99.99, 100]

    /// A report about a run that began and ended at these instants.
    public init(_ run: LoadRun, start: UInt64, finished: UInt64) {
        self.run = run
        self.start = start
        self.finished = finished
    }

    /// How many requests count.
    public var requestCount: Int { run.outcomes.values.reduce(0, +) }

    /// How many of them got no verdict.
    public var failureCount: Int { run.outcomes.reduce(0) { $0 + ($1.key.isVerdict ? 0 : $1.value) } }

    /// The time in which they were made.
    public var seconds: Double {
        let begin = start &+ run.plan.warmUpNanoseconds
        let end = max(run.lastEnd, min(run.end, finished))
        return end > begin ? Double(end - begin) / 1e9 : 0
    }

    /// Verdicts a second.
    public var throughput: Double { seconds > 0 ? Double(requestCount - failureCount) / seconds : 0 }

    /// CPU time of the server for each request, in nanoseconds.
    public var serverCPUPerRequest: Double? {
        guard let serverCPUNanoseconds, requestCount > 0 else { return nil }
        return Double(serverCPUNanoseconds) / Double(requestCount)
    }

    private var sortedOutcomes: [(name: String, count: Int)] {
        run.outcomes.map { ($0.key.name, $0.value) }.sorted { $0.name < $1.name }
    }
}

extension LoadReport {
    /// For people.
    public var text: String {
        let load =
            run.plan.rate.map { "\(Self.round($0)) requests/s due, \(run.plan.connections) connections" }
            ?? "\(run.plan.connections) connections, each as fast as it can"
        var lines = [
            "target        \(target)", "load          \(load)",
            "requests      \(requestCount) in \(Self.round(seconds)) s, \(Self.round(throughput)) verdicts/s",
            "outcomes      " + sortedOutcomes.map { "\($0.name) \($0.count)" }.joined(separator: ", "),
            "bytes         \(bytes.sent) sent, \(bytes.received) received",
        ]
        if let cpu = serverCPUPerRequest { lines.append("server CPU    \(Self.duration(cpu)) a request") }
        if let pause = longestPauseNanoseconds {
            lines.append(
                "pauses        \(Self.duration(Double(pause))) at most in which the load test itself did not run")
        }
        if let firstFailure { lines.append("first failure \(firstFailure)") }
        lines.append("")
        lines.append("latency       " + (run.plan.rate == nil ? "" : "from when due    ") + "from when sent")
        for percentile in Self.percentiles {
            let name = percentile == 100 ? "max" : "p\(Self.round(percentile))"
            let due = Self.duration(Double(run.responseTimes.percentile(percentile)))
            let sent = Self.duration(Double(run.serviceTimes.percentile(percentile)))
            lines.append(Self.pad(name, 14) + (run.plan.rate == nil ? "" : Self.pad(due, 17)) + sent)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// For programs; times are in seconds.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("target")
        writer.string(target)
        writer.key("rate")
        if let rate = run.plan.rate { writer.double(rate) } else { writer.null() }
        for (name, value) in [
            ("connections", run.plan.connections), ("requests", requestCount), ("failures", failureCount),
            ("bytesSent", bytes.sent), ("bytesReceived", bytes.received),
        ] as [(StaticString, Int)] {
            writer.key(name)
            writer.int(Int64(value))
        }
        writer.key("seconds")
        writer.double(seconds)
        writer.key("throughput")
        writer.double(throughput)
        writer.key("outcomes")
        writer.beginObject()
        for outcome in sortedOutcomes {
            writer.key(outcome.name.utf8.span)
            writer.int(Int64(outcome.count))
        }
        writer.endObject()
        writer.key("firstFailure")
        if let firstFailure { writer.string(firstFailure) } else { writer.null() }
        writer.key("serverCPUSecondsPerRequest")
        if let cpu = serverCPUPerRequest { writer.double(cpu / 1e9) } else { writer.null() }
        writer.key("longestPause")
        if let pause = longestPauseNanoseconds { writer.double(Double(pause) / 1e9) } else { writer.null() }
        writer.key("responseTime")
        Self.write(run.responseTimes, to: &writer)
        writer.key("serviceTime")
        Self.write(run.serviceTimes, to: &writer)
        writer.endObject()
    }

    private static func write(_ times: LatencyHistogram, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("mean")
        writer.double(times.mean / 1e9)
        writer.key("min")
        writer.double(Double(times.min) / 1e9)
        for percentile in percentiles {
            writer.key((percentile == 100 ? "max" : "p\(round(percentile))").utf8.span)
            writer.double(Double(times.percentile(percentile)) / 1e9)
        }
        writer.endObject()
    }

    /// Two digits behind the point at most.
    static func round(_ value: Double) -> String {
        guard value.magnitude < 1e15 else { return "\(value)" }
        let hundredths = Int((value * 100).rounded())
        let fraction = hundredths % 100
        if fraction == 0 { return "\(hundredths / 100)" }
        let digits = fraction % 10 == 0 ? "\(fraction / 10)" : (fraction < 10 ? "0\(fraction)" : "\(fraction)")
        return "\(hundredths / 100).\(digits)"
    }

    /// Nanoseconds in the unit that reads best.
    static func duration(_ nanoseconds: Double) -> String {
        if nanoseconds < 1e6 { return round(nanoseconds / 1e3) + " µs" }
        return nanoseconds < 1e9 ? round(nanoseconds / 1e6) + " ms" : round(nanoseconds / 1e9) + " s"
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(width - text.count, 1))
    }
}

extension LoadOutcome {
    /// The name in reports.
    public var name: String {
        if case .status(let code) = self { return "status \(code)" }
        return "\(self)"
    }
}
