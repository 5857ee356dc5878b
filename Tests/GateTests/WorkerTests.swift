import HTTP
import JSON
import Reactor
import Testing

@testable import Gate

/// What a supervisor makes of its workers, without processes.
@Suite struct WorkerTests {
    @Test func waitsLongerAfterEachShortLife() {
        var backoff = WorkerBackoff()
        let short = Nanoseconds.seconds(2)
        let waits = (0..<8).map { _ in backoff.wait(afterLifeOf: short) }
        #expect(waits == [0, 1, 2, 4, 8, 16, 30, 30].map { Nanoseconds.seconds($0) })
        #expect(backoff.wait(afterLifeOf: .seconds(60)) == .zero)
        #expect(backoff.wait(afterLifeOf: short) == .seconds(1))
    }

    private static func text(_ merged: MergedMetrics) -> String {
        var buffer = ByteBuffer()
        merged.write(to: &buffer)
        return String(decoding: buffer.bytes, as: UTF8.self)
    }

    private static func metrics(_ count: Int, _ more: String = "") -> [UInt8] {
        Array(
            """
            # HELP portcullis_a_total Some {curly} text.
            # TYPE portcullis_a_total counter
            portcullis_a_total{path="/a b",code="1"} \(count).0
            # HELP portcullis_d_seconds How long.
            # TYPE portcullis_d_seconds histogram
            portcullis_d_seconds_bucket{le="0.1"} \(count).0
            portcullis_d_seconds_bucket{le="+Inf"} \(count).0
            portcullis_d_seconds_sum 0.5
            portcullis_d_seconds_count \(count).0
            \(more)

            """.utf8)
    }

