import Foundation
import RecordingCluster
import TestSupport
import Testing

/// The jobs of a release's life: when they run, that they end, and that what they run works with the rights they have.
@Suite struct LifecycleTests {
    private static func jobs(_ values: String = "{}") throws -> [Chart.Object] {
        try Chart.objects(Chart.rendered(values)).filter { $0.kind == "Job" }
    }

    /// What Helm makes at an event, in its order.
    static let order = [
        ("pre-install", ["certificates", "check"]), ("post-install", ["register", "verify"]),
        ("pre-upgrade", ["backup", "certificates", "check", "replay"]),
        ("post-upgrade", ["register", "verify", "canary", "forget"]), ("pre-rollback", ["restore"]),
        ("post-rollback", ["register", "verify"]), ("pre-delete", ["deregister"]), ("post-delete", ["cleanup"]),
        ("test", ["test"]),
    ]

    @Test(arguments: order) func eventsRunTheirJobsInOrder(event: String, names: [String]) throws {
        let jobs = try Self.jobs().filter { $0.hooks.contains(event) }.sorted {
            ($0.weight, $0.name) < ($1.weight, $1.name)
        }
        #expect(jobs.map { $0.name.replacing("portcullis-", with: "") } == names)
        #expect(Set(try Self.jobs().flatMap(\.hooks)).isSubset(of: Set(Self.order.map(\.0))))
    }

    @Test func everyJobEndsAndLeavesNothing() throws {
        for job in try Self.jobs() {
            let spec = job["spec"]
            #expect((30...3600).contains(spec["activeDeadlineSeconds"].number ?? 0), "\(job.name)")
            #expect((0...10).contains(spec["backoffLimit"].number ?? -1))
            #expect(spec["template"]["spec"]["restartPolicy"].text == "Never")
            #expect(job.annotations["helm.sh/hook-delete-policy"].text == "before-hook-creation,hook-succeeded")
        }
    }

    /// What jobs need is made before them, and what they mount is there at their time.
    @Test func everythingThatAJobNeedsIsThereBefore() throws {
        let objects = try Chart.objects(Chart.rendered("{}"))
        for job in objects where job.kind == "Job" {
            let pod = job["spec"]["template"]["spec"]
            let mounted = pod["volumes"].list.map { $0["configMap"]["name"].text }.filter { !$0.isEmpty }
            let needed = mounted.map { ("ConfigMap", $0) } + [("ServiceAccount", pod["serviceAccountName"].text)]
            for event in job.hooks {
                for (kind, name) in needed {
                    let object = objects.first { $0.kind == kind && $0.name == name }
                    let isHook = object?.hooks.contains(event) == true && (object?.weight ?? 0) < job.weight
                    // Everything else is there between the end of the installation and the beginning of the end.
                    let isInstalled =
                        object?.hooks.isEmpty == true && !["pre-install", "post-delete"].contains(event)
                        && !(event == "pre-upgrade" && name.hasSuffix("candidate"))
                    #expect(isHook || isInstalled, "\(job.name) at \(event) needs \(kind) \(name)")
                }
            }
        }
    }

    /// Every word of every job is one that the program knows.
    @Test func theProgramTakesWhatJobsSay() throws {
        var helps: [String: String] = [:]
        let workloads = try Chart.objects(Chart.rendered("{}")).filter {
            ["Job", "CronJob", "Deployment"].contains($0.kind)
        }
        for container in workloads.flatMap(\.containers) {
            let words = container["args"].texts
            let command = try #require(words.first)
            let help = try helps[command] ?? BuiltBinary.run([command, "--help"]).output
            helps[command] = help
            for flag in words.filter({ $0.hasPrefix("--") }) {
                #expect(help.contains("\(flag) ") || help.contains("\(flag)\n"), "\(words)")
            }
        }
        #expect(helps.count >= 9)
    }
}

/// The jobs that talk to the API server, run with the rights that the chart gives them and no others.
@Suite struct LifecycleRightsTests {
    private let cluster: RecordingCluster
    private let folder: TemporaryDirectory
    private let objects: [Chart.Object]

    init() throws {
        cluster = try RecordingCluster()
        folder = try TemporaryDirectory()
        objects = try Chart.objects(Chart.rendered("{}"))
        for name in ["lifecycle", "certificates"] {
            for role in objects where ["Role", "ClusterRole"].contains(role.kind) && role.name == "portcullis-\(name)" {
                for rule in role["rules"].list {
                    grant(name, rule, in: role.kind == "Role" ? "portcullis-system" : nil)
                }
            }
        }
        try FileManager.default.createDirectory(atPath: folder.path + "/rules", withIntermediateDirectories: true)
        let rules = try #require(objects.first { $0.kind == "ConfigMap" && $0.name == "portcullis-rules" })
        for (name, text) in rules["data"].map {
            try (text as? String ?? "").write(toFile: "\(folder.path)/rules/\(name)", atomically: true, encoding: .utf8)
        }
        let data = try JSONSerialization.data(withJSONObject: rules.value)
        cluster.put(String(decoding: data, as: UTF8.self), manager: "helm")
    }

