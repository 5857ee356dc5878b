import Foundation
import RecordingCluster
import Testing

/// `verify` asks servers that run.
@Suite struct VerifyTests {
    private let folder: URL
    private let rules: String
    private let server: RunningServer

    init() throws {
        folder = try ServeRulesTests.folder()
        rules = folder.appendingPathComponent("rules.yaml").path
        try ServeRulesTests.write(Self.text, URL(fileURLWithPath: rules))
        server = try RunningServer(["--rules", rules])
    }

    private static let pods = #"{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}"#
    private static let text = """
        apiVersion: portcullis.dev/v1
        kind: Hook
        metadata: {name: no-latest}
        spec:
          phase: validate
          match: {resourceRules: [\(pods)]}
          run:
            cel:
              validations:
              - {expression: "object.spec.containers.all(c, !c.image.endsWith(':latest'))", message: "latest is no tag"}
              - {expression: "object.metadata.labels['team'] != ''", message: "whose is it?"}
        ---
        apiVersion: portcullis.dev/v1
        kind: Hook
        metadata: {name: team, labels: {portcullis.dev/group: defaults}}
        spec:
          phase: mutate
          failurePolicy: Ignore
          match:
            resourceRules: [\(pods)]
            matchConditions: [{name: none, expression: "!has(object.metadata.labels)"}]
          run:
            cel:
              mutations:
              - {patchType: JSONPatch, jsonPatch: {expression: "[JSONPatch{op: 'add', path: '/metadata/labels', value: {'team': 'a'}}]"}}

        """

    private var connection: [String] {
        [
            "verify", "--service", "portcullis-system/portcullis", "--connect", "127.0.0.1:\(server.port)", "--ca-file",
            server.path("ca.crt"), "--timeout", "20s",
        ]
    }

    private func verify(_ words: String...) throws -> BuiltBinary.Outcome { try BuiltBinary.run(connection + words) }

    @Test func asksEveryEndpointOfTheRules() throws {
        let outcome = try verify("--rules", rules)
        let lines = outcome.output.split(separator: "\n").map { String($0) }
        #expect(outcome.status == 0 && lines.count == 4, "\(outcome.output)\(outcome.errors)")
        #expect(lines[1].hasPrefix("pass  certificate") && lines[1].contains("good until 20"))
        #expect(lines[2].contains("endpoint /mutate/defaults (mutate-ignore.defaults.portcullis.portcullis.dev)"))
        #expect(lines[3].contains("endpoint /validate (") && lines[3].contains("answered in "), "\(lines[3])")
        let plain = try BuiltBinary.run([
            "verify", "--url", "https://localhost:\(server.port)", "--ca-file", server.path("ca.crt"), "-o", "json",
        ])
        #expect(plain.status == 0 && plain.output.hasPrefix(#"{"good":true,"checks":[{"name":"certificate""#))
        #expect(plain.output.contains("endpoint /mutate (every rule)") && plain.output.contains("endpoint /validate"))
    }