    @Test func addsUpWhatIsCounted() {
        var merged = MergedMetrics()
        merged.add(Self.metrics(2))
        merged.add(Self.metrics(3))
        #expect(
            Self.text(merged)
                == String(decoding: Self.metrics(5, ""), as: UTF8.self)
                .replacing("_sum 0.5", with: "_sum 1.0").replacing("\n\n", with: "\n"))
    }

    @Test func keepsCountsOfTheDeadAndNotTheirGauges() {
        var dead = MergedMetrics()
        dead.add(Self.metrics(4, "# HELP g x\n# TYPE g gauge\ng 7.0"))
        var past = MergedMetrics()
        past.addCounts(of: dead)
        past.addCounts(of: dead)
        var merged = MergedMetrics()
        merged.add(Self.metrics(1))
        merged.addCounts(of: past)
        let text = Self.text(merged)
        #expect(text.contains(#"portcullis_a_total{path="/a b",code="1"} 9.0"#), "\(text)")
        #expect(text.contains("portcullis_d_seconds_count 9.0") && !text.contains("g 7.0"), "\(text)")
    }

    @Test(arguments: [
        ("portcullis_http_connections", "gauge", "", "5.0"),
        ("portcullis_ready", "gauge", "", "3.0"),
        ("portcullis_hook_success_ratio", "gauge", #"{hook="a"}"#, "2.0"),
        ("portcullis_certificate_expiry_timestamp_seconds", "gauge", #"{use="server"}"#, "2.0"),
        ("process_start_time_seconds", "gauge", "", "2.0"),
        ("portcullis_dead_letter_oldest_age_seconds", "gauge", "", "3.0"),
        ("portcullis_hook_breaker_state", "gauge", #"{hook="a",state="closed"}"#, "2.0"),
        ("portcullis_hook_breaker_state", "gauge", #"{hook="a",state="open"}"#, "3.0"),
        ("portcullis_rules_revision_info", "gauge", #"{hash="x"}"#, "3.0"),
        ("portcullis_hook_latency_seconds", "summary", #"{hook="a",quantile="0.5"}"#, "3.0"),
    ])
    func tellsTheWorstWhereASumWouldSayNothing(_ name: String, _ type: String, _ labels: String, _ value: String) {
        var merged = MergedMetrics()
        for count in [2, 3] {
            merged.add(Array("# HELP \(name) x\n# TYPE \(name) \(type)\n\(name)\(labels) \(count).0\n".utf8))
        }
        #expect(Self.text(merged).hasSuffix("\n\(name)\(labels) \(value)\n"))
    }

    @Test func prefersNumbersToNone() {
        for values in [["NaN", "4.0"], ["4.0", "NaN"]] {
            var merged = MergedMetrics()
            for value in values { merged.add(Array("# HELP r_ratio x\n# TYPE r_ratio gauge\nr_ratio \(value)\n".utf8)) }
            #expect(Self.text(merged).hasSuffix("\nr_ratio 4.0\n"), "\(values)")
        }
    }

    @Test func listsTheNewestFirstAndKeepsEachWorkersOrder() throws {
        let one = try JSONDocument(parsing: #"[{"id":9,"time":"05"},{"id":8,"time":"03"},{"id":7,"time":"03"}]"#)
        let two = try JSONDocument(parsing: #"[{"id":2,"time":"04","hook":"h"},{"id":1,"time":"01"}]"#)
        try withExtendedLifetime((one, two)) {
            var list = MergedList([(1, one.root.elements.map { $0 }), (2, two.root.elements.map { $0 })])
            var writer = JSONWriter()
            writer.beginArray()
            list.write(limit: 4, to: &writer)
            writer.endArray()
            let written = try JSONDocument(parsing: writer.bytes)
            #expect(written.withRoot { $0.elements.map { $0["id"]?.uint } } == [901, 202, 801, 701])
            #expect(written.withRoot { $0.element(1)?["hook"]?.string } == "h")
            #expect(list.parts.map(\.taken) == [3, 1])
        }
    }

    @Test func numbersOfEntriesTellTheirWorker() {
        #expect(EntryNumber.parts(EntryNumber.whole(17, of: 64)) == (worker: 64, id: 17))
        var cursor = EntryCursor(workers: 3)
        cursor[2] = 12
        #expect(cursor.text == "x.12.x")
        #expect(EntryCursor("x.12.x", workers: 3)?[2] == 12)
        for text in ["12", "x.12", "x.12.x.x", "x.-1.x", "x..x", ""] {
            #expect(EntryCursor(text, workers: 3) == nil, "\(text)")
        }
    }

    @Test func addsUpWhatWorkersSayOfAHook() throws {
        func hook(_ breaker: String, _ calls: Int, _ failures: Int, p99: Double) throws -> JSONDocument {
            try JSONDocument(
                parsing: """
                    {"name":"a","objective":0.99,"breaker":"\(breaker)","lastFiveMinutes":{"calls":\(calls),
                    "failures":\(failures),"timeouts":1,"p99":\(p99)},"sinceStart":{"calls":\(calls),"failures":\(failures)}}
                    """)
        }
        let (one, two) = (try hook("closed", 90, 1, p99: 0.5), try hook("open", 110, 3, p99: 0.25))
        var writer = JSONWriter()
        withExtendedLifetime((one, two)) { MergedHook([one.root, two.root]).write(to: &writer) }
        let text = writer.text
        #expect(text.contains(#""breaker":"open","lastFiveMinutes":{"calls":200,"failures":4,"timeouts":2"#), "\(text)")
        #expect(text.contains(#""successRatio":0.98,"burnRate":2,"p99":0.5}"#), "\(text)")
        #expect(text.contains(#""sinceStart":{"calls":200,"failures":4,"errorBudgetLeft":-1}"#), "\(text)")
    }

    @Test func ordersComeThroughWhole() throws {
        let listen = try #require(SocketAddress("[::1]:8443"))
        for recording in [nil, "/r/worker-2"] {
            let order = WorkerOrder(
                number: 2, parent: 41, token: "t", listen: listen, loops: 3, state: "/s/worker-2", changes: "/s",
                scratch: "/tmp/x \"y\"", recording: recording)
            #expect(WorkerOrder(parsing: order.bytes) == order)
        }
        #expect(WorkerOrder(parsing: []) == nil)
        #expect(WorkerOrder(parsing: Array(#"{"worker":1}"#.utf8)) == nil)
        let report = WorkerReport(admin: listen)
        #expect(WorkerReport(parsing: Array(report.text.utf8)) == report)
        #expect(WorkerReport(parsing: Array(report.text.utf8.dropLast())) == nil)
    }
}
