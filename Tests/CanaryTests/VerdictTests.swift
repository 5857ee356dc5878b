import JSON
import Testing

@testable import Canary

@Suite struct VerdictTests {
    /// What a server tells that has answered so many reviews.
    struct Server {
        var reviews = 100
        var shed = 0
        var failures = 0
        var timeouts = 0
        var failOpen = 0
        var slow = 0
        var invalid = 0
        var revision = "r1"
        var started = 1000

        var text: String {
            """
            portcullis_admission_requests_total{path="/validate",operation="CREATE",outcome="allowed"} \(reviews)
            portcullis_admission_requests_total{path="/validate",operation="CREATE",outcome="denied"} 10
            portcullis_admission_rejected_total{reason="shed"} \(shed)
            portcullis_admission_rejected_total{reason="invalid"} 7
            portcullis_hook_invocations_total{hook="a",phase="validate",outcome="pass"} \(reviews - failures)
            portcullis_hook_invocations_total{hook="a",phase="validate",outcome="failure"} \(failures)
            portcullis_hook_timeouts_total{hook="a"} \(timeouts)
            portcullis_fail_open_total{hook="a",reason="timeout"} \(failOpen)
            # TYPE portcullis_admission_duration_seconds histogram
            portcullis_admission_duration_seconds_bucket{le="0.1"} \(reviews - slow)
            portcullis_admission_duration_seconds_bucket{le="1"} \(reviews)
            portcullis_admission_duration_seconds_bucket{le="+Inf"} \(reviews)
            portcullis_admission_duration_seconds_sum 1
            portcullis_admission_duration_seconds_count \(reviews)
            portcullis_rules_invalid \(invalid)
            portcullis_rules_revision_info{hash="old"} 0
            portcullis_rules_revision_info{hash="\(revision)"} 1
            process_start_time_seconds \(started)

            """
        }

        func changed(_ change: (inout Server) -> Void) -> Server {
            var server = self
            change(&server)
            return server
        }
    }

    private static func watch(_ looks: [Server], _ name: String = "a") throws -> ReplicaWatch {
        var watch = ReplicaWatch(name)
        for look in looks {
            let text = try MetricsText(parsing: Array(look.text.utf8))
            watch.take(try ReplicaReading(text))
        }
        return watch
    }

    private static func failed(_ verdict: CanaryVerdict) -> [String] {
        verdict.checks.filter { $0.outcome == .fail }.map(\.name)
    }

    private static let before = Server()
    private static let after = Server(reviews: 300)

    @Test func passesWhatIsGood() throws {
        let verdict = CanaryVerdict(try [Self.watch([Self.before, Self.after])], CanaryLimits())
        #expect(Self.failed(verdict) == [] && verdict.figures.reviews == 200 && verdict.figures.calls == 200)
        #expect(verdict.figures.p99 == 0.099 && verdict.figures.deniedRatio == 0)
    }

    @Test(arguments: [
        ("shed", 3, ["success ratio of reviews"]), ("failures", 3, ["success ratio of hooks"]),
        ("timeouts", 1, ["timeouts"]),
        ("failOpen", 1, ["fail-open"]), ("slow", 30, ["p99"]), ("invalid", 1, ["rules invalid"]),
        ("started", 2, ["replicas"]),
    ]) func failsWhatIsNot(what: String, amount: Int, failed: [String]) throws {
        let after = Self.after.changed { server in
            switch what {
            case "shed": server.shed = amount
            case "failures": server.failures = amount
            case "timeouts": server.timeouts = amount
            case "failOpen": server.failOpen = amount
            case "slow": server.slow = amount
            case "invalid": server.invalid = amount
            default: server.started += amount
            }
        }
        #expect(Self.failed(CanaryVerdict(try [Self.watch([Self.before, after])], CanaryLimits())) == failed)
    }

    @Test func addsReplicasUpAndHoldsThemToOneRevision() throws {
        let good = try Self.watch([Self.before, Self.after])
        let other = try Self.watch([Self.before, Self.after.changed { $0.revision = "r2" }], "b")
        let verdict = CanaryVerdict([good, other], CanaryLimits())
        #expect(verdict.figures.reviews == 400 && Self.failed(verdict) == ["revision of the rules"])
    }

    @Test func aReplicaThatCannotBeReadFails() throws {
        var watch = try Self.watch([Self.before, Self.after])
        watch.fail("connection refused")
        #expect(Self.failed(CanaryVerdict([watch], CanaryLimits())) == ["replicas"])
        let unread = CanaryVerdict([try Self.watch([Self.before, Self.after]), ReplicaWatch("b")], CanaryLimits())
        #expect(unread.checks.first?.found == "b: was never read" && unread.isBad)
        #expect(CanaryVerdict([], CanaryLimits()).isBad)
    }

    @Test func fewRequestsAreSaid() throws {
        let watch = try Self.watch([Self.before, Server(reviews: 105)])
        var limits = CanaryLimits()
        let verdict = CanaryVerdict([watch], limits)
        #expect(!verdict.isBad && verdict.checks.first { $0.name == "reviews" }?.outcome == .warn)
        limits.allowsFew = false
        #expect(Self.failed(CanaryVerdict([watch], limits)) == ["reviews"])
    }

    @Test func whatBeganAnewIsCountedFromNothing() throws {
        let watch = try Self.watch([Self.after, Server(reviews: 20, started: 2000), Server(reviews: 30, started: 2000)])
        #expect(watch.counts[.reviews] == 40 && watch.hasRestarted && watch.durations.total == 30)
    }

    @Test func tellsWhatIsWorseThanBefore() throws {
        let baseline = CanaryVerdict(try [Self.watch([Self.before, Self.after])], CanaryLimits()).figures
        var limits = CanaryLimits()
        (limits.successRatio, limits.timeouts, limits.p99) = (0.9, 10, 10)
        let worse = try Self.watch([
            Self.before, Self.after.changed { ($0.failures, $0.timeouts, $0.slow) = (2, 2, 20) },
        ])
        let verdict = CanaryVerdict([worse], limits, baseline: baseline)
        #expect(
            Self.failed(verdict) == [
                "failures of hooks, against before", "timeouts, against before", "p99, against before",
            ])
        let same = try Self.watch([Self.before, Self.after])
        #expect(!CanaryVerdict([same], limits, baseline: baseline).isBad)
    }

    @Test func figuresAreReadAsTheyAreWritten() throws {
        let figures = CanaryVerdict(try [Self.watch([Self.before, Self.after])], CanaryLimits()).figures
        var builder = JSONBuilder()
        figures.write(to: &builder)
        let document = try builder.finish()
        #expect(document.withRoot { CanaryFigures($0) } == figures)
        #expect(try JSONDocument(parsing: "{\"reviews\":1}").withRoot { CanaryFigures($0) } == nil)
    }

    @Test func refusesTheMetricsOfSomebodyElse() throws {
        let text = try MetricsText(parsing: Array("up 1\n".utf8))
        #expect(throws: ReadingProblem.self) { try ReplicaReading(text) }
    }
}
