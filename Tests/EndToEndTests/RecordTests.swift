import Foundation
import Testing

/// What failed and what was admitted unchecked, seen and dealt with from the command line.
@Suite struct RecordTests {
    private let folder: URL
    private let server: RunningServer

    /// A server with a command that fails until a file is there.
    init() throws {
        folder = try ServeRulesTests.folder()
        let rules = folder.appendingPathComponent("rules")
        try FileManager.default.createDirectory(at: rules, withIntermediateDirectories: true)
        try ServeRulesTests.write("0123456789abcdef0123\n", folder.appendingPathComponent("token"))
        try ServeRulesTests.write(
            """
            apiVersion: portcullis.dev/v1
            kind: Hook
            metadata: {name: flaky}
            spec:
              phase: validate
              match: {resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]}
              failurePolicy: Ignore
              run: {command: {argv: [sh, -c, "test -e \(folder.path)/mended"]}}

            """, rules.appendingPathComponent("hook.yaml"))
        server = try RunningServer([
            "--rules", rules.path, "--state", folder.path + "/state", "--admin-token-file", folder.path + "/token",
        ])
    }

    private func run(_ words: String...) throws -> (status: Int32, output: String, errors: String) {
        let more = ["--server", "http://\(server.admin)", "--token-file", folder.path + "/token"]
        let outcome = try BuiltBinary.run(words + more)
        return (outcome.status, outcome.output, outcome.errors)
    }

    @Test func keepsWhatFailedUntilSomebodyDealsWithIt() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        for _ in 0..<2 {
            let answer = try server.curl("/validate", ServeTests.post(ServeTests.pod())).body
            #expect(answer.contains(#""allowed":true"#) && answer.contains("admitted unchecked"), "\(answer)")
            #expect(answer.contains(#""fail-open":"flaky=error""#))
        }
        try server.waitForLog(#""message":"a request was admitted unchecked""#)
        let list = try run("dead-letter", "list", "--state", "open")
        #expect(list.status == 0 && list.output.components(separatedBy: "flaky").count == 3, "\(list)")
        let again = try run("dead-letter", "replay", "1")
        #expect(again.status == 1 && again.output.contains("1: failed again"), "\(again)")
        try ServeRulesTests.write("", folder.appendingPathComponent("mended"))
        #expect(try run("dead-letter", "replay", "1").output == "1: replayed, result pass\n")
        #expect(try run("dead-letter", "resolve", "2").output == "2: resolved\n")
        let missing = try run("dead-letter", "resolve", "77")
        #expect(missing.status == 1 && missing.errors.contains("there is no dead letter 77"))
        #expect(try run("dead-letter", "list", "--state", "open", "-o", "json").output == "{\"entries\":[]}\n")
        #expect(try run("dead-letter", "resolve", "two").status == 2)
        let unchecked = try server.curl("/v1/fail-open?hook=flaky", isAdmin: true).body
        #expect(unchecked.components(separatedBy: #""kind":"AdmissionReview""#).count == 3, "\(unchecked)")
        let metrics = try server.curl("/metrics", isAdmin: true).body
        #expect(metrics.contains(#"portcullis_fail_open_total{hook="flaky",reason="error"} 2"#))
        #expect(metrics.contains(#"portcullis_dead_letters{hook="flaky",state="resolved"} 1"#))
    }

    @Test func changesHooksFromTheCommandLine() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(try run("breaker", "flaky", "forced-open").output == "flaky: mode enforce, breaker open\n")
        #expect(try run("mode", "flaky", "audit").output == "flaky: mode audit, breaker open\n")
        let status = try run("status")
        #expect(status.status == 0 && status.output.contains("audit (changed)"), "\(status)")
        #expect(try run("status", "flaky", "-o", "json").output.contains(#""by":"token""#))
        #expect(try run("mode", "flaky", "loud").status == 2)
        #expect(try run("mode", "nobody", "off").status == 1)
        let stranger = try BuiltBinary.run(["mode", "flaky", "auto", "--server", "http://\(server.admin)"])
        #expect(stranger.status == 2 && stranger.errors.contains("admin token"), "\(stranger.errors)")
        let nobody = try BuiltBinary.run(["status", "--server", "http://127.0.0.1:1"])
        #expect(nobody.status == 2 && nobody.errors.contains("127.0.0.1:1"), "\(nobody.errors)")
    }
}
