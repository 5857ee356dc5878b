import Foundation
import TestSupport
import Testing

@Suite struct ReplayTests {
    private static let policy = """
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicy
        metadata: {name: replicas}
        spec:
          matchConstraints:
            resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}]
          validations: [{expression: "object.spec.replicas <= LIMIT", message: at most LIMIT replicas}]
        ---
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicyBinding
        metadata: {name: replicas}
        spec: {policyName: replicas, validationActions: [Deny]}
        """

    private func line(_ replicas: Int, answer: String?) -> String {
        let review = #"""
            {"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u\#(replicas)","kind":{"group":"apps","version":"v1","kind":"Deployment"},"resource":{"group":"apps","version":"v1","resource":"deployments"},"name":"web","namespace":"shop","operation":"CREATE","userInfo":{"username":"anna"},"object":{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","namespace":"shop"},"spec":{"replicas":\#(replicas)}}}}
            """#
        let tail = answer.map { ",\"answer\":\($0)" } ?? ""
        return "{\"time\":1700000000,\"phase\":\"validate\",\"revision\":\"r\",\"review\":\(review)\(tail)}\n"
    }

    private func denied(_ limit: Int) -> String {
        #"{"allowed":false,"code":422,"message":"ValidatingAdmissionPolicy 'replicas' with binding 'replicas' denied request: at most \#(limit) replicas"}"#
    }

    @Test func showsWhichDecisionsWouldBeOthers() throws {
        let folder = try TemporaryDirectory()
        for limit in [3, 5] {
            let text = Self.policy.replacingOccurrences(of: "LIMIT", with: "\(limit)")
            try text.write(toFile: "\(folder.path)/\(limit).yaml", atomically: true, encoding: .utf8)
        }
        let allowed = #"{"allowed":true}"#
        // Decided by a limit of 3; the last one was admitted unchecked, and behind it a line that was being written.
        let lines = [
            line(1, answer: allowed), line(4, answer: denied(3)), line(9, answer: denied(3)), line(7, answer: nil),
        ]
        try FileManager.default.createDirectory(atPath: folder.path + "/recording", withIntermediateDirectories: true)
        try (lines.joined() + "{\"time\":17").write(
            toFile: folder.path + "/recording/recording-000000000001.jsonl", atomically: true, encoding: .utf8)
        let recording = folder.path + "/recording"
        let same = try BuiltBinary.run(["replay", recording, "--rules", "\(folder.path)/3.yaml"])
        #expect(same.status == 1 && same.output.contains("4 decisions, 1 would change"), "\(same)")
        #expect(
            same.output.contains(
                ":4: CREATE deployments shop/web by anna: would be denied\n  was: allowed\n  now: denied: "))
        let other = try BuiltBinary.run(["replay", recording, "--rules", "\(folder.path)/5.yaml"])
        #expect(other.status == 1 && other.output.contains("4 decisions, 3 would change"), "\(other)")
        #expect(other.output.contains(":2: CREATE deployments shop/web by anna: would be allowed"))
        #expect(other.output.contains(":3: CREATE deployments shop/web by anna: would be denied for another reason"))
        let against = try BuiltBinary.run(
            [
                "replay", recording, "--rules", "\(folder.path)/5.yaml", "--against", "\(folder.path)/3.yaml", "-o",
                "json",
            ])
        let report = try #require(JSONSerialization.jsonObject(with: Data(against.output.utf8)) as? [String: Any])
        #expect(against.status == 1 && report["decisions"] as? Int == 4 && report["changed"] as? Int == 3)
        let changes = try #require(report["changes"] as? [[String: Any]])
        #expect(
            changes.map { $0["change"] as? String } == [
                "would be allowed", "would be denied for another reason", "would be denied for another reason",
            ])
        // What the server lists as admitted unchecked is one document.
        let entry = line(7, answer: nil).dropLast()
        try "{\"entries\":[\(entry),\(entry)]}".write(
            toFile: folder.path + "/list.jsonl", atomically: true, encoding: .utf8)
        let list = try BuiltBinary.run(["replay", folder.path + "/list.jsonl", "--rules", "\(folder.path)/3.yaml"])
        #expect(list.status == 1 && list.output.contains("2 decisions, 2 would change"), "\(list)")
        let none = try BuiltBinary.run(
            ["replay", recording, "--rules", "\(folder.path)/5.yaml", "--against", "\(folder.path)/5.yaml"])
        #expect(none.status == 0 && none.output == "4 decisions, 0 would change\n", "\(none)")
    }

    @Test func whatCannotBeReadIsSaidAndWhere() throws {
        let folder = try TemporaryDirectory()
        try "allow: all\n".write(toFile: folder.path + "/a.yaml", atomically: true, encoding: .utf8)
        try "{}\nnothing\n".write(toFile: folder.path + "/r.jsonl", atomically: true, encoding: .utf8)
        try Self.policy.replacingOccurrences(of: "LIMIT", with: "1")
            .write(toFile: folder.path + "/p.yaml", atomically: true, encoding: .utf8)
        let bad = try BuiltBinary.run(["replay", folder.path + "/r.jsonl", "--rules", folder.path + "/p.yaml"])
        #expect(bad.status == 2 && bad.errors.contains("r.jsonl:1: error: there is no review"))
        #expect(bad.errors.contains("r.jsonl:2: error: 1:1"))
        #expect(try BuiltBinary.run(["replay"]).status == 2)
        #expect(try BuiltBinary.run(["replay", "x"]).errors.contains("no rules given"))
        #expect(try BuiltBinary.run(["replay", "/no/such", "--rules", folder.path + "/p.yaml"]).status == 2)
    }

    @Test func theNewestDecisionsAreGivenToWhoeverHasTheToken() throws {
        let folder = try TemporaryDirectory()
        try "0123456789abcdef0123\n".write(toFile: folder.path + "/token", atomically: true, encoding: .utf8)
        let server = try RunningServer([
            "--record", folder.path + "/recording", "--admin-token-file", folder.path + "/token",
        ])
        for isPrivileged in [false, true] {
            _ = try server.curl("/validate", ServeTests.post(ServeTests.pod(isPrivileged: isPrivileged)))
        }
        let token = ["-H", "Authorization: Bearer 0123456789abcdef0123"]
        var lines: [Substring] = []
        for _ in 0..<200 where lines.count < 2 {
            let answer = try server.curl("/v1/recording", token, isAdmin: true)
            #expect(answer.status == 200)
            lines = answer.body.split(separator: "\n")
            if lines.count < 2 { usleep(20_000) }
        }
        #expect(lines.count == 2 && lines.allSatisfy { $0.contains(#""review":{"kind":"AdmissionReview""#) })
        #expect(try server.curl("/v1/recording", isAdmin: true).status == 401)
        let without = try RunningServer(["--admin-token-file", folder.path + "/token"])
        let nothing = try without.curl("/v1/recording", token, isAdmin: true)
        #expect(nothing.status == 404 && nothing.body.contains("start the server with --record DIR"))
    }
}
