import Foundation
import TestSupport

/// The chart as it is rendered, and what it is made of.
enum Chart {
    static let deploy = Corpus.checkout.appendingPathComponent("deploy")
    static let folder = deploy.appendingPathComponent("chart")

    /// Values that people may well give, by what they are called here.
    static let values = [
        "default": "{}",
        "minimal": """
        replicas: 1
        rules: {examples: [], existingConfigMap: mine}
        registration: {enabled: false}
        recording: {enabled: false}
        networkPolicy: {enabled: false}
        priorityClassName: ""
        lifecycle: {enabled: false}
        """,
        "full": """
        replicas: 3
        image:
          repository: registry.example/portcullis
          digest: sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
          pullSecrets: [{name: pull}]
        rules:
          examples: [images.yaml, pod-security-baseline.yaml]
          files:
            mine.yaml: |
              # Nothing yet.
        config: {logLevel: debug, hookCalls: {allowedTargets: [10.96.0.0/12]}}
        registration: {excludeNamespaces: [a, b]}
        certificates: {secret: tls, days: 30, renewBefore: 10}
        service: {type: NodePort, port: 8443}
        state:
          volume:
            ephemeral:
              volumeClaimTemplate:
                spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
        nodeSelector: {kubernetes.io/os: linux}
        tolerations: [{key: dedicated, operator: Exists}]
        podAnnotations: {a: "1"}
        podLabels: {b: "2"}
        disruptionBudget: {maxUnavailable: 50%}
        autoscaling: {enabled: true}
        networkPolicy:
          monitoringNamespaces: [monitoring, prometheus]
          egress: [{to: [{ipBlock: {cidr: 10.96.0.0/12}}], ports: [{port: 443, protocol: TCP}]}]
        monitoring:
          serviceMonitor: {enabled: true, labels: {release: prometheus}}
          prometheusRule: {enabled: true}
          dashboards: {enabled: true}
          runbook: https://runbooks.example/
        """,
    ]

    /// What the chart makes of values, as YAML.
    static func rendered(_ values: String, _ words: String...) throws -> String {
        let folder = try TemporaryDirectory()
        try values.write(toFile: "\(folder.path)/values.yaml", atomically: true, encoding: .utf8)
        let script = deploy.appendingPathComponent("render.sh").path
        return try Tool.run(
            "env",
            [
                "PORTCULLIS=\(BuiltBinary.path?.path ?? "")", script, "-n", "portcullis-system", "-f",
                "\(folder.path)/values.yaml",
            ]
                + words)
    }

    /// The objects among documents, as JSON has them.
    static func objects(_ text: String) throws -> [Object] {
        let converted = try BuiltBinary.run(["convert", "-", "--from", "yaml", "--compact"], input: text)
        guard converted.status == 0 else { throw Unreadable(description: converted.errors) }
        return try converted.output.split(separator: "\n").map { line in
            Object(try JSONSerialization.jsonObject(with: Data(line.utf8)))
        }
    }

    struct Unreadable: Error, CustomStringConvertible { let description: String }

    /// A part of a document.
    struct Object {
        let value: Any

        init(_ value: Any) { self.value = value }

        subscript(_ name: String) -> Object { Object((value as? [String: Any])?[name] ?? NSNull()) }
        var list: [Object] { (value as? [Any] ?? []).map(Object.init) }
        var map: [String: Any] { value as? [String: Any] ?? [:] }
        var text: String { value as? String ?? "" }
        var texts: [String] { value as? [String] ?? [] }
        var number: Int? { value as? Int }
        var isThere: Bool { !(value is NSNull) }

        var kind: String { self["kind"].text }
        var name: String { self["metadata"]["name"].text }
        var annotations: Object { self["metadata"]["annotations"] }
        /// When Helm makes it; empty: with everything else.
        var hooks: [String] { annotations["helm.sh/hook"].text.split(separator: ",").map(String.init) }
        var weight: Int { Int(annotations["helm.sh/hook-weight"].text) ?? 0 }

        /// Its pods' containers, those that run first among them.
        var containers: [Object] {
            let template =
                kind == "CronJob" ? self["spec"]["jobTemplate"]["spec"]["template"] : self["spec"]["template"]
            return template["spec"]["initContainers"].list + template["spec"]["containers"].list
        }
    }
}