    private func grant(_ user: String, _ rule: Chart.Object, in namespace: String?) {
        for group in rule["apiGroups"].texts {
            for resource in rule["resources"].texts {
                cluster.grant(
                    user, verbs: rule["verbs"].texts, group: group, resource, names: rule["resourceNames"].texts,
                    in: namespace)
            }
        }
    }

    private func run(_ job: String, as user: String = "lifecycle", _ more: [String] = []) throws -> BuiltBinary.Outcome
    {
        let found = try #require(objects.first { $0.kind == "Job" && $0.name == "portcullis-\(job)" })
        let words = found["spec"]["template"]["spec"]["containers"].list[0]["args"].texts.map {
            $0.replacing("/etc/portcullis", with: folder.path)
        }
        return try BuiltBinary.run(words + more + ["--kubeconfig", cluster.kubeconfig(user: user, withToken: true)])
    }

    @Test func aReleaseComesAndGoesWithTheRightsOfItsJobs() throws {
        func succeeds(_ job: String, _ text: String) throws {
            let outcome = try run(job)
            #expect(outcome.status == 0 && outcome.output.contains(text), "\(job): \(outcome.output)\(outcome.errors)")
        }
        try succeeds("certificates", "created Secret portcullis-system/portcullis-tls")
        #expect(cluster.object("secrets", "portcullis-admin", in: "portcullis-system") != nil)
        try succeeds("register", "ValidatingWebhookConfiguration portcullis")
        // Once more, as after an upgrade.
        try succeeds("certificates", "unchanged")
        try succeeds("backup", "wrote ConfigMap portcullis-system/portcullis-backup")
        try succeeds("register", "unchanged")
        try succeeds("deregister", "ValidatingWebhookConfiguration portcullis")
        try succeeds("restore", "ValidatingWebhookConfiguration portcullis")
        #expect(cluster.object("validatingwebhookconfigurations", "portcullis") != nil)
        try succeeds("forget", "ConfigMap portcullis-system/portcullis-backup")
        try succeeds("restore", "missing ConfigMap")
        try succeeds("deregister", "deleted")
        try succeeds("cleanup", "Secret portcullis-system/portcullis-tls: deleted")
        for name in ["portcullis-tls", "portcullis-admin"] {
            #expect(cluster.object("secrets", name, in: "portcullis-system") == nil)
        }
        #expect(cluster.object("validatingwebhookconfigurations", "portcullis") == nil)
        #expect(cluster.object("configmaps", "portcullis-rules", in: "portcullis-system") != nil)
    }

    /// After an installation, and with `helm test`: the registration, the certificate, the endpoints, an allowed and a denied case.
    @Test func anInstallationIsVerifiedWithTheRightsOfItsJobs() throws {
        #expect(try run("certificates").status == 0)
        let secret = cluster.object("secrets", "portcullis-tls", in: "portcullis-system")
        for name in ["tls.crt", "tls.key"] {
            let bytes = try #require(secret?["data"][name].text.flatMap { Data(base64Encoded: $0) })
            try bytes.write(to: URL(fileURLWithPath: "\(folder.path)/\(name)"))
        }
        let cases = try #require(objects.first { $0.kind == "ConfigMap" && $0.name == "portcullis-cases" })
        try FileManager.default.createDirectory(atPath: folder.path + "/cases", withIntermediateDirectories: true)
        for (name, text) in cases["data"].map {
            try (text as? String ?? "").write(toFile: "\(folder.path)/cases/\(name)", atomically: true, encoding: .utf8)
        }
        let server = try RunningServer([
            "--rules", folder.path + "/rules", "--certificate", folder.path + "/tls.crt", "--key",
            folder.path + "/tls.key",
        ])
        for job in ["verify", "test"] {
            let unregistered = try run(job, as: "lifecycle", ["--connect", "127.0.0.1:\(server.port)", "--wait", "0s"])
            #expect(unregistered.status == 1, "\(unregistered)")
        }
        #expect(try run("register").status == 0)
        for job in ["verify", "test"] {
            let good = try run(job, as: "lifecycle", ["--connect", "127.0.0.1:\(server.port)", "--wait", "0s"])
            #expect(good.status == 0, "\(good)")
            #expect(good.output.contains("portcullis-case-denied") && good.output.contains("portcullis-case-allowed"))
        }
    }

    @Test func theDailyJobMayDoWhatItDoesAndNoMore() throws {
        #expect(try run("certificates", as: "certificates").status == 0)
        #expect(try run("register", as: "certificates").status == 0)
        let backup = try run("backup", as: "certificates")
        #expect(backup.status == 2 && backup.errors.contains("certificates"), "\(backup.errors)")
    }

