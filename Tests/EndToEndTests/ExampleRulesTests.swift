import Foundation
import TestSupport
import Testing

/// The rules in `deploy/rules` beside the Pod Security Standards: each admits an object that keeps to it, and denies, warns
/// of or changes one that does not.
@Suite struct ExampleRulesTests {
    /// A change of an object that is fine, and what is said then.
    struct Deviation: CustomStringConvertible {
        let rules: String
        let object: String
        let old: String
        let new: String
        let said: String

        init(_ rules: String, _ object: String, _ old: String, _ new: String, _ said: String) {
            (self.rules, self.object, self.old, self.new, self.said) = (rules, object, old, new, said)
        }

        var description: String { "\(rules): \(new.isEmpty ? "no \(old)" : new)" }
    }

    private static let job = """
        apiVersion: batch/v1
        kind: Job
        metadata:
          name: migrate
          annotations:
            helm.sh/hook: pre-install, post-upgrade
            helm.sh/hook-weight: "-5"
            helm.sh/hook-delete-policy: hook-succeeded
        spec:
          activeDeadlineSeconds: 300
          backoffLimit: 1
          template:
            spec:
              restartPolicy: Never
              containers:
              - name: c
                image: registry.example.com/migrate:1
                resources: {limits: {cpu: 500m, memory: 64Mi}}
        """

    private static let pod = """
        apiVersion: v1
        kind: Pod
        metadata: {name: web, namespace: shop}
        spec:
          automountServiceAccountToken: false
          initContainers:
          - name: i
            image: registry.k8s.io/pause@sha256:0123
            resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {memory: 64Mi}}
          containers:
          - name: c
            image: registry.example.com:443/web:1.2
            resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {memory: 64Mi}}
        """

    private static let deployment = """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: web
          namespace: shop
          labels: {app.kubernetes.io/name: web, app.kubernetes.io/part-of: shop}
          annotations: {a: b}
        spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: []}}}
        """

    static let deviations: [Deviation] = [
        Deviation(
            "helm-hooks.yaml", job, "post-upgrade", "post-upgrad", "names no hook of Helm: pre-install, post-upgrad"),
        Deviation("helm-hooks.yaml", job, "\"-5\"", "\"first\"", "helm.sh/hook-weight must be a whole number"),
        Deviation(
            "helm-hooks.yaml", job, "hook-succeeded", "never", "helm.sh/hook-delete-policy is not known to Helm: never"),
        Deviation("helm-hooks.yaml", job, "hook-succeeded", "\"\"", "a hook must be removed"),
        Deviation("helm-hooks.yaml", job, "activeDeadlineSeconds: 300", "parallelism: 1", "a hook must end"),
        Deviation("helm-hooks.yaml", job, "backoffLimit: 1", "backoffLimit: 4", "a hook must fail in time"),
        Deviation("helm-hooks.yaml", job, "  backoffLimit: 1\n", "", "a hook must fail in time"),
        Deviation("helm-hooks.yaml", job, "cpu: 500m, ", "", "a hook's containers must have limits"),
        Deviation("images.yaml", pod, "registry.example.com:443", "elsewhere.example", "not elsewhere.example/web:1.2"),
        Deviation(
            "images.yaml", pod, "registry.k8s.io/pause", "registry.k8s.io.evil.example/pause", "images must come from"),
        Deviation("images.yaml", pod, "web:1.2", "web:latest", "images must have a tag other than latest"),
        Deviation("images.yaml", pod, "web:1.2", "web", "images must have a tag other than latest"),
        Deviation(
            "labels-and-resources.yaml", pod, "cpu: 10m, memory: 16Mi}, limits", "cpu: 10m}, limits",
            "containers must request cpu and memory"),
        Deviation(
            "labels-and-resources.yaml", pod, "limits: {memory: 64Mi}}\n  containers", "limits: {}}\n  containers",
            "containers must request cpu and memory, and limit memory"),
        Deviation("labels-and-resources.yaml", pod, "64Mi", "17Gi", "more than 16Gi of memory"),
        Deviation(
            "labels-and-resources.yaml", deployment, ", app.kubernetes.io/part-of: shop", "",
            "warning: Validation failed for ValidatingAdmissionPolicy 'workload-labels' with binding "
                + "'workload-labels': the labels app.kubernetes.io/part-of are missing"),
        Deviation(
            "mutations.yaml", pod, "automountServiceAccountToken: false", "hostNetwork: false",
            "+ /spec/automountServiceAccountToken: false"),
    ]