    @Test func seesThatACertificateIsNoGood() throws {
        let other = try RunningServer()
        let strange = try BuiltBinary.run(
            connection.map { $0 == server.path("ca.crt") ? other.path("ca.crt") : $0 })
        #expect(strange.status == 1 && strange.output.contains("no authority vouches for it"), "\(strange.output)")
        #expect(
            strange.output.contains("endpoint /validate") && strange.output.contains("the certificate is not accepted"))
        let misnamed = try verify("--server-name", "somebody.else")
        #expect(
            misnamed.status == 1 && misnamed.output.lowercased().contains("hostname mismatch"), "\(misnamed.output)")
    }

    @Test func anEndpointWithoutHooksFails() throws {
        let more = folder.appendingPathComponent("more.yaml")
        try ServeRulesTests.write(Self.text.replacing("defaults", with: "unknown"), more)
        let outcome = try verify("--rules", more.path)
        #expect(outcome.status == 1)
        #expect(
            outcome.output.contains("status 404: no hook is labelled portcullis.dev/group=unknown"), "\(outcome.output)"
        )
    }

    @Test func hooksOfNoGroupAreAskedAloneWhereOthersHaveOne() throws {
        let hook = """
            apiVersion: portcullis.dev/v1
            kind: Hook
            metadata: {name: NAME}
            spec:
              phase: validate
              match: {resourceRules: [\(Self.pods)]}
              run: {cel: {validations: [{expression: "false", message: "never, says NAME"}]}}

            """
        let both = folder.appendingPathComponent("both.yaml")
        let grouped = hook.replacing("{name: NAME}", with: "{name: NAME, labels: {portcullis.dev/group: strict}}")
        try ServeRulesTests.write(
            hook.replacing("NAME", with: "plain") + "---\n" + grouped.replacing("NAME", with: "strict"), both)
        let other = try RunningServer(["--rules", both.path])
        let outcome = try BuiltBinary.run([
            "verify", "--url", "https://localhost:\(other.port)", "--ca-file", other.path("ca.crt"), "--rules",
            both.path,
        ])
        let lines = outcome.output.split(separator: "\n")
        #expect(outcome.status == 0 && lines.count == 4, "\(outcome.output)\(outcome.errors)")
        #expect(lines[2].contains("/ungrouped/validate") && lines[2].hasSuffix("never, says plain"))
        #expect(lines[3].contains("/validate/strict") && lines[3].hasSuffix("never, says strict"))
    }

    @Test func nobodyThereFailsAfterTheWait() throws {
        let outcome = try BuiltBinary.run([
            "verify", "--url", "https://127.0.0.1:1", "--ca-file", server.path("ca.crt"), "--wait", "100ms",
        ])
        #expect(outcome.status == 1 && outcome.output.contains("fail  certificate"), "\(outcome.output)")
    }

    // MARK: cases

    private func cases(_ text: String) throws -> String {
        let path = folder.appendingPathComponent("cases.yaml")
        try ServeRulesTests.write(text, path)
        return path.path
    }

    private static func pod(_ name: String, _ image: String, _ annotations: String, _ labels: String = "") -> String {
        """
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: \(name), annotations: {\(annotations)}\(labels)}
        spec: {containers: [{name: c, image: "\(image)"}]}

        """
    }

    private static let expect = "portcullis.dev/expect"

    @Test func holdsAnswersToWhatIsExpected() throws {
        let good = try cases(
            Self.pod("one", "a:1", "\(Self.expect): allowed", ", labels: {team: b}")
                + Self.pod("two", "a:1", "\(Self.expect): changed")
                + Self.pod("three", "a:latest", "\(Self.expect): denied, portcullis.dev/expect-message: is no tag")
                // The second of two violations.
                + Self.pod(
                    "four", "a:latest", "\(Self.expect): denied, portcullis.dev/expect-message: whose is it",
                    ", labels: {team: ''}"))
        let fine = try verify("--rules", rules, "--cases", good)
        #expect(fine.status == 0 && fine.output.contains("case Pod two (\(good))  "), "\(fine.output)\(fine.errors)")
        let bad = try cases(
            Self.pod("one", "a:1", "\(Self.expect): changed", ", labels: {team: b}")
                + Self.pod("two", "a:1", "\(Self.expect): denied")
                + Self.pod("three", "a:latest", "\(Self.expect): allowed")
                + Self.pod("four", "a:latest", "\(Self.expect): denied, portcullis.dev/expect-message: something else"))
        let wrong = try verify("--rules", rules, "--cases", bad)
        #expect(wrong.status == 1 && wrong.output.split(separator: "\n").count { $0.hasPrefix("fail") } == 4)
        #expect(wrong.output.contains("allowed; expected changed") && wrong.output.contains("changed; expected denied"))
    }

    @Test func takesWholeReviews() throws {
        let review = ServeTests.pod().replacing(
            "\"apiVersion\": \"admission.k8s.io/v1\",",
            with:
                "\"apiVersion\": \"admission.k8s.io/v1\", \"metadata\": {\"annotations\": {\"\(Self.expect)\": \"denied\"}},"
        )
        let outcome = try verify("--rules", rules, "--cases", try cases(review))
        #expect(
            outcome.status == 0 && outcome.output.contains("no such key: team"), "\(outcome.output)\(outcome.errors)")
    }

    @Test func refusesCasesThatExpectNothing() throws {
        let silent = try verify("--cases", try cases(Self.pod("one", "a:1", "a: b")))
        #expect(silent.status == 2 && silent.errors.contains("Pod one has no annotation portcullis.dev/expect"))
        let strange = try verify("--cases", try cases(Self.pod("one", "a:1", "\(Self.expect): maybe")))
        #expect(strange.status == 2 && strange.errors.contains("not 'maybe'"), "\(strange.errors)")
    }

    // MARK: the registration

    @Test func tellsWhatIsRegisteredOtherwise() throws {
        let cluster = try RecordingCluster()
        let access = ["--kubeconfig", try cluster.kubeconfig()]
        let registered = ["--rules", rules, "--registration", "portcullis"]
        let absent = try BuiltBinary.run(connection + registered + access)
        #expect(absent.status == 1 && absent.output.contains("ValidatingWebhookConfiguration portcullis"))
        #expect(absent.output.contains("is not there"), "\(absent.output)\(absent.errors)")
        let applied = try BuiltBinary.run(
            [
                "register", "--apply", "--rules", rules, "--service", "portcullis-system/portcullis", "--ca-file",
                server.path("ca.crt"),
            ] + access)
        #expect(applied.status == 0, "\(applied.errors)")
        let same = try BuiltBinary.run(connection + registered + access)
        #expect(same.status == 0 && same.output.contains("is as register would apply it"), "\(same.output)")
        // The address of the Service stands for it.
        let byURL = try BuiltBinary.run(
            [
                "verify", "--url", "https://portcullis.portcullis-system.svc:443", "--connect",
                "127.0.0.1:\(server.port)",
                "--ca-file", server.path("ca.crt"),
            ] + registered + access)
        #expect(byURL.status == 0, "\(byURL.output)\(byURL.errors)")
        // Without rules the endpoints and the authorities are those of the registration.
        let unruled = try BuiltBinary.run(
            [
                "verify", "--service", "portcullis-system/portcullis", "--connect", "127.0.0.1:\(server.port)",
                "--registration", "portcullis",
            ] + access)
        #expect(unruled.status == 0 && unruled.output.contains("endpoint /mutate/defaults"), "\(unruled.output)")
        let more = folder.appendingPathComponent("more.yaml")
        try ServeRulesTests.write(Self.text.replacing("[CREATE]", with: "[CREATE, UPDATE]"), more)
        let drifted = try BuiltBinary.run(
            connection + ["--rules", more.path, "--registration", "portcullis"] + access)
        #expect(drifted.status == 1)
        #expect(
            drifted.output.contains(#".rules is [{"#) && drifted.output.contains("should be [{"), "\(drifted.output)")
    }
}
