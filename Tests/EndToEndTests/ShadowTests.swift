import Foundation
import Testing

/// Rules that are tried beside those in force, decisions that are recorded, and hooks that run after the answer.
@Suite struct ShadowTests {
    @Test func tellsWhereTheCandidateWouldDecideOtherwise() throws {
        let folder = try ServeRulesTests.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, expression) in [("now", "true"), ("next", "has(object.metadata.annotations)")] {
            let rules = folder.appendingPathComponent(name)
            try FileManager.default.createDirectory(at: rules, withIntermediateDirectories: true)
            try ServeRulesTests.write(
                ServeRulesTests.policy("annotated", expression), rules.appendingPathComponent("a.yaml"))
        }
        let server = try RunningServer([
            "--rules", folder.path + "/now", "--shadow-rules", folder.path + "/next", "--record",
            folder.path + "/recording",
        ])
        let pod = ServeTests.post(ServeTests.pod())
        #expect(try server.curl("/validate", pod).body.contains(#""allowed":true"#))
        var shown = ""
        for _ in 0..<100 where !shown.contains(#""different":1"#) {
            Thread.sleep(forTimeInterval: 0.05)
            shown = try server.curl("/v1/shadow", isAdmin: true).body
        }
        #expect(shown.contains(#""active":{"allowed":true}"#) && shown.contains("said by annotated"), "\(shown)")
        #expect(
            try server.curl("/metrics", isAdmin: true).body.contains(
                #"portcullis_shadow_reviews_total{result="different"} 1"#))
        // The candidate becomes what is in force: nothing is different any more.
        try ServeRulesTests.write(
            ServeRulesTests.policy("annotated", "true"), folder.appendingPathComponent("next/a.yaml"))
        try server.waitForLog(#""message":"shadow rules","revision""#)
        try server.waitForLog(#""message":"shadow rules","revision""#)
        #expect(try server.curl("/v1/shadow", isAdmin: true).body.contains(#""different":0"#))
        let before = folder.path + "/before"
        try FileManager.default.createDirectory(atPath: before, withIntermediateDirectories: true)
        try ServeRulesTests.write(
            ServeRulesTests.policy("annotated", "false"), URL(fileURLWithPath: before + "/a.yaml"))
        // What was recorded is judged by other rules.
        server.signal(SIGTERM)
        server.process.waitUntilExit()
        let replayed = try BuiltBinary.run(["replay", folder.path + "/recording", "--rules", before])
        #expect(replayed.status == 1 && replayed.output.contains("said by annotated"), "\(replayed)")
        let same = try BuiltBinary.run(["replay", folder.path + "/recording", "--rules", folder.path + "/now"])
        #expect(same.status == 0, "\(same)")
    }

    @Test func runsAHookAfterTheAnswer() throws {
        let folder = try ServeRulesTests.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let seen = folder.path + "/seen"
        let rules = folder.appendingPathComponent("rules")
        try FileManager.default.createDirectory(at: rules, withIntermediateDirectories: true)
        try ServeRulesTests.write(
            """
            apiVersion: portcullis.dev/v1
            kind: Hook
            metadata: {name: notify}
            spec:
              phase: after
              match: {resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]}
              budget: 10s
              run: {command: {argv: [sh, -c, "cat >> \(seen)"]}}

            """, rules.appendingPathComponent("hook.yaml"))
        let server = try RunningServer(["--rules", rules.path, "--state", folder.path + "/state"])
        #expect(try server.curl("/validate", ServeTests.post(ServeTests.pod())).body.contains(#""allowed":true"#))
        var text = ""
        for _ in 0..<200 where !text.contains("verdict") {
            Thread.sleep(forTimeInterval: 0.05)
            text = (try? String(contentsOfFile: seen, encoding: .utf8)) ?? ""
        }
        #expect(text.contains(#""phase":"after""#) && text.contains(#""verdict":{"#), "\(text)")
    }
}
