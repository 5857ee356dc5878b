import Foundation
import Testing

/// `portcullis review` and `portcullis check`, as people call them.
@Suite struct ReviewTests {
    static let rules = """
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicy
        metadata: {name: no-host-network}
        spec:
          matchConstraints:
            resourceRules:
            - {apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}
          validations:
          - {expression: "!object.spec.?hostNetwork.orValue(false)", message: no host network}
        ---
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicyBinding
        metadata: {name: everywhere}
        spec: {policyName: no-host-network, validationActions: [Deny]}
        """
    static let pods = """
        {apiVersion: v1, kind: Pod, metadata: {name: good}, spec: {}}
        ---
        {apiVersion: v1, kind: Pod, metadata: {name: bad}, spec: {hostNetwork: true}}
        """

    /// Runs the program in a folder that holds `rules/rules.yaml` and `pods.yaml`.
    static func run(_ arguments: [String], rules: String = rules) throws -> BuiltBinary.Outcome {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("portcullis-\(UUID().uuidString)")
        let ruleFolder = folder.appendingPathComponent("rules")
        try FileManager.default.createDirectory(at: ruleFolder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data(rules.utf8).write(to: ruleFolder.appendingPathComponent("rules.yaml"))
        try Data(pods.utf8).write(to: folder.appendingPathComponent("pods.yaml"))
        let outcome = try BuiltBinary.run(arguments.map { $0.replacingOccurrences(of: "@", with: folder.path + "/") })
        return .init(
            status: outcome.status, output: outcome.output.replacingOccurrences(of: folder.path + "/", with: ""),
            errors: outcome.errors.replacingOccurrences(of: folder.path + "/", with: ""))
    }

    @Test func saysWhatIsDenied() throws {
        let seen = try Self.run(["review", "-f", "@pods.yaml", "--rules", "@rules"])
        #expect(
            seen.output == """
                allowed: CREATE pods default/good
                denied: CREATE pods default/bad
                  422 Invalid: ValidatingAdmissionPolicy 'no-host-network' with binding 'everywhere' denied request: \
                no host network

                """)
        #expect(seen.status == 1)
        #expect(seen.errors.isEmpty)
    }

    @Test func printsAnswersOneOnALine() throws {
        let seen = try Self.run(["review", "-f", "@pods.yaml", "--rules", "@rules", "-o", "review"])
        let lines = seen.output.split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines.first?.contains(#""allowed":true"#) == true)
        #expect(lines.last?.contains(#""reason":"Invalid","details":{"causes":["#) == true)
    }

    @Test func explainsWhatItFound() throws {
        let seen = try Self.run(["review", "-f", "@pods.yaml", "--rules", "@rules", "--explain"])
        #expect(
            seen.output.contains(
                "  policy no-host-network: matched: a rule is about CREATE of pods\n    binding everywhere\n"))
        #expect(seen.output.contains("      validations[0]: deny: no host network (cost "))
        #expect(seen.output.contains("        spec.validations[0].expression: cost "))
        #expect(seen.output.contains("  !object.spec.?hostNetwork.orValue(false)  →  false\n"))
        #expect(seen.output.contains("    object.spec.?hostNetwork.orValue(false)  →  true\n"))
        #expect(seen.output.contains(" µs\n"))
    }

