import Foundation
import RecordingCluster
import Testing

@Suite struct BackupTests {
    private let cluster: RecordingCluster

    init() throws {
        cluster = try RecordingCluster()
        cluster.put(Self.registration("Validating", "portcullis"))
        cluster.put(Self.registration("Mutating", "portcullis"))
        cluster.put(Self.registration("Validating", "elsewhere", labels: "{}"))
        cluster.put(Self.rules("first"))
    }

    private static func registration(
        _ kind: String, _ name: String, labels: String = #"{"portcullis.dev/registration":"portcullis"}"#,
        path: String = "/validate"
    ) -> String {
        """
        {"apiVersion":"admissionregistration.k8s.io/v1","kind":"\(kind)WebhookConfiguration",
         "metadata":{"name":"\(name)","labels":\(labels),"ownerReferences":[{"uid":"gone","name":"x","kind":"X","apiVersion":"v1"}]},
         "webhooks":[{"name":"all.portcullis.dev","sideEffects":"None","admissionReviewVersions":["v1"],
          "clientConfig":{"service":{"namespace":"portcullis-system","name":"portcullis","path":"\(path)"},"caBundle":"b2xk"},
          "rules":[{"apiGroups":[""],"apiVersions":["v1"],"operations":["CREATE"],"resources":["pods"]}]}]}
        """
    }

    private static func rules(_ text: String) -> String {
        #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"portcullis-rules","namespace":"portcullis-system"},"data":{"a.yaml":"\#(text)"}}"#
    }

    private func run(_ command: String, user: String = "admin", _ words: String...) throws -> BuiltBinary.Outcome {
        try BuiltBinary.run([command, "--name", "kept", "--kubeconfig", try cluster.kubeconfig(user: user)] + words)
    }

    private func path(_ kind: String) -> Value? {
        cluster.object("\(kind)webhookconfigurations", "portcullis")?["webhooks"].elements.first?["clientConfig"]
    }

    /// The rules and the registrations are other than those of the backup.
    private func change() {
        cluster.put(Self.rules("second"), manager: "helm")
        cluster.put(Self.registration("Validating", "portcullis", path: "/other"), manager: "portcullis")
        cluster.remove("mutatingwebhookconfigurations", "portcullis")
        cluster.put(Self.registration("Validating", "newer"))
    }

