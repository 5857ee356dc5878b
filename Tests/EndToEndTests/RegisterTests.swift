import Foundation
import RecordingCluster
import TestSupport
import Testing

/// `register` and `deregister` against an API server that records what it is asked.
@Suite struct RegisterTests {
    private let folder: TemporaryDirectory
    private let cluster: RecordingCluster

    init() throws {
        folder = try TemporaryDirectory()
        cluster = try RecordingCluster()
        _ = try BuiltBinary.run(["certs", "dev", folder.path])
    }

    private static let checks = """
        apiVersion: portcullis.dev/v1
        kind: Hook
        metadata: {name: checks}
        spec:
          phase: validate
          budget: 1s
          match: {resourceRules: [{operations: [CREATE], apiGroups: [""], apiVersions: [v1], resources: [pods]}]}
          run: {http: {url: "https://checks.example/"}}

        """
    private static let changes = checks.replacing("phase: validate", with: "phase: mutate")
        .replacing("name: checks", with: "name: changes")

    private func rules(_ text: String) throws -> String {
        let path = "\(folder.path)/rules.yaml"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    private func register(
        _ rules: String, _ words: [String] = [], user: String = "admin", withToken: Bool = false
    ) throws -> BuiltBinary.Outcome {
        try BuiltBinary.run(
            [
                "register", "--rules", try self.rules(rules), "--service", "portcullis-system/portcullis", "--ca-file",
                "\(folder.path)/ca.crt", "--kubeconfig", try cluster.kubeconfig(user: user, withToken: withToken),
            ] + words)
    }

    private func deregister(_ words: String...) throws -> BuiltBinary.Outcome {
        try BuiltBinary.run(["deregister", "--kubeconfig", try cluster.kubeconfig()] + words)
    }

    private static let root = "/apis/admissionregistration.k8s.io/v1"
    private static let lists = ["mutating", "validating"].map {
        "GET \(root)/\($0)webhookconfigurations?labelSelector=portcullis.dev/registration=portcullis&limit=500"
    }

    @Test func printsWithoutACluster() throws {
        let outcome = try BuiltBinary.run([
            "register", "--rules", try rules(Self.checks), "--service", "a/b:8443", "--ca-file",
            "\(folder.path)/ca.crt", "-o", "json",
        ])
        #expect(outcome.status == 0 && outcome.errors == "", "\(outcome.errors)")
        #expect(outcome.output.contains(#""port": 8443"#) && outcome.output.contains(#""timeoutSeconds": 3"#))
        let bundle = try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/ca.crt")).base64EncodedString()
        #expect(outcome.output.contains(#""caBundle": "\#(bundle)""#))
        #expect(cluster.requests.isEmpty)
    }

    @Test func whatIsPrintedFitsTheSchemasOfKubernetes() throws {
        let everything = """
            apiVersion: portcullis.dev/v1
            kind: Hook
            metadata: {name: all}
            spec: {phase: validate, run: {http: {url: "https://all.example/"}}}

            """
        let printed = try register(Self.checks + "---\n" + Self.changes + "---\n" + everything)
        let outcome = try BuiltBinary.run(["schemas", "check", "-"], input: printed.output)
        #expect(outcome.status == 0 && printed.output.contains("exclude-leases"), "\(outcome.errors)")
        // Nor does the linter of configurations find anything in it.
        let path = "\(folder.path)/printed.yaml"
        try Data(printed.output.utf8).write(to: URL(fileURLWithPath: path))
        #expect(try BuiltBinary.run(["check", "--strict", path]).output == "no rules; 0 errors, 0 warnings\n")
    }

    @Test(arguments: [false, true]) func appliesOnceAndThenChangesNothing(withToken: Bool) throws {
        let first = try register(Self.checks + "---\n" + Self.changes, ["--apply"], withToken: withToken)
        #expect(
            first.output
                == "MutatingWebhookConfiguration portcullis: created\nValidatingWebhookConfiguration portcullis: created\n",
            "\(first.errors)")
        #expect(
            cluster.requests.map(\.line) == Self.lists + [
                "GET \(Self.root)/mutatingwebhookconfigurations/portcullis",
                "PATCH \(Self.root)/mutatingwebhookconfigurations/portcullis?fieldManager=portcullis",
                "GET \(Self.root)/validatingwebhookconfigurations/portcullis",
                "PATCH \(Self.root)/validatingwebhookconfigurations/portcullis?fieldManager=portcullis",
            ])
        let patch = try #require(cluster.requests.last)
        #expect(patch.fields["content-type"] == "application/apply-patch+yaml" && patch.user == "admin")
        #expect(patch.json["metadata"]["labels"]["portcullis.dev/registration"] == "portcullis")
        #expect(patch.json["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "portcullis")
        let webhook = patch.json["webhooks"].elements[0]
        #expect(webhook["clientConfig"]["service"]["path"] == "/validate" && webhook["failurePolicy"] == "Fail")
        #expect(webhook["rules"].elements[0]["resources"].elements == ["pods"])
        cluster.forgetRequests()
        let second = try register(Self.checks + "---\n" + Self.changes, ["--apply", "-o", "json"])
        #expect(
            second.output
                == #"[{"kind":"MutatingWebhookConfiguration","name":"portcullis","result":"unchanged"},"#
                + #"{"kind":"ValidatingWebhookConfiguration","name":"portcullis","result":"unchanged"}]"# + "\n")
        #expect(cluster.requests.map(\.method) == ["GET", "GET", "PATCH", "PATCH"])
    }

    @Test func whatIsAppliedIsWhatIsPrinted() throws {
        let printed = try register(Self.checks, ["-o", "json"])
        #expect(try register(Self.checks, ["--apply"]).status == 0)
        let kept = try #require(cluster.object("validatingwebhookconfigurations", "portcullis"))
        let item = try #require(Value(printed.output)?["items"].elements.first)
        // Everything that the API server would add is said, so that it changes nothing.
        #expect(kept["webhooks"] == item["webhooks"])
    }

    @Test func takesAwayWhatTheRulesNoLongerNeed() throws {
        #expect(try register(Self.checks + "---\n" + Self.changes, ["--apply"]).status == 0)
        let less = try register(Self.checks, ["--apply"])
        #expect(
            less.output
                == "ValidatingWebhookConfiguration portcullis: unchanged\nMutatingWebhookConfiguration portcullis: deleted\n"
        )
        #expect(cluster.object("mutatingwebhookconfigurations", "portcullis") == nil)
        let uid = cluster.requests.last?.json["preconditions"]["uid"].text
        #expect(cluster.requests.last?.method == "DELETE" && uid?.isEmpty == false)
        let more = try register(Self.checks.replacing("[CREATE]", with: "[CREATE, UPDATE]"), ["--apply"])
        #expect(more.output == "ValidatingWebhookConfiguration portcullis: configured\n")
    }

    @Test func aDryRunChangesNothing() throws {
        let outcome = try register(Self.checks, ["--dry-run"])
        #expect(outcome.output == "ValidatingWebhookConfiguration portcullis: created (dry run)\n")
        #expect(cluster.requests.last?.query["dryRun"] == "All")
        #expect(cluster.object("validatingwebhookconfigurations", "portcullis") == nil)
    }

    @Test func leavesSomebodyElsesConfigurationAlone() throws {
        let theirs =
            #"{"apiVersion":"admissionregistration.k8s.io/v1","kind":"ValidatingWebhookConfiguration","#
            + #""metadata":{"name":"portcullis"},"webhooks":[]}"#
        cluster.put(theirs)
        let refused = try register(Self.checks, ["--apply"])
        #expect(refused.status == 2 && refused.errors.contains("somebody else has made it"), "\(refused.errors)")
        #expect(!cluster.requests.contains { $0.method == "PATCH" })
        let forced = try register(Self.checks, ["--apply", "--force"])
        #expect(forced.output == "ValidatingWebhookConfiguration portcullis: configured\n", "\(forced.errors)")
        #expect(cluster.requests.last?.query["force"] == "true")
    }

    @Test func saysWhichRightIsMissing() throws {
        let kind = "validatingwebhookconfigurations"
        for resource in [kind, "mutatingwebhookconfigurations"] {
            cluster.grant("job", verbs: ["list", "get"], group: "admissionregistration.k8s.io", resource)
        }
        let refused = try register(Self.checks, ["--apply"], user: "job")
        #expect(refused.status == 2)
        #expect(refused.errors.contains("\"job\" may not patch ValidatingWebhookConfiguration portcullis"))
        #expect(refused.errors.contains("resources: [validatingwebhookconfigurations]"), "\(refused.errors)")
    }

    @Test func refusesToApplyALockout() throws {
        let nodes = Self.checks.replacing("[pods]", with: "[nodes]")
        let refused = try register(nodes, ["--apply"])
        #expect(refused.status == 1 && cluster.requests.isEmpty)
        #expect(
            refused.errors.contains("rules.yaml:7:27: warning: lock-out: ")
                && refused.errors.contains("nothing is applied"))
        #expect(try register(nodes, ["--apply", "--allow-lockout"]).status == 0)
        // Printing is no harm.
        #expect(try register(nodes).status == 0)
    }

    @Test func namespacesCanBeTakenInAndLeftOut() throws {
        let outcome = try register(
            Self.checks, ["--include-namespace", "kube-system", "--exclude-namespace", "team-a", "team-b"])
        #expect(
            outcome.output.contains("- kube-node-lease\n      - portcullis-system\n      - team-a\n      - team-b\n"))
        #expect(outcome.errors.contains("lock-out: when no server answers, this stops kube-system"))
    }

    @Test func readsTheAuthoritiesFromASecret() throws {
        let bundle = try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/ca.crt")).base64EncodedString()
        let words = [
            "register", "--rules", try rules(Self.checks), "--url", "https://portcullis.example:8443/", "--ca-secret",
            "portcullis-system/portcullis-tls", "--kubeconfig", try cluster.kubeconfig(),
        ]
        let absent = try BuiltBinary.run(words)
        #expect(absent.status == 2 && absent.errors.contains("portcullis-tls"), "\(absent.errors)")
        func secret(_ data: String) -> String {
            #"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"portcullis-tls","namespace":"portcullis-system"},"#
                + #""data":{\#(data)}}"#
        }
        cluster.put(secret(""))
        #expect(try BuiltBinary.run(words).errors.contains("has no ca.crt: portcullis certs ensure"))
        cluster.put(secret(#""ca.crt":"eA==""#))
        #expect(try BuiltBinary.run(words).errors.contains("the bundle has no certificate in PEM"))
        cluster.put(secret(#""ca.crt":"\#(bundle)""#))
        let printed = try BuiltBinary.run(words)
        #expect(printed.output.contains("url: https://portcullis.example:8443/validate\n"), "\(printed.errors)")
        #expect(printed.output.contains(bundle))
    }

    @Test func deregistersWhatIsItsOwn() throws {
        #expect(try deregister("--apply").output == "nothing is registered as portcullis\n")
        #expect(try register(Self.checks, ["--apply"]).status == 0)
        #expect(try register(Self.checks, ["--apply", "--name", "other"]).status == 0)
        let shown = try deregister()
        #expect(
            shown.output == "ValidatingWebhookConfiguration portcullis: would be deleted; --apply deletes it\n")
        #expect(try deregister("--dry-run").output.contains("deleted (dry run)"))
        #expect(cluster.object("validatingwebhookconfigurations", "portcullis") != nil)
        cluster.forgetRequests()
        #expect(try deregister("--apply").output == "ValidatingWebhookConfiguration portcullis: deleted\n")
        #expect(
            cluster.requests.map(\.line) == [
                Self.lists[0], Self.lists[1], "DELETE \(Self.root)/validatingwebhookconfigurations/portcullis",
            ])
        #expect(cluster.object("validatingwebhookconfigurations", "portcullis") == nil)
        #expect(cluster.object("validatingwebhookconfigurations", "other") != nil)
    }

    @Test(arguments: [
        (["--service", "a/b"], "give --ca-file or --ca-secret"), (["--url", "http://h/"], "'https' is the only"),
        (["--service", "a"], "--service must be NAMESPACE/NAME"), ([], "where does the server answer?"),
        (["--url", "https://h/", "--name", "A"], "--name: a lowercase RFC 1123 subdomain"),
        (["--url", "https://h/", "--exclude-namespace", "a.b"], "a namespace has no dots"),
    ]) func refusesWordsThatMakeNoSense(words: [String], problem: String) throws {
        let outcome = try BuiltBinary.run(["register", "--rules", try rules(Self.checks)] + words)
        #expect(outcome.status == 2 && outcome.errors.contains(problem), "\(outcome.errors)")
    }

    @Test func saysThatThereIsNothingToRegister() throws {
        let outcome = try register(Self.checks.replacing("phase:", with: "mode: \"off\"\n  phase:"), ["--apply"])
        #expect(outcome.status == 1 && outcome.errors.contains("there is nothing to register"), "\(outcome.errors)")
        let bad = try register(Self.checks.replacing("phase: validate", with: "phase: never"))
        #expect(bad.status == 1 && bad.errors.contains("rules.yaml:5:10: error: Unsupported value"), "\(bad.errors)")
    }
}