    @Test func explainsWhichElementItWas() throws {
        let rules = Self.rules.replacingOccurrences(
            of: "!object.spec.?hostNetwork.orValue(false)", with: "['a', string(object.metadata.name)].all(n, n == 'a')"
        )
        let seen = try Self.run(["review", "-f", "@pods.yaml", "--rules", "@rules", "--explain"], rules: rules)
        #expect(
            seen.output.contains("[\"a\", string(object.metadata.name)].all(n, n == \"a\")  →  false\n"),
            "\(seen.output)")
        #expect(seen.output.contains("[\"a\", string(object.metadata.name)].map(n, n == \"a\")  →  [true, false]\n"))
    }

    /// Each thing that keeps a policy from being asked is told by its name.
    @Test(arguments: [
        ("resources: [pods]", "resources: [jobs]", "does not match: no rule is about CREATE of pods"),
        (
            "resourceRules:", "objectSelector: {matchLabels: {a: b}}\n    resourceRules:",
            "the objectSelector does not fit"
        ),
        (
            "resourceRules:", "namespaceSelector: {matchLabels: {a: b}}\n    resourceRules:",
            "the namespaceSelector does not fit the labels of default"
        ),
        ("policyName: no-host", "policyName: other", "does not match: no binding puts it to work"),
        (
            "  validations:", "  matchConditions: [{name: never, expression: 'object.kind == \"x\"'}]\n  validations:",
            "      match condition 'never' is not met\n"
        ),
        (
            "  validations:", "  matchConditions: [{name: c, expression: 'object.kind == \"x\"'}]\n  validations:",
            "            object.kind  →  \"Pod\"\n"
        ),
    ])
    func explainsWhyARuleWasNotAsked(_ old: String, _ new: String, _ reason: String) throws {
        let rules = Self.rules.replacingOccurrences(of: old, with: new)
        let seen = try Self.run(["review", "-f", "@pods.yaml", "--rules", "@rules", "--explain"], rules: rules)
        #expect(seen.output.contains(reason), "\(seen.output)")
    }

    /// Nobody is called, and nobody is left to believe that somebody was.
    @Test func namesTheHooksThatItDoesNotAsk() throws {
        let hooks = ["asked", "off", "other"].map { name in
            """
            ---
            apiVersion: portcullis.dev/v1
            kind: Hook
            metadata: {name: \(name)}
            spec:
              phase: validate
              mode: \(name == "off" ? "off" : "enforce")
              match:
                resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
                matchConditions: [{name: a, expression: "\(name != "other")"}]
              run: {command: {argv: ["false"]}}

            """
        }
        let arguments = ["review", "-f", "@pods.yaml", "--rules", "@rules"]
        let shown = try Self.run(arguments, rules: Self.rules + "\n" + hooks.joined())
        #expect(shown.output.components(separatedBy: "not asked: hook 'asked'").count == 3, "\(shown)")
        #expect(!shown.output.contains("'off'") && !shown.output.contains("'other'"))
        let lines = try Self.run(arguments + ["-o", "review"], rules: Self.rules + "\n" + hooks.joined())
        #expect(lines.errors.contains("hook 'asked' was not asked\n") && !lines.output.contains("asked"), "\(lines)")
    }

    @Test func otherOperationsAreNotAskedAbout() throws {
        let seen = try Self.run(["review", "-f", "@pods.yaml", "--rules", "@rules", "--operation", "delete"])
        #expect(seen.output.contains("allowed: DELETE pods default/bad"))
        #expect(seen.status == 0)
    }

    @Test func checkFindsWhatIsWrong() throws {
        let fine = try Self.run(["check", "@rules"])
        #expect(
            fine.output
                == "1 ValidatingAdmissionPolicy, 1 ValidatingAdmissionPolicyBinding; 0 errors, 0 warnings\n")
        #expect(fine.status == 0)
        let broken = try Self.run(
            ["check", "@rules"], rules: Self.rules.replacingOccurrences(of: "CREATE", with: "CREAT"))
        #expect(
            broken.output.hasPrefix(
                "rules/rules.yaml:7:57: error: Unsupported value: \"CREAT\": supported values: \"*\", \"CONNECT\", "
                    + "\"CREATE\", \"DELETE\", \"UPDATE\" (spec.matchConstraints.resourceRules[0].operations[0])\n"))
        #expect(broken.status == 1)
        #expect(try Self.run(["check", "@nowhere"]).status == 2)
    }

    @Test func checkTellsCostsAndSpeaksSARIF() throws {
        let costs = try Self.run(["check", "--costs", "@rules"])
        #expect(costs.output.contains("rules/rules.yaml:1: ValidatingAdmissionPolicy no-host-network: at most "))
        #expect(costs.output.contains("  spec.validations[0].expression: at most "))
        let rules = Self.rules.replacingOccurrences(of: "?hostNetwork.orValue(false)", with: "hostNet")
        let sarif = try Self.run(["check", "-o", "sarif", "--strict", "@rules"], rules: rules)
        #expect(sarif.status == 1)
        #expect(sarif.output.contains(#""level":"warning","message":{"text":"/v1, Kind=Pod: ERROR: <input>:1:13: "#))
        #expect(sarif.output.contains(#""artifactLocation":{"uri":"rules/rules.yaml"},"region":{"startLine":9,"#))
        let json = try Self.run(["check", "-o", "json", "--costs", "@rules"])
        #expect(json.output.hasPrefix(#"{"problems":[],"costs":[{"file":"rules/rules.yaml","line":1,"#))
    }

    @Test func wrongUseIsSaid() throws {
        let seen = try Self.run(["review", "-f", "@pods.yaml"])
        #expect(seen.status == 2)
        #expect(seen.errors.contains("no rules given"))
    }

    @Test func showsWhatIsMutatedBeforeItIsValidated() throws {
        let mutation = """
            ---
            apiVersion: admissionregistration.k8s.io/v1
            kind: MutatingAdmissionPolicy
            metadata: {name: no-host-network}
            spec:
              reinvocationPolicy: Never
              matchConstraints:
                resourceRules:
                - {apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}
              mutations:
              - patchType: ApplyConfiguration
                applyConfiguration: {expression: "Object{spec: Object.spec{hostNetwork: false}}"}
            ---
            apiVersion: admissionregistration.k8s.io/v1
            kind: MutatingAdmissionPolicyBinding
            metadata: {name: everywhere}
            spec: {policyName: no-host-network}
            """
        let seen = try Self.run(
            ["review", "-f", "@pods.yaml", "--rules", "@rules"], rules: Self.rules + "\n" + mutation)
        #expect(
            seen.output == """
                allowed: CREATE pods default/good
                  + /spec/hostNetwork: false
                allowed: CREATE pods default/bad
                  ~ /spec/hostNetwork: false

                """)
        #expect(seen.status == 0)
    }
}