    @Test func whatSomebodyElseMadeIsNotTakenAway() throws {
        cluster.put(
            #"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"portcullis-tls","namespace":"portcullis-system"},"data":{"tls.crt":"eA=="}}"#
        )
        #expect(try run("certificates").errors.contains("portcullis-tls"))
        let refused = try run("cleanup")
        #expect(refused.status == 2 && refused.errors.contains("was not made by portcullis"), "\(refused)")
        #expect(cluster.object("secrets", "portcullis-tls", in: "portcullis-system") != nil)
    }

    @Test func aTokenIsMadeOnceAndASecretWithoutOneIsSaid() throws {
        #expect(try run("certificates").output.contains("created Secret portcullis-system/portcullis-admin"))
        let first = cluster.object("secrets", "portcullis-admin", in: "portcullis-system")?["data"]["token"]
        #expect(try !run("certificates").output.contains("created"))
        #expect(cluster.object("secrets", "portcullis-admin", in: "portcullis-system")?["data"]["token"] == first)
        cluster.remove("secrets", "portcullis-admin", in: "portcullis-system")
        cluster.put(
            #"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"portcullis-admin","namespace":"portcullis-system"},"type":"Opaque"}"#
        )
        let refused = try run("certificates")
        #expect(refused.status == 2 && refused.errors.contains("has no token"), "\(refused.errors)")
    }

    /// The check before an upgrade: replicas are asked what they decided, with the rights and the token of the jobs.
    @Test func anUpgradeThatWouldChangeTooMuchIsStopped() throws {
        #expect(try run("certificates").status == 0)
        let token = try #require(
            cluster.object("secrets", "portcullis-admin", in: "portcullis-system")?["data"]["token"].text.flatMap {
                Data(base64Encoded: $0)
            })
        try token.write(to: URL(fileURLWithPath: folder.path + "/token"))
        let server = try RunningServer([
            "--rules", folder.path + "/rules", "--record", folder.path + "/recording", "--admin-token-file",
            folder.path + "/token",
        ])
        let port = try #require(server.admin.split(separator: ":").last.map(String.init))
        func replay(_ percent: String, as user: String = "lifecycle") throws -> BuiltBinary.Outcome {
            try BuiltBinary.run([
                "replay", "--service", "portcullis-system/portcullis", "--token-secret",
                "portcullis-system/portcullis-admin", "--admin-port", port, "--rules", folder.path + "/stricter.yaml",
                "--changed-max", percent, "--kubeconfig", try cluster.kubeconfig(user: user, withToken: true),
            ])
        }
        try Self.stricter.write(toFile: folder.path + "/stricter.yaml", atomically: true, encoding: .utf8)
        // A first installation has nobody to ask.
        #expect(try replay("0%").output == "0 decisions, 0 would change\n")
        cluster.put(
            #"{"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","addressType":"IPv4","#
                + #""metadata":{"name":"portcullis-1","namespace":"portcullis-system","#
                + #""labels":{"kubernetes.io/service-name":"portcullis"}},"#
                + #""endpoints":[{"addresses":["127.0.0.1"],"conditions":{"ready":true}}]}"#)
        for isPrivileged in [false, true] {
            _ = try server.curl("/validate", ServeTests.post(ServeTests.pod(isPrivileged: isPrivileged)))
        }
        var some = try replay("0%")
        for _ in 0..<200 where !some.output.contains("2 decisions") {
            usleep(20_000)
            some = try replay("0%")
        }
        #expect(some.status == 1 && some.output.contains("2 decisions, 2 would change"), "\(some)")
        #expect(try replay("99%").status == 1)
        #expect(try replay("100%").status == 0)
        let short = ["--admin-port", port, "--seconds", "1", "--every", "1"]
        let canary = try run("canary", as: "lifecycle", short)
        #expect(canary.status == 0, "\(canary)")
        #expect(try run("canary", as: "certificates", short).errors.contains("endpointslices"))
        let refused = try replay("50%", as: "certificates")
        #expect(refused.status == 2 && refused.errors.contains("endpointslices"), "\(refused)")
        cluster.put(
            #"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"portcullis-admin","namespace":"portcullis-system"},"data":{"token":"d3Jvbmd3cm9uZ3dyb25nd3Jvbmc="}}"#
        )
        let wrong = try replay("50%")
        #expect(wrong.status == 2 && wrong.errors.contains("127.0.0.1: changes need the admin token"), "\(wrong)")
    }

    /// Denies what the rules that are in force admit.
    private static let stricter = """
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicy
        metadata: {name: pod-security-baseline}
        spec:
          failurePolicy: Fail
          matchConstraints: {resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]}
          validations: [{expression: "false", message: never}]
        ---
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicyBinding
        metadata: {name: pod-security-baseline}
        spec: {policyName: pod-security-baseline, validationActions: [Deny]}

        """
}
