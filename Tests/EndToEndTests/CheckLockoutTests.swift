import Foundation
import Testing

/// `check` tells of lock-outs wherever its problems go.
@Suite struct CheckLockoutTests {
    private static let hook = """
        apiVersion: portcullis.dev/v1
        kind: Hook
        metadata: {name: nodes}
        spec:
          phase: validate
          match:
            resourceRules:
            - {apiGroups: [""], apiVersions: [v1], operations: [UPDATE], resources: [nodes]}
          run: {cel: {validations: [{expression: "true"}]}}

        """

    private static func check(_ text: String, _ words: [String]) throws -> BuiltBinary.Outcome {
        let folder = try ServeRulesTests.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let rules = folder.appendingPathComponent("rules.yaml")
        try ServeRulesTests.write(text, rules)
        return try BuiltBinary.run(["check", rules.path] + words)
    }

    @Test func inEveryOutput() throws {
        let text = try Self.check(Self.hook, [])
        #expect(text.status == 0)
        #expect(text.output.contains("rules.yaml:8:7: warning: lock-out: when no server answers, this stops nodes"))
        #expect(text.output.contains("(spec.match.resourceRules[0])\n"), "\(text.output)")
        #expect(try Self.check(Self.hook, ["--strict"]).status == 1)
        let refused = try Self.check(Self.hook, ["--refuse-lockout"])
        #expect(refused.status == 1 && refused.output.contains("rules.yaml:8:7: error: lock-out: "))
        #expect(try Self.check(Self.hook, ["-o", "github"]).output.contains("rules.yaml,line=8,col=7::lock-out: "))
        let sarif = try Self.check(Self.hook, ["-o", "sarif"]).output
        #expect(sarif.contains(#""startLine":8,"startColumn":7"#) && sarif.contains("lock-out: "))
        #expect(
            try Self.check(Self.hook, ["-o", "json"]).output.contains(#""severity":"warning","message":"lock-out: "#))
    }

    @Test func whatIsAdvisedHelps() throws {
        let text = try Self.check(Self.hook, []).output
        let advice = try #require(text.components(separatedBy: "add to spec.match.matchConditions: ").last)
        let condition = try #require(advice.components(separatedBy: "} (spec").first) + "}"
        let mended = Self.hook.replacing(
            "  run:",
            with: "    matchConditions:\n    - \(condition)\n  run:")
        #expect(try Self.check(mended, []).output.hasSuffix("1 Hook; 0 errors, 0 warnings\n"), "\(mended)")
    }

    @Test func aRegistrationIsLookedAtInThePlaceOfTheRules() throws {
        let folder = try ServeRulesTests.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let (safe, wide) = (folder.appendingPathComponent("safe.yaml"), folder.appendingPathComponent("wide.yaml"))
        let configuration = """
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingWebhookConfiguration
            metadata: {name: mine}
            webhooks:
            - name: mine.example.com
              failurePolicy: Ignore
              rules: [{operations: ["*"], apiGroups: [""], apiVersions: [v1], resources: [nodes]}]
              clientConfig: {url: "https://mine.example.com/"}
              admissionReviewVersions: [v1]
              sideEffects: None

            """
        try ServeRulesTests.write(configuration, safe)
        try ServeRulesTests.write(configuration.replacing("Ignore", with: "Fail"), wide)
        #expect(try Self.check(Self.hook, ["--registration", safe.path]).output.contains("0 errors, 0 warnings"))
        let told = try Self.check(Self.hook, ["--registration", wide.path]).output
        #expect(told.contains("wide.yaml:7:11: warning: lock-out: ") && !told.contains("rules.yaml:"), "\(told)")
        #expect(try Self.check(Self.hook, ["--registration", "/nowhere"]).status == 2)
    }
}
