import Foundation
import Testing

@Suite struct DashboardTests {
    @Test func theFilesAreWhatTheGeneratorWrites() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("dashboards-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let generator = MonitoringFiles.deploy.appendingPathComponent("generate/dashboards.py").path
        let outcome = try Program.run(["python3", generator, folder.path])
        #expect(outcome.status == 0, "\(outcome.output)")
        let kept = try MonitoringFiles.files(in: "dashboards", ending: "json")
        #expect(kept.map(\.lastPathComponent) == ["debug.json", "executive.json", "on-call.json"])
        for file in kept {
            let made = try Data(contentsOf: folder.appendingPathComponent(file.lastPathComponent))
            #expect(try Data(contentsOf: file) == made, "\(file.lastPathComponent): run deploy/generate/dashboards.py")
        }
    }

    @Test func everyPanelSaysWhatItShowsAndLeadsToTheRunbook() throws {
        let anchors = try Runbook().anchors
        var links = 0
        for dashboard in try MonitoringFiles.dashboards() {
            let ids = dashboard.panels.compactMap { $0["id"] as? Int }
            #expect(Set(ids).count == dashboard.panels.count, "\(dashboard.title): numbers of panels")
            for panel in dashboard.panels {
                let name = "\(dashboard.title): \(panel["title"] ?? "?")"
                #expect((panel["description"] as? String)?.hasSuffix(".") == true, "\(name) says nothing")
                let source = (panel["datasource"] as? [String: String])?["uid"]
                #expect(source == "${datasource}", "\(name) has a data source of its own")
                let defaults = (panel["fieldConfig"] as? [String: Any])?["defaults"] as? [String: Any]
                #expect(defaults?["unit"] is String && defaults?["thresholds"] != nil, "\(name) has no unit")
                for link in panel["links"] as? [[String: Any]] ?? [] {
                    let parts = (link["url"] as? String ?? "").split(separator: "#").map(String.init)
                    #expect(parts.count == 2 && parts[0] == "${runbook}" && anchors.contains(parts[1]), "\(name)")
                    links += 1
                }
            }
        }
        #expect(links >= 20)
    }

    @Test func everyDashboardCanBeNarrowedDown() throws {
        for dashboard in try MonitoringFiles.dashboards() {
            let list = (dashboard.json["templating"] as? [String: Any])?["list"] as? [[String: Any]] ?? []
            #expect(list.compactMap { $0["name"] as? String } == ["datasource", "job", "replica", "hook", "runbook"])
            #expect((dashboard.json["uid"] as? String)?.hasPrefix("portcullis-") == true)
        }
    }

    /// The same as `deploy/soak.sh dashboards`, for a few seconds: a real Prometheus, a server whose hooks fail in every way, and
    /// every query, rule and name of a metric.
    @Test func everyQueryHasDataAndEveryMetricIsExported() throws {
        guard try Program.hasPrometheus("queries of dashboards and rules") else { return }
        let outcome = try Program.run(
            ["timeout", "150", "python3", "deploy/soak.py", "--untimed", "--seconds", "4", "dashboards"],
            environment: ["PORTCULLIS_BINARY": try Program.portcullis()])
        #expect(
            outcome.status == 0 && outcome.output.components(separatedBy: "[holds]").count == 5, "\(outcome.output)")
    }
}
