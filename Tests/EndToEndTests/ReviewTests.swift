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
        #expect(seen.output.contains("  policy no-host-network: matched\n    binding everywhere\n"))
        #expect(seen.output.contains("      validations[0]: deny: no host network (cost "))
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
