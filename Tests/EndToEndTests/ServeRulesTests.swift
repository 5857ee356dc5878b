import Foundation
import Testing

/// Rules that change while the built server serves them.
@Suite struct ServeRulesTests {
    static func policy(_ name: String, _ expression: String) -> String {
        """
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicy
        metadata: {name: \(name)}
        spec:
          matchConstraints:
            resourceRules:
            - {apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}
          validations: [{expression: "\(expression)", message: "said by \(name)"}]
        ---
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicyBinding
        metadata: {name: \(name)}
        spec: {policyName: \(name), validationActions: [Deny]}

        """
    }

    static func folder() throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("rules-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }

    static func write(_ text: String, _ file: URL) throws { try Data(text.utf8).write(to: file, options: .atomic) }

    @Test func servesWhatTheFilesSay() throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("a.yaml")
        try Self.write(Self.policy("first", "has(object.metadata.labels)"), file)
        let server = try RunningServer(["--rules", folder.path])
        let pod = ServeTests.post(ServeTests.pod())
        #expect(try server.curl("/validate", pod).body.contains(#""allowed":true"#))
        try Self.write(Self.policy("second", "has(object.metadata.annotations)"), file)
        try server.waitForLog(#""message":"rules""#)
        let denied = try server.curl("/validate", pod).body
        #expect(denied.contains(#""allowed":false"#) && denied.contains("said by second"), "\(denied)")
        // Wrong now: what was right stays.
        try Self.write(Self.policy("second", "has(object.metadata.annotations"), file)
        try server.waitForLog(#""message":"rules""#)
        #expect(try server.curl("/validate", pod).body.contains("said by second"))
        let ready = try server.curl("/readyz?verbose", isAdmin: true)
        #expect(ready.status == 200 && ready.body.contains("a.yaml:8:"), "\(ready.body)")
        #expect(try server.curl("/metrics", isAdmin: true).body.contains("portcullis_rules_invalid 1"))
        try FileManager.default.removeItem(at: file)
        try server.waitForLog(#""message":"rules""#)
        #expect(try server.curl("/validate", pod).body.contains(#""allowed":true"#))
    }

    @Test func followsTheLinkOfAMountedConfigMap() throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let manager = FileManager.default
        for (name, expression) in [("..one", "true"), ("..two", "false")] {
            let data = folder.appendingPathComponent(name)
            try manager.createDirectory(at: data, withIntermediateDirectories: true)
            try Self.write(Self.policy("mounted", expression), data.appendingPathComponent("rule.yaml"))
        }
        let link = folder.path + "/..data"
        try manager.createSymbolicLink(atPath: link, withDestinationPath: "..one")
        try manager.createSymbolicLink(atPath: folder.path + "/rule.yaml", withDestinationPath: "..data/rule.yaml")
        let server = try RunningServer(["--rules", folder.path])
        let pod = ServeTests.post(ServeTests.pod())
        #expect(try server.curl("/validate", pod).body.contains(#""allowed":true"#))
        try manager.createSymbolicLink(atPath: link + "_tmp", withDestinationPath: "..two")
        #expect(rename(link + "_tmp", link) == 0)
        try server.waitForLog(#""message":"rules""#)
        #expect(try server.curl("/validate", pod).body.contains("said by mounted"))
    }

    /// The writer empties the file, and takes its time; meanwhile other files change.
    @Test func losesNoRuleToASlowWriter() throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("a.yaml")
        try Self.write(Self.policy("slow", "false"), file)
        let server = try RunningServer(["--rules", folder.path])
        let writer = try FileHandle(forWritingTo: file)
        try writer.truncate(atOffset: 0)
        for name in ["b.yaml", "c.yaml"] {
            try Self.write("# nothing\n", folder.appendingPathComponent(name))
            try server.waitForLog(#""message":"rules""#)
            #expect(try server.curl("/validate", ServeTests.post(ServeTests.pod())).body.contains("said by slow"))
        }
        try writer.write(contentsOf: Data(Self.policy("slower", "false").utf8))
        try writer.close()
        try server.waitForLog(#""message":"rules""#)
        #expect(try server.curl("/validate", ServeTests.post(ServeTests.pod())).body.contains("said by slower"))
    }

    /// A policy that adds to what it added is counted, and by its annotation it denies.
    @Test func countsPoliciesThatAreNotIdempotent() throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("a.yaml")
        func policy(_ metadata: String) -> String {
            """
            apiVersion: admissionregistration.k8s.io/v1
            kind: MutatingAdmissionPolicy
            metadata: {name: longer\(metadata)}
            spec:
              reinvocationPolicy: Never
              matchConstraints:
                resourceRules:
                - {apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}
              mutations:
              - patchType: JSONPatch
                jsonPatch:
                  expression: >-
                    [JSONPatch{op: 'replace', path: '/metadata/name', value: object.metadata.name + 'x'}]
            ---
            apiVersion: admissionregistration.k8s.io/v1
            kind: MutatingAdmissionPolicyBinding
            metadata: {name: longer}
            spec: {policyName: longer}
            """
        }
        try Self.write(policy(""), file)
        let server = try RunningServer(["--rules", folder.path])
        let pod = ServeTests.post(ServeTests.pod())
        let warned = try server.curl("/mutate", pod).body
        #expect(warned.contains(#""allowed":true"#) && warned.contains("policies are not idempotent"), "\(warned)")
        let counter = #"portcullis_mutation_not_idempotent_total{policy="longer"}"#
        #expect(try server.curl("/metrics", isAdmin: true).body.contains("\(counter) 1"))
        try Self.write(policy(", annotations: {portcullis.dev/preflight: deny}"), file)
        try server.waitForLog(#""message":"rules""#)
        let denied = try server.curl("/mutate", pod).body
        #expect(denied.contains(#""allowed":false"#) && denied.contains("policies are not idempotent"), "\(denied)")
        #expect(try server.curl("/metrics", isAdmin: true).body.contains("\(counter) 2"))
    }

    /// A warning is logged, and the policy serves.
    @Test func warnsOfExpressionsThatFitNoObject() throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let server = try RunningServer(["--rules", folder.path])
        try Self.write(Self.policy("typo", "object.metadata.lables == null"), folder.appendingPathComponent("a.yaml"))
        let line = try server.waitForLog("undefined field 'lables'")
        #expect(
            line.contains(#""level":"warning""#) && line.contains("a.yaml:8:30: warning: /v1, Kind=Pod: "), "\(line)")
        try server.waitForLog(#""message":"rules""#)
        #expect(try server.curl("/validate", ServeTests.post(ServeTests.pod())).body.contains(#""allowed":false"#))
    }

    @Test func refusesToStartWithInvalidRules() throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("a.yaml")
        try Self.write(Self.policy("good", "true") + "---\n" + Self.policy("bad", "1 +"), file)
        let made = try BuiltBinary.run(["certs", "dev", folder.path + "/certs"])
        #expect(made.status == 0)
        let pair = ["--certificate", "\(folder.path)/certs/server.crt", "--key", "\(folder.path)/certs/server.key"]
        let said = try BuiltBinary.run(["serve", "--rules", file.path] + pair)
        #expect(said.status == 2 && said.errors.contains("a.yaml:22:"), "\(said)")
        #expect(said.errors.contains("--allow-invalid-rules"))
        let server = try RunningServer(["--rules", file.path, "--allow-invalid-rules"])
        #expect(try server.curl("/validate", ServeTests.post(ServeTests.pod())).status == 200)
    }
}
