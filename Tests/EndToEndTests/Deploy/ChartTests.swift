import Foundation
import TestSupport
import Testing

@Suite struct ChartTests {
    static let names = Chart.values.keys.sorted()

    /// Kinds of the Prometheus operator, which are no part of Kubernetes.
    private static let foreign: Set<String> = ["ServiceMonitor", "PrometheusRule"]

    private func objects(_ name: String) throws -> [Chart.Object] {
        try Chart.objects(Chart.rendered(Chart.values[name] ?? ""))
    }

    @Test(arguments: names) func everythingFitsTheSchemasOfKubernetes(name: String) throws {
        let text = try Chart.rendered(Chart.values[name] ?? "")
        let outcome = try BuiltBinary.run(["schemas", "check", "-"], input: text)
        let complaints = outcome.errors.split(separator: "\n").filter { line in
            !Self.foreign.contains { line.contains("unknown kind \($0) of monitoring.coreos.com/v1") }
        }
        #expect(complaints.isEmpty)
        let objects = try Chart.objects(text)
        #expect(objects.count >= (name == "minimal" ? 5 : 20) && objects.allSatisfy { !$0.name.isEmpty })
        #expect(Set(objects.map { "\($0.kind) \($0.name)" }).count == objects.count)
    }

    @Test(arguments: names) func theExampleRulesAdmitAllOfIt(name: String) throws {
        let rules = Chart.deploy.appendingPathComponent("rules").path
        let outcome = try BuiltBinary.run(
            ["review", "-f", "-", "--rules", rules, "--user", "operator"],
            input: Chart.rendered(Chart.values[name] ?? ""))
        #expect(!outcome.output.contains("denied:"), "\(outcome.output)")
        #expect(outcome.output.contains("allowed: CREATE deployments"))
    }

    @Test(arguments: names) func podsHaveNoRightsThatTheyDoNotNeed(name: String) throws {
        let workloads = try objects(name).filter { ["Deployment", "Job", "CronJob"].contains($0.kind) }
        #expect(!workloads.isEmpty)
        for container in workloads.flatMap(\.containers) {
            let security = container["securityContext"]
            #expect(security["readOnlyRootFilesystem"].value as? Bool == true)
            #expect(security["allowPrivilegeEscalation"].value as? Bool == false)
            #expect(security["runAsNonRoot"].value as? Bool == true)
            #expect(security["capabilities"]["drop"].texts == ["ALL"])
            #expect(
                container["resources"]["limits"]["memory"].isThere && container["resources"]["requests"]["cpu"].isThere)
        }
        let server = try #require(workloads.first { $0.kind == "Deployment" })["spec"]["template"]["spec"]
        #expect(server["automountServiceAccountToken"].value as? Bool == false)
        #expect(
            server["volumes"].list.contains {
                $0["secret"]["items"].list.map { $0["key"].text } == ["tls.crt", "tls.key"]
            })
    }

    @Test func theServerTakesTheConfigurationItIsGiven() throws {
        for name in Self.names {
            let maps = try objects(name).filter { $0.kind == "ConfigMap" && $0["data"]["server.yaml"].isThere }
            #expect(!maps.isEmpty)
            for map in maps {
                let outcome = try BuiltBinary.run(["check", "-"], input: map["data"]["server.yaml"].text)
                #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
            }
        }
    }

    @Test func aRolloutFollowsTheServersDocumentAndNothingElse() throws {
        func sum(_ values: String) throws -> String {
            let deployment = try Chart.objects(Chart.rendered(values)).first { $0.kind == "Deployment" }
            return deployment?["spec"]["template"]["metadata"]["annotations"]["portcullis.dev/configuration"].text ?? ""
        }
        let first = try sum("{}")
        #expect(first.count == 64)
        #expect(try sum("rules: {examples: [images.yaml]}") == first)
        #expect(try sum("config: {logLevel: debug}") != first)
    }

    /// Helm's own lint: a template that asks for a value that nobody declares prints nothing, silently.
    @Test func everyValueThatTemplatesAskForIsDeclared() throws {
        let values = try Chart.objects(
            String(contentsOf: Chart.folder.appendingPathComponent("values.yaml"), encoding: .utf8))[0]
        let schema = Chart.Object(
            try JSONSerialization.jsonObject(
                with: Data(contentsOf: Chart.folder.appendingPathComponent("values.schema.json"))))
        let templates = try FileManager.default.contentsOfDirectory(
            at: Chart.folder.appendingPathComponent("templates"), includingPropertiesForKeys: nil)
        var asked: Set<String> = []
        for template in templates {
            let text = try String(contentsOf: template, encoding: .utf8)
            for match in text.matches(of: #/\.Values((?:\.[a-zA-Z0-9]+)+)/#) { asked.insert(String(match.output.1)) }
        }
        #expect(asked.count > 40)
        for path in asked {
            let names = path.split(separator: ".").map(String.init)
            #expect(names.reduce(values) { $0[$1] }.isThere, ".Values\(path)")
            #expect(names.reduce(schema) { $0["properties"].isThere ? $0["properties"][$1] : $0 }.isThere, "\(path)")
        }
        compare(values, schema, "")
    }

    /// Every value is in the schema, and the other way round.
    private func compare(_ values: Chart.Object, _ schema: Chart.Object, _ path: String) {
        guard schema["properties"].isThere else { return }
        #expect(schema["additionalProperties"].value as? Bool == false, "\(path)")
        let declared = Set(schema["properties"].map.keys).subtracting(["global"])
        #expect(declared == Set(values.map.keys), "\(path)")
        for name in values.map.keys { compare(values[name], schema["properties"][name], "\(path).\(name)") }
    }

    @Test func alertsAndDashboardsLeadToTheRunbookThatTheValuesName() throws {
        let objects = try objects("full")
        let rules = try #require(objects.first { $0.kind == "PrometheusRule" })["spec"]["groups"].list
        let links = rules.flatMap { $0["rules"].list }.filter { $0["alert"].isThere }
            .map { $0["annotations"]["runbook_url"].text }
        #expect(links.count >= 20 && links.allSatisfy { $0.hasPrefix("https://runbooks.example/runbook.md#") })
        let dashboards = objects.filter { $0.name.contains("-dashboard-") }.flatMap { $0["data"].map.values }
        #expect(dashboards.count == 3)
        for dashboard in dashboards.compactMap({ $0 as? String }) {
            #expect(dashboard.contains(#""https://runbooks.example/runbook.md""#))
            #expect(!dashboard.contains(#""runbook.md""#))
        }
    }

    @Test func aFileThatIsNotThereIsSaid() throws {
        let text = try Chart.rendered("rules: {examples: [nowhere.yaml]}")
        #expect(text.contains("there is no file nowhere.yaml in the chart's folder rules") && !text.contains("kind:"))
    }
}
