import TestSupport
import Testing

@testable import Canary

@Suite struct MetricsTextTests {
    private static func read(_ text: String) throws(MetricsTextError) -> MetricsText {
        try MetricsText(parsing: Array(text.utf8))
    }

    @Test func readsWhatScrapersRead() throws {
        let text = try Self.read(
            """
            # HELP a_total What a is.
            # TYPE a_total counter
            a_total{x="1",y="a \\"b\\" \\\\ \\n c"} 3 1700000000000
            a_total { x = "2" , } 4e0
            # a remark

            b NaN
            c +Inf
            """ + "\n")
        #expect(text.types == ["a_total": "counter"])
        #expect(text.samples("a_total").map(\.labels) == [["x": "1", "y": "a \"b\" \\ \n c"], ["x": "2"]])
        #expect(text.sum("a_total") == 7 && text.sum("a_total", where: ["x": "2"]) == 4 && text.sum("d") == nil)
        #expect(text.samples("b").first?.value.isNaN == true && text.sum("c") == .infinity)
    }

    @Test(arguments: [
        ("a 1", "does not end"), ("a\n", "no value"), ("a x\n", "no number"), ("a 0x10\n", "no number"),
        ("a 1 2 3\n", "only a timestamp"), ("a 1 soon\n", "only a timestamp"), ("1a 1\n", "expected a name"),
        ("a{x=1} 1\n", "in quotes"), ("a{x=\"1} 1\n", "does not end"), ("a{x=\"\\t\"} 1\n", "unknown escape"),
        ("a{x=\"1\",x=\"2\"} 1\n", "there twice"), ("a{x:y=\"1\"} 1\n", "expected ="),
        ("a{x=\"1\" y=\"2\"} 1\n", "expected ,"),
        ("a 1\na 2\n", "the series a is there twice"), ("a 1\nb 1\na{x=\"1\"} 2\n", "do not stand together"),
        ("# TYPE a thing\na 1\n", "is no type"), ("# TYPE a gauge\n# TYPE a gauge\na 1\n", "told twice"),
        ("a 1\n# TYPE a gauge\n", "behind its samples"),
    ]) func refusesWhatCouldBeReadOtherwise(text: String, problem: String) {
        let error = #expect(throws: MetricsTextError.self) { try Self.read(text) }
        #expect(error?.message.contains(problem) == true, "\(error?.message ?? "")")
    }

    @Test(arguments: 1...20) func garbageIsRefusedOrReadButNeverMore(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let sound = Array(
            "# TYPE a_total counter\na_total{x=\"1\",y=\"\\\\ \\n\"} 3 17\n# HELP h x\nh_bucket{le=\"+Inf\"} 2\n".utf8)
        for _ in 0..<500 {
            var bytes = sound
            for _ in 0...random.below(4) where !bytes.isEmpty {
                let place = random.below(bytes.count)
                switch random.below(3) {
                case 0: bytes.remove(at: place)
                case 1: bytes[place] = UInt8(truncatingIfNeeded: random.next())
                default: bytes.insert(random.pick(sound), at: place)
                }
            }
            guard let text = try? MetricsText(parsing: bytes) else { continue }
            _ = LatencyBuckets("h", text)?.quantile(0.99)
            _ = try? ReplicaReading(text)
        }
    }

    @Test func tellsTheLine() {
        #expect(throws: MetricsTextError(line: 3, message: "'x' is no number")) { try Self.read("a 1\nb 2\nc x\n") }
        #expect(throws: MetricsTextError.self) { try MetricsText(parsing: [0x61, 0x20, 0xFF, 0x0A]) }
    }

    @Test func theLinesOfAHistogramAreOneFamily() throws {
        let text = try Self.read(
            "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 3\nh_count 2\ng 1\n")
        #expect(text.samples("h_bucket").count == 2)
        #expect(throws: MetricsTextError.self) { try Self.read("# TYPE h histogram\nh_count 2\ng 1\nh_sum 3\n") }
    }
}
