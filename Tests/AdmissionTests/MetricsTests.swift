import Admission
import HTTP
import Telemetry
import Testing

@Suite struct MetricsTests {
    @Test func everyCellIsASeriesOfItsOwn() throws {
        let registry = MetricRegistry()
        let metrics = try #require(AdmissionMetrics(registering: registry))
        let shard = registry.makeShard()
        var count: UInt64 = 0
        for phase in [ReviewPhase.mutate, .validate] {
            for operation in ReviewOperation.allCases {
                for outcome in AdmissionMetrics.Outcome.allCases {
                    count += 1
                    shard.add(metrics.requests(phase, operation, outcome), count)
                }
            }
        }
        for reason in AdmissionMetrics.Rejection.allCases { shard.add(metrics.rejected(reason)) }
        for step in AdmissionMetrics.Step.allCases { shard.observe(metrics.step(step), 1) }
        var buffer = ByteBuffer()
        registry.scrape(.text, into: &buffer)
        let lines = Set(buffer.text.split(separator: "\n").map(String.init))
        for expected in [
            #"{path="/mutate",operation="CREATE",outcome="allowed"} 1"#,
            #"{path="/mutate",operation="CONNECT",outcome="denied"} 12"#,
            #"{path="/validate",operation="CREATE",outcome="allowed"} 13"#,
            #"{path="/validate",operation="DELETE",outcome="patched"} 20"#,
        ] { #expect(lines.contains("portcullis_admission_requests_total" + expected)) }
        #expect(lines.contains(#"portcullis_admission_rejected_total{reason="too_large"} 1"#))
        #expect(lines.contains(#"portcullis_admission_phase_duration_seconds_count{phase="tls"} 1"#))
    }

    @Test func aRegistryWithoutRoomIsRefused() {
        #expect(AdmissionMetrics(registering: MetricRegistry(slotsMax: 50)) == nil)
    }
}
