import Foundation
import TestSupport
import Testing

@Suite struct ManifestTests {
    private let manifests = Chart.deploy.appendingPathComponent("manifests").path

    private func rendered(_ folder: String) throws -> String { try Tool.run("kubectl", ["kustomize", folder]) }

    @Test func theyRenderAndFitTheSchemasOfKubernetes() throws {
        let text = try rendered(manifests)
        let outcome = try BuiltBinary.run(["schemas", "check", "-"], input: text)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let kinds = Set(try Chart.objects(text).map(\.kind))
        #expect(
            kinds.isSuperset(of: [
                "Namespace", "ServiceAccount", "Role", "ClusterRole", "ConfigMap", "Deployment", "Service",
                "PodDisruptionBudget", "NetworkPolicy", "Job", "CronJob",
            ]))
        #expect(try rendered(manifests + "/monitoring").contains("kind: PrometheusRule"))
        #expect(!text.contains("helm.sh") && !text.contains("candidate"))
    }

    @Test func theExampleRulesAdmitAllOfIt() throws {
        let outcome = try BuiltBinary.run(
            ["review", "-f", "-", "--rules", Chart.deploy.appendingPathComponent("rules").path, "--user", "operator"],
            input: rendered(manifests))
        #expect(!outcome.output.contains("denied:"), "\(outcome.output)")
    }

    @Test func theyAreWhatTheChartMakes() throws {
        let folder = try TemporaryDirectory()
        _ = try Tool.run(
            "env",
            [
                "PORTCULLIS=\(BuiltBinary.path?.path ?? "")", "python3",
                Chart.deploy.appendingPathComponent("generate/manifests.py").path, folder.path,
            ])
        for name in ["server.yaml", "rules.yaml", "access.yaml", "jobs.yaml", "monitoring/monitoring.yaml"] {
            let made = try String(contentsOfFile: "\(folder.path)/\(name)", encoding: .utf8)
            let kept = try String(contentsOfFile: "\(manifests)/\(name)", encoding: .utf8)
            #expect(made == kept, "make it again: deploy/generate/manifests.py deploy/manifests (\(name))")
        }
    }
}