    @Test func whatIsOursIsKept() throws {
        let kept = try run("backup")
        #expect(
            kept.status == 0
                && kept.output == """
                    kept ConfigMap portcullis-system/portcullis-rules
                    kept ValidatingWebhookConfiguration portcullis
                    kept MutatingWebhookConfiguration portcullis
                    wrote ConfigMap portcullis-system/kept

                    """,
            "\(kept.errors)")
        let root = "/apis/admissionregistration.k8s.io/v1"
        #expect(
            cluster.requests.map(\.line) == [
                "GET /api/v1/namespaces/portcullis-system/configmaps/portcullis-rules",
                "GET \(root)/validatingwebhookconfigurations?labelSelector=portcullis.dev/registration&limit=500",
                "GET \(root)/mutatingwebhookconfigurations?labelSelector=portcullis.dev/registration&limit=500",
                "GET /api/v1/namespaces/portcullis-system/configmaps/kept",
                "PATCH /api/v1/namespaces/portcullis-system/configmaps/kept?fieldManager=portcullis&force=true",
            ])
        let backup = try #require(cluster.object("configmaps", "kept", in: "portcullis-system"))
        #expect(backup["metadata"]["labels"]["app.kubernetes.io/name"] == "portcullis")
        let list = try #require(backup["data"]["objects.json"].text.flatMap { Value($0) })
        #expect(list["kind"] == "List" && list["items"].elements.count == 3)
        for item in list["items"].elements {
            for name in [
                "uid", "resourceVersion", "managedFields", "creationTimestamp", "ownerReferences", "generation",
            ] {
                #expect(item["metadata"][name] == .null)
            }
        }
        // Once more is no change.
        #expect(try run("backup").status == 0)
        let again = cluster.object("configmaps", "kept", in: "portcullis-system")
        #expect(again?["metadata"]["resourceVersion"] == backup["metadata"]["resourceVersion"])
    }

    @Test func whatWasKeptIsRestored() throws {
        #expect(try run("backup").status == 0)
        #expect(try run("restore").output.split(separator: "\n").allSatisfy { $0.hasPrefix("unchanged ") })
        change()
        let restored = try run("restore")
        #expect(
            restored.status == 0
                && restored.output == """
                    restored ConfigMap portcullis-system/portcullis-rules
                    restored ValidatingWebhookConfiguration portcullis
                    restored MutatingWebhookConfiguration portcullis
                    left, though it was not kept, ValidatingWebhookConfiguration newer

                    """,
            "\(restored.errors)")
        #expect(path("validating")?["service"]["path"] == "/validate" && path("mutating")?["caBundle"] == "b2xk")
        let rules = cluster.object("configmaps", "portcullis-rules", in: "portcullis-system")
        #expect(rules?["data"] == ["a.yaml": "first"])
        cluster.forgetRequests()
        let again = try run("restore", "--prune", "--delete")
        #expect(
            again.output.hasSuffix(
                "deleted ValidatingWebhookConfiguration newer\ndeleted ConfigMap portcullis-system/kept\n"))
        let changes = cluster.requests.filter { $0.method != "GET" }
        #expect(
            changes.map(\.method) == ["DELETE", "DELETE"]
                && changes.allSatisfy { $0.json["preconditions"]["uid"] != .null })
        #expect(cluster.object("validatingwebhookconfigurations", "elsewhere") != nil)
        #expect(try run("restore").errors.contains("there is no backup ConfigMap portcullis-system/kept"))
        #expect(try run("restore").status == 2)
        #expect(try run("restore", "--if-present").output == "missing ConfigMap portcullis-system/kept\n")
    }

    @Test func aDryRunChangesNothing() throws {
        #expect(try run("backup", "--dry-run").output.hasSuffix("wrote ConfigMap portcullis-system/kept (dry run)\n"))
        #expect(cluster.object("configmaps", "kept", in: "portcullis-system") == nil)
        #expect(try run("backup").status == 0)
        change()
        cluster.forgetRequests()
        let seen = try run("restore", "--dry-run", "--prune", "--delete", "-o", "json")
        #expect(
            seen.output.contains(
                #"{"dryRun":true,"objects":[{"result":"restored","kind":"ConfigMap","namespace":"portcullis-system","#))
        #expect(cluster.requests.filter { $0.method != "GET" }.allSatisfy { $0.query["dryRun"] == "All" })
        #expect(cluster.object("configmaps", "kept", in: "portcullis-system") != nil)
        #expect(path("validating")?["service"]["path"] == "/other" && path("mutating") == nil)
        #expect(cluster.object("validatingwebhookconfigurations", "newer") != nil)
    }

    /// The authority may have been replaced between the backup and its use.
    @Test func theAuthoritiesOfNowAreTrusted() throws {
        #expect(try run("backup").status == 0)
        let name = "portcullis-system/portcullis-tls"
        let made = try BuiltBinary.run([
            "certs", "ensure", "--secret", name, "--san", "a", "--kubeconfig", cluster.kubeconfig(),
        ])
        #expect(made.status == 0)
        #expect(try run("restore", "--ca-secret", name).status == 0)
        let bundle = cluster.object("secrets", "portcullis-tls", in: "portcullis-system")?["data"]["ca.crt"]
        #expect(
            bundle?.text?.isEmpty == false && path("validating")?["caBundle"] == bundle
                && path("mutating")?["caBundle"] == bundle)
        #expect(path("validating")?["service"]["path"] == "/validate")
        let file = "\(cluster.folder.path)/ca.pem"
        try Data("nonsense".utf8).write(to: URL(fileURLWithPath: file))
        #expect(
            try run("restore", "--ca-file", file).errors
                == "portcullis restore: --ca-file \(file): no PEM certificate found\n")
    }

    @Test func whatDoesNotFitIsNotWritten() throws {
        cluster.put(Self.rules(String(repeating: "a", count: 1_048_000)))
        let refused = try run("backup")
        #expect(
            refused.status == 2
                && refused.errors.contains("and a ConfigMap holds 1048576: nothing was written; leave the rules out"))
        #expect(cluster.requests.allSatisfy { $0.method == "GET" })
        #expect(try run("backup", "--registrations-only").status == 0)
    }

    @Test func aForeignConfigMapIsNeitherWrittenNorRead() throws {
        cluster.put(
            #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"kept","namespace":"portcullis-system"},"data":{"a":"b"}}"#
        )
        #expect(
            try run("backup").errors.contains(
                "ConfigMap portcullis-system/kept exists and is no backup: give another --name"))
        #expect(try run("restore").errors.contains("is no backup: it has no objects.json"))
        #expect(cluster.requests.allSatisfy { $0.method == "GET" })
    }

    @Test(arguments: [
        ("{", "objects.json is damaged: "), ("{}", "objects.json is damaged: it holds no list of objects"),
        (#"{"items":[{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a"}}]}"#, "a backup holds no v1 Secret"),
        (#"{"items":[1]}"#, "a backup holds no"),
    ])
    func aDamagedBackupChangesNothing(text: String, sentence: String) throws {
        let escaped = Value.string(text).json
        cluster.put(
            #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"kept","namespace":"portcullis-system"},"data":{"objects.json":\#(escaped)}}"#
        )
        let refused = try run("restore", "--prune", "--delete")
        #expect(refused.status == 2 && refused.errors.contains(sentence), "\(refused.errors)")
        #expect(cluster.requests.allSatisfy { $0.method == "GET" })
    }

    @Test func aBackupIsRemovedOnce() throws {
        #expect(try run("backup").status == 0)
        #expect(try run("backup", "--remove").output == "deleted ConfigMap portcullis-system/kept\n")
        #expect(try run("backup", "--remove").output == "missing ConfigMap portcullis-system/kept\n")
        cluster.put(
            #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"kept","namespace":"portcullis-system"},"data":{"a":"b"}}"#
        )
        #expect(try run("backup", "--remove").status == 2)
        #expect(cluster.object("configmaps", "kept", in: "portcullis-system") != nil)
    }

    @Test func oneRegistrationOfSeveralIsMeant() throws {
        cluster.put(Self.registration("Validating", "other", labels: #"{"portcullis.dev/registration":"other"}"#))
        #expect(try run("backup").output.contains("kept ValidatingWebhookConfiguration other\n"))
        let one = try run("restore", "--registration", "other", "--registrations-only", "--prune")
        #expect(one.output == "unchanged ValidatingWebhookConfiguration other\n", "\(one.errors)")
        #expect(try !run("backup", "--registration", "portcullis").output.contains("other"))
    }

    @Test func noRulesAreNoHindrance() throws {
        cluster.remove("configmaps", "portcullis-rules", in: "portcullis-system")
        #expect(try run("backup").output.hasPrefix("kept ValidatingWebhookConfiguration portcullis\n"))
    }

    @Test func whatAnotherAddedIsSaid() throws {
        #expect(try run("backup").status == 0)
        cluster.put(Self.rules(#"first","b.yaml":"more"#), manager: "kubectl-edit")
        #expect(
            try run("restore").output.hasPrefix(
                "restored, except for what another manager has added, ConfigMap portcullis-system/portcullis-rules\n"))
    }

    @Test func aMissingRightIsNamed() throws {
        cluster.grant("keeper", verbs: ["get", "list"], group: "*", "*")
        let refused = try run("backup", user: "keeper")
        #expect(refused.status == 2)
        #expect(
            refused.errors.contains(
                "\"keeper\" may not patch ConfigMap portcullis-system/kept; add this rule to a Role"))
    }

    @Test(arguments: [
        (["--keep", "--delete"], "--keep and --delete contradict each other"),
        (["--ca-secret", "a/b", "--ca-file", "c"], "--ca-secret and --ca-file contradict each other"),
        (["--name", "a/b"], "--name must be a name in a cluster, not 'a/b'"),
        (["x"], "it takes no operands, but 'x' is one"),
        (["--rules-configmap", "kept"], "--name must not be that of the rules"),
    ])
    func whatMakesNoSenseIsWrongUse(words: [String], sentence: String) throws {
        let refused = try BuiltBinary.run(["restore", "--name", "kept", "--kubeconfig", "nowhere"] + words)
        #expect(refused.status == 2 && refused.errors.contains(sentence), "\(refused.errors)")
    }
}
