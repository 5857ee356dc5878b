import Foundation
import Testing

/// Recording rules and alerts.
@Suite struct RuleTests {
    @Test func promtoolFindsNothingToSay() throws {
        guard try Program.hasPrometheus("promtool on rules and configuration") else { return }
        let rules = try Program.run(["promtool", "check", "rules"] + MonitoringFiles.rules)
        #expect(rules.status == 0 && !rules.output.contains("FAILED"), "\(rules.output)")
        let file = MonitoringFiles.folder.appendingPathComponent("prometheus.yaml").path
        let configuration = try Program.run(["promtool", "check", "config", file])
        #expect(configuration.status == 0, "\(configuration.output)")
    }

    @Test(arguments: try MonitoringFiles.files(in: "tests", ending: "yaml"))
    func alertsFireWhenTheyShouldAndThenOnly(file: URL) throws {
        guard try Program.hasPrometheus("promtool test rules \(file.lastPathComponent)") else { return }
        let outcome = try Program.run(["promtool", "test", "rules", file.path])
        #expect(outcome.status == 0 && outcome.output.contains("SUCCESS"), "\(outcome.output)")
    }

    @Test func everyAlertSaysWhatItIsAndWhereToReadOn() throws {
        let alerts = try MonitoringFiles.alerts()
        let sections = try Runbook().sections.keys
        #expect(alerts.count >= 20 && Set(alerts.map(\.name)).count == alerts.count)
        for alert in alerts {
            #expect(["page", "ticket"].contains(alert.severity), "\(alert.name)")
            for annotation in ["summary", "description"] {
                #expect(alert.annotations[annotation]?.isEmpty == false, "\(alert.name): no \(annotation)")
            }
            #expect(alert.annotations["description"]?.hasSuffix(".") == true, "\(alert.name)")
            #expect(alert.annotations["runbook_url"] == "runbook.md#\(alert.name.lowercased())")
            #expect(sections.contains(alert.name), "\(alert.name) has no section in the runbook")
        }
    }

    @Test func everyAlertIsSeenFiringAndSilent() throws {
        var firing: Set<String> = []
        var silent: Set<String> = []
        for file in try MonitoringFiles.files(in: "tests", ending: "yaml") {
            let tests = try MonitoringFiles.yaml(file)["tests"] as? [[String: Any]] ?? []
            for check in tests.flatMap({ $0["alert_rule_test"] as? [[String: Any]] ?? [] }) {
                guard let name = check["alertname"] as? String, let wanted = check["exp_alerts"] as? [Any] else {
                    continue
                }
                if wanted.isEmpty { silent.insert(name) } else { firing.insert(name) }
            }
        }
        let names = Set(try MonitoringFiles.alerts().map(\.name))
        #expect(names.subtracting(firing).isEmpty && names.subtracting(silent).isEmpty)
        #expect(firing.union(silent).subtracting(names).isEmpty, "tests of alerts that are not there")
    }

    /// What alerts take from recording rules is recorded.
    @Test func everySeriesThatAlertsReadIsRecorded() throws {
        let recorded = Set(
            try MonitoringFiles.rules(of: MonitoringFiles.rules[0]).compactMap { $0["record"] as? String })
        let expressions = try MonitoringFiles.rules.flatMap { try MonitoringFiles.rules(of: $0) }
            .compactMap { $0["expr"] as? String }
        let used = Set(expressions.flatMap { $0.matches(of: #/\b(?:hook|job):[\w:]+/#).map { String($0.output) } })
        #expect(recorded.count >= 25 && used.subtracting(recorded).isEmpty)
    }
}