    /// What is printed about an object, whose registries' port the images' rule must know.
    private static func review(_ rules: String, _ object: String) throws -> BuiltBinary.Outcome {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("portcullis-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let text = try String(
            contentsOf: Corpus.checkout.appendingPathComponent("deploy/rules/\(rules)"), encoding: .utf8
        ).replacingOccurrences(of: "registry.example.com\"}", with: "registry.example.com:443, registry.example.com\"}")
        let (file, ruleFile) = (folder.appendingPathComponent("o.yaml"), folder.appendingPathComponent("rules.yaml"))
        try Data(object.utf8).write(to: file)
        try Data(text.utf8).write(to: ruleFile)
        return try BuiltBinary.run(["review", "-f", file.path, "--rules", ruleFile.path, "--user", "ana"])
    }

    @Test(arguments: [
        ("helm-hooks.yaml", job), ("images.yaml", pod), ("labels-and-resources.yaml", pod),
        ("labels-and-resources.yaml", deployment),
    ])
    func admitsWhatKeepsToTheRules(_ rules: String, _ object: String) throws {
        let seen = try Self.review(rules, object)
        #expect(
            seen.output.hasPrefix("allowed: CREATE ") && seen.output.split(separator: "\n").count == 1, "\(seen.output)"
        )
        #expect(seen.status == 0 && seen.errors.isEmpty)
    }

    @Test(arguments: deviations) func tellsWhatDoesNot(_ deviation: Deviation) throws {
        let object = deviation.object.replacingOccurrences(of: deviation.old, with: deviation.new)
        #expect(object != deviation.object)
        let seen = try Self.review(deviation.rules, object)
        #expect(seen.output.contains(deviation.said), "\(seen.output)")
        let isSaidOnly = deviation.said.hasPrefix("warning") || deviation.said.hasPrefix("+")
        #expect(seen.output.hasPrefix(isSaidOnly ? "allowed" : "denied"), "\(seen.output)")
        #expect(seen.errors.isEmpty)
    }

    /// Jobs that are no hooks are not asked about, and whoever wrote a token keeps it.
    @Test func leavesAloneWhatTheRulesAreNotAbout() throws {
        let plain = Self.job.replacingOccurrences(of: "helm.sh/hook", with: "example.com/hook")
            .replacingOccurrences(of: "backoffLimit: 1", with: "backoffLimit: 9")
        #expect(try Self.review("helm-hooks.yaml", plain).output.hasPrefix("allowed"))
        let asks = Self.pod.replacingOccurrences(of: "Token: false", with: "Token: true")
        #expect(try Self.review("mutations.yaml", asks).output == "allowed: CREATE pods shop/web\n")
        let system = Self.pod.replacingOccurrences(of: "shop", with: "kube-system")
            .replacingOccurrences(of: "web:1.2", with: "web:latest")
        #expect(try Self.review("images.yaml", system).output.hasPrefix("allowed"))
    }

    @Test func notesWhoMadeAWorkload() throws {
        let noted = try Self.review("mutations.yaml", Self.deployment).output
        #expect(noted.contains("+ /metadata/annotations/portcullis.dev~1created-by: \"ana\"\n"), "\(noted)")
        let bare = Self.deployment.replacingOccurrences(of: "  annotations: {a: b}\n", with: "")
        let made = try Self.review("mutations.yaml", bare).output
        #expect(made.contains("+ /metadata/annotations: {\"portcullis.dev/created-by\":\"ana\"}\n"), "\(made)")
    }
}
