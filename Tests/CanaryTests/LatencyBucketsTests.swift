import Testing

@testable import Canary

@Suite struct LatencyBucketsTests {
    private static func buckets(_ counts: [(String, Double)]) throws -> LatencyBuckets {
        let lines = counts.map { "h_bucket{le=\"\($0.0)\"} \($0.1)\n" }.joined()
        let text = try MetricsText(parsing: Array((lines + "h_count \(counts.last?.1 ?? 0)\n").utf8))
        return try #require(LatencyBuckets("h", text))
    }

    /// The values are those of `histogram_quantile`.
    @Test(arguments: [(0.5, 0.15), (0.9, 0.5 + 0.5 * 10 / 15), (0.99, 1.0), (0.1, 0.05), (1.0, 1.0), (0.0, 0.0)])
    func interpolatesAsPrometheusDoes(share: Double, value: Double) throws {
        let buckets = try Self.buckets([("0.1", 20), ("0.2", 80), ("0.5", 80), ("1", 95), ("+Inf", 100)])
        let found = try #require(buckets.quantile(share))
        #expect(abs(found - value) < 1e-9, "\(found)")
    }

    @Test func takesObservationsToLieEvenly() throws {
        let buckets = try Self.buckets([("1", 10), ("2", 20), ("+Inf", 20)])
        #expect(buckets.quantile(0.25) == 0.5 && buckets.quantile(0.5) == 1 && buckets.quantile(0.75) == 1.5)
        // Beyond the last bound nothing is known but that it is beyond.
        #expect(try Self.buckets([("1", 0), ("+Inf", 5)]).quantile(0.5) == 1)
        #expect(try Self.buckets([("1", 0), ("+Inf", 0)]).quantile(0.5) == nil)
        #expect(LatencyBuckets().quantile(0.5) == nil)
    }

    @Test func seesWhatHappenedSince() throws {
        let before = try Self.buckets([("1", 5), ("+Inf", 6)])
        let now = try Self.buckets([("1", 7), ("+Inf", 10)])
        #expect(try now.since(before) == Self.buckets([("1", 2), ("+Inf", 4)]))
        // A histogram that has less than it had began anew.
        #expect(before.since(now) == before)
    }

    @Test func addsOnlyWhatHasTheSameBounds() throws {
        var sum = LatencyBuckets()
        let one = try Self.buckets([("1", 5), ("+Inf", 6)])
        #expect(sum.add(one) && sum.add(one))
        #expect(try sum == Self.buckets([("1", 10), ("+Inf", 12)]))
        let other = try Self.buckets([("2", 5), ("+Inf", 6)])
        #expect(sum.add(other) == false)
    }

    @Test(arguments: [
        "h_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 1\nh_count 1\n", "h_bucket{le=\"1\"} 2\nh_count 2\n",
        "h_bucket{le=\"+Inf\"} 1\nh_count 2\n", "h_bucket{le=\"x\"} 1\nh_count 1\n", "h_bucket 1\nh_count 1\n", "h 1\n",
    ]) func refusesWhatIsNoHistogram(text: String) throws {
        #expect(LatencyBuckets("h", try MetricsText(parsing: Array(text.utf8))) == nil)
    }
}
