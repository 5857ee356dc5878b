import Simulation
import Testing

/// A bounded run of what `simulate` does at length.
@Suite struct SimulationTests {
    @Test(arguments: 1...4 as ClosedRange<UInt64>) func whateverHooksDoTheLawsHold(seed: UInt64) throws {
        let report = try HookSimulation(seed: seed).run(reviews: 3_000)
        #expect(report.violationCount == 0, "\(report.text)")
        #expect(report.attempts > 1000 && report.unchecked > 0 && report.denials > 0, "\(report.text)")
    }

    @Test func theSameSeedDoesTheSame() throws {
        let reports = try (0..<2).map { _ in try HookSimulation(seed: 77).run(reviews: 1_000).text }
        #expect(reports[0] == reports[1])
    }
}
