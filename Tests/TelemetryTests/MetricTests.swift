import Foundation
import HTTP
import Telemetry
import TestSupport
import Testing

private func scrape(_ registry: MetricRegistry, _ format: ExpositionFormat = .text) -> String {
    var buffer = ByteBuffer()
    registry.scrape(format, into: &buffer)
    return buffer.text
}

@Suite struct MetricTests {
    @Test func shardsAreAddedUp() throws {
        let registry = MetricRegistry()
        let requests = registry.counters("requests", "Requests.", labels: ["path", "outcome"])
        let allowed = try #require(requests.series("/validate", "allowed"))
        let denied = try #require(requests.series("/validate", "denied"))
        #expect(requests.series("/validate", "allowed") != nil)
        let flying = try #require(registry.gauges("in_flight", "In flight.").series())
        let shards = [registry.makeShard(), registry.makeShard()]
        for shard in shards {
            shard.add(allowed)
            shard.add(allowed, 2)
            shard.add(flying, 3)
            shard.add(flying, -1)
        }
        shards[1].add(denied)
        #expect(
            scrape(registry) == """
                # HELP requests_total Requests.
                # TYPE requests_total counter
                requests_total{path="/validate",outcome="allowed"} 6
                requests_total{path="/validate",outcome="denied"} 1
                # HELP in_flight In flight.
                # TYPE in_flight gauge
                in_flight 4.0

                """)
    }

    @Test func histogramsAreCumulativeAndInTheUnitOfTheirName() throws {
        let registry = MetricRegistry()
        let set = registry.histograms("wait_seconds", "Waiting.", labels: ["hook"], bounds: [1_000_000, 2_500_000_000])
        let histogram = try #require(set.series("a"))
        let shard = registry.makeShard()
        for value in [0, 1_000_000, 1_000_001, 2_500_000_000, 9_000_000_000] as [UInt64] {
            shard.observe(histogram, value)
        }
        #expect(
            scrape(registry, .openMetrics) == """
                # HELP wait_seconds Waiting.
                # TYPE wait_seconds histogram
                # UNIT wait_seconds seconds
                wait_seconds_bucket{hook="a",le="0.001"} 2
                wait_seconds_bucket{hook="a",le="2.5"} 4
                wait_seconds_bucket{hook="a",le="+Inf"} 5
                wait_seconds_sum{hook="a"} 11.502000001
                wait_seconds_count{hook="a"} 5
                # EOF

                """)
    }

    @Test func exemplarsAreShownInOpenMetricsOnly() throws {
        let registry = MetricRegistry()
        let set = registry.histograms("x_seconds", "X.", bounds: [1000, 2000], hasExemplars: true)
        let histogram = try #require(set.series())
        let shards = [registry.makeShard(), registry.makeShard()]
        shards[0].observe(histogram, 500, trace: (1, 2), wall: 1_000_000_000)
        shards[1].observe(histogram, 1500, trace: (0xABCD_EF01_2345_6789, 0xFF), wall: 2_500_000_000)
        let open = scrape(registry, .openMetrics)
        #expect(
            open.contains(
                #"x_seconds_bucket{le="2e-06"} 2 # {trace_id="abcdef012345678900000000000000ff"} 1.5e-06 2.5"#))
        #expect(open.split(separator: "\n").filter { $0.contains("trace_id") }.count == 1)
        #expect(!scrape(registry).contains("trace_id"))
    }

    @Test func whatHasNoRoomIsCountedUnderOther() throws {
        let registry = MetricRegistry()
        let set = registry.counters("c", "C.", labels: ["hook"], seriesMax: 2)
        let shard = registry.makeShard()
        for name in ["a", "b", "c", "d", "a"] { shard.add(try #require(set.series(name))) }
        let text = scrape(registry)
        #expect(text.contains(#"c_total{hook="a"} 2"#) && text.contains(#"c_total{hook="b"} 1"#))
        #expect(text.contains(#"c_total{hook="other"} 2"#) && !text.contains(#"hook="c""#))
    }

    @Test func aFullRegistrySaysSo() {
        let registry = MetricRegistry(slotsMax: 2)
        let set = registry.counters("c", "C.", labels: ["x"])
        #expect(set.series("a") != nil && set.series("b") != nil)
        #expect(set.series("c") == nil)
        #expect(set.series("a") != nil)
    }

    @Test func whatIsGoneIsNoLongerShownAndLeavesItsPlace() throws {
        let registry = MetricRegistry(slotsMax: 1)
        let set = registry.infos("revision", "Revision.", labels: ["hash"])
        let shard = registry.makeShard()
        shard.set(try #require(set.series("one")), 1)
        #expect(scrape(registry).contains("# TYPE revision_info gauge\nrevision_info{hash=\"one\"} 1.0\n"))
        set.retire("one")
        #expect(scrape(registry).isEmpty)
        shard.set(try #require(set.series("two")), 1)
        #expect(scrape(registry, .openMetrics).contains("# TYPE revision info\nrevision_info{hash=\"two\"} 1.0\n"))
        #expect(!scrape(registry).contains("one"))
    }

    @Test func placesAreTakenAgainAndAgain() throws {
        let registry = MetricRegistry()
        let counters = registry.counters("c", "C.", labels: ["hook"], seriesMax: 3)
        let histograms = registry.histograms("h", "H.", labels: ["hook"], bounds: [1], scale: 1, seriesMax: 3)
        let shard = registry.makeShard()
        for name in ["stays", "gone"] {
            shard.add(try #require(counters.series(name)))
            shard.observe(try #require(histograms.series(name)), 1)
        }
        var last = "gone"
        for turn in 1...100 {
            counters.retire(last)
            histograms.retire(last)
            last = "hook-\(String(repeating: "x", count: turn % 7))\(turn)"
            shard.add(try #require(counters.series(last)), UInt64(turn))
            shard.observe(try #require(histograms.series(last)), 2)
        }
        #expect(
            scrape(registry) == """
                # HELP c_total C.
                # TYPE c_total counter
                c_total{hook="stays"} 1
                c_total{hook="hook-xx100"} 100
                # HELP h H.
                # TYPE h histogram
                h_bucket{hook="stays",le="1.0"} 1
                h_bucket{hook="stays",le="+Inf"} 1
                h_sum{hook="stays"} 1.0
                h_count{hook="stays"} 1
                h_bucket{hook="hook-xx100",le="1.0"} 0
                h_bucket{hook="hook-xx100",le="+Inf"} 1
                h_sum{hook="hook-xx100"} 2.0
                h_count{hook="hook-xx100"} 1

                """)
    }

    @Test func textIsEscaped() throws {
        let registry = MetricRegistry()
        let set = registry.gauges("g", "a\\b\n\"c\"", labels: ["x"])
        let shard = registry.makeShard()
        shard.set(try #require(set.series("\\\"\n")), .nan)
        #expect(scrape(registry).contains("# HELP g a\\\\b\\n\"c\"\n"))
        #expect(scrape(registry, .openMetrics).contains("# HELP g a\\\\b\\n\\\"c\\\"\n"))
        #expect(scrape(registry).contains(#"g{x="\\\"\n"} NaN"#))
        shard.set(try #require(set.series("\\\"\n")), -.infinity)
        #expect(scrape(registry).contains("} -Inf\n"))
    }

    static let accepts: [(String, Bool)] = [
        ("", false), ("*/*", false), ("text/plain", false), ("application/openmetrics-text", true),
        ("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", true),
        ("application/openmetrics-text; version=1.0.0; q=0.2, text/plain; q=0.5", false),
        ("application/openmetrics-text;q=0", false), ("application/openmetrics-text;q=x", false),
        ("text/html, Application/OpenMetrics-Text", true), (",;,q=", false),
    ]

    @Test(arguments: accepts) func theFormatIsThatOfTheReader(_ accept: String, _ isOpen: Bool) {
        let bytes = Array(accept.utf8)
        let format = ExpositionFormat(accept: ByteRange(0, bytes.count), in: bytes.span)
        #expect((format == .openMetrics) == isOpen)
        #expect(ExpositionFormat(accept: .absent, in: bytes.span) == .text)
    }

    @Test func threadsWriteWhileAnotherReads() async throws {
        let registry = MetricRegistry()
        let counter = try #require(registry.counters("n", "N.").series())
        let histogram = try #require(registry.histograms("h_seconds", "H.", hasExemplars: true).series())
        await withTaskGroup(of: Void.self) { group in
            for thread in 0..<3 {
                let shard = registry.makeShard()
                group.addTask {
                    for number in 0..<20_000 as Range<UInt64> {
                        shard.add(counter)
                        shard.observe(histogram, number, trace: (number, number), wall: number)
                        if thread == 0, number % 4000 == 0 { _ = scrape(registry) }
                    }
                }
            }
        }
        let text = scrape(registry, .openMetrics)
        #expect(text.contains("n_total 60000\n") && text.contains("h_seconds_count 60000\n"))
    }
}

@Suite struct ProcessMetricTests {
    /// A registry with one of everything, and awkward texts.
    static func everything() throws -> MetricRegistry {
        let registry = MetricRegistry()
        ProcessMetrics.register(in: registry)
        let shard = registry.makeShard()
        let counters = registry.counters("portcullis_x", "Things \"counted\" \\ so far.", labels: ["a", "b"])
        for value in ["", "\"", "\\", "\n", "é", "a b"] { shard.add(try #require(counters.series(value, "x"))) }
        shard.set(try #require(registry.gauges("portcullis_open", "Things open.").series()), 1.5)
        shard.set(try #require(registry.infos("portcullis_rules", "Rules.", labels: ["hash"]).series("f00")), 1)
        let set = registry.histograms("portcullis_wait_seconds", "Waiting.", labels: ["hook"], hasExemplars: true)
        let histogram = try #require(set.series("a"))
        for exponent in 0..<40 as Range<UInt64> { shard.observe(histogram, 1 << exponent, trace: (1, 2), wall: 3) }
        return registry
    }

    @Test func thisProcessIsSeen() throws {
        let text = scrape(try Self.everything())
        for name in [
            "process_cpu_seconds_total", "process_resident_memory_bytes", "process_virtual_memory_bytes",
            "process_threads", "process_start_time_seconds", "process_open_fds", "process_max_fds",
        ] {
            let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(name + " ") })
            let value = try #require(Double(line.split(separator: " ")[1]))
            #expect(value > 0)
        }
        let start = try #require(text.split(separator: "\n").first { $0.hasPrefix("process_start_time_seconds ") })
        let age = Date().timeIntervalSince1970 - (Double(start.split(separator: " ")[1]) ?? 0)
        #expect(age > -2 && age < 3600)
    }

    @Test func promtoolFindsNothingToSay() throws {
        let tool = try #require(
            ["/usr/bin/promtool", "/usr/local/bin/promtool"].first { FileManager.default.isExecutableFile(atPath: $0) },
            "deploy/install.sh test installs promtool")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: tool)
        process.arguments = ["check", "metrics"]
        let input = Pipe()
        let output = Pipe()
        process.standardInput = input
        process.standardError = output
        process.standardOutput = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(scrape(try Self.everything()).utf8))
        try input.fileHandleForWriting.close()
        let said = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0 && said.isEmpty, "\(String(decoding: said, as: UTF8.self))")
    }

    /// The reference parser of OpenMetrics is Python's client, which `deploy/install.sh test` installs.
    @Test func theReferenceParserReadsOpenMetrics() throws {
        let python = Corpus.checkout.appendingPathComponent(".build/python/bin/python3")
        try #require(FileManager.default.isExecutableFile(atPath: python.path), "run deploy/install.sh test")
        let process = Process()
        process.executableURL = python
        process.arguments = [
            "-c",
            "import sys; from prometheus_client.openmetrics.parser import text_string_to_metric_families as p; "
                + "print(sum(len(f.samples) for f in p(sys.stdin.read())))",
        ]
        let input = Pipe()
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = scrape(try Self.everything(), .openMetrics)
        try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
        try input.fileHandleForWriting.close()
        let said = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        let samples = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.count
        #expect(String(decoding: said, as: UTF8.self) == "\(samples)\n")
    }
}
