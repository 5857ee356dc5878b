import Foundation
import Testing

/// What people see of a running server, and what they may change.
@Suite struct AdminTests {
    private static let token = "0123456789abcdef0123"

    private static func hook(_ name: String, _ run: String, _ more: String = "") -> String {
        """
        apiVersion: portcullis.dev/v1
        kind: Hook
        metadata: {name: \(name)}
        spec:
          phase: validate
          match: {resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]}
          \(more)
          run: {\(run)}

        """
    }

    /// A server with a hook that always denies, and its folder.
    private static func server(_ folder: URL, _ flags: [String] = []) throws -> RunningServer {
        try ServeRulesTests.write(token + "\n", folder.appendingPathComponent("token"))
        let rules = folder.appendingPathComponent("rules")
        try FileManager.default.createDirectory(at: rules, withIntermediateDirectories: true)
        let denies = #"cel: {validations: [{expression: "false", message: "never"}]}"#
        try ServeRulesTests.write(hook("strict", denies), rules.appendingPathComponent("a.yaml"))
        return try RunningServer(["--rules", rules.path] + flags)
    }

    private static func change(_ body: String, token: String? = token) -> [String] {
        ["-d", body] + (token.map { ["-H", "Authorization: Bearer \($0)"] } ?? [])
    }

    @Test func changesAHookForWhoeverHasTheToken() throws {
        let folder = try ServeRulesTests.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let state = folder.path + "/state"
        let flags = ["--admin-token-file", folder.path + "/token", "--state", state]
        let pod = ServeTests.post(ServeTests.pod())
        do {
            let server = try Self.server(folder, flags)
            #expect(try server.curl("/validate", pod).body.contains("never"))
            let path = "/v1/hooks/strict/mode"
            #expect(try server.curl(path, Self.change(#"{"mode":"warn"}"#, token: nil), isAdmin: true).status == 401)
            #expect(try server.curl(path, Self.change(#"{"mode":"warn"}"#, token: "x"), isAdmin: true).status == 401)
            #expect(try server.curl(path, Self.change(#"{"mode":"loud"}"#), isAdmin: true).status == 400)
            #expect(try server.curl(path, Self.change("mode"), isAdmin: true).status == 400)
            #expect(try server.curl("/v1/hooks/x/mode", Self.change(#"{"mode":"off"}"#), isAdmin: true).status == 404)
            #expect(try server.curl("/validate", pod).body.contains(#""allowed":false"#))
            let changed = try server.curl(path, Self.change(#"{"mode":"warn"}"#), isAdmin: true)
            #expect(changed.status == 200 && changed.body.contains(#""by":"token""#), "\(changed.body)")
            try server.waitForLog(#""message":"a hook was changed","hook":"strict","mode":"warn","by":"token""#)
            let warned = try server.curl("/validate", pod).body
            #expect(warned.contains(#""allowed":true"#) && warned.contains("never"), "\(warned)")
        }
        // What was changed outlives the process, until somebody changes it back.
        let server = try Self.server(folder, flags)
        #expect(try server.curl("/validate", pod).body.contains(#""allowed":true"#))
        _ = try server.curl("/v1/hooks/strict/mode", Self.change(#"{"mode":"auto"}"#), isAdmin: true)
        #expect(try server.curl("/validate", pod).body.contains(#""allowed":false"#))
        let opened = try server.curl(
            "/v1/hooks/strict/breaker", Self.change(#"{"breaker":"forced-open"}"#), isAdmin: true)
        #expect(opened.body.contains(#""breaker":"open""#), "\(opened.body)")
        #expect(try server.curl("/validate", pod).body.contains("breaker_open"))
    }

    @Test func changesNothingWhereNoCredentialIsConfigured() throws {
        let folder = try ServeRulesTests.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let server = try Self.server(folder)
        let refused = try server.curl("/v1/reload", ["-X", "POST", "-H", "Authorization: Bearer "], isAdmin: true)
        #expect(refused.status == 403 && refused.body.contains("--admin-token-file"), "\(refused.body)")
        #expect(try server.curl("/v1/reload", isAdmin: true).status == 405)
    }

    @Test func refusesAPoorToken() throws {
        let folder = try ServeRulesTests.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        for text in ["short", "with a space in its midst", ""] {
            try ServeRulesTests.write(text, folder.appendingPathComponent("poor"))
            let made = try BuiltBinary.run(["certs", "dev", folder.path + "/certs", "--force"])
            #expect(made.status == 0)
            let refused = try BuiltBinary.run([
                "serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--certificate",
                folder.path + "/certs/server.crt", "--key", folder.path + "/certs/server.key", "--admin-token-file",
                folder.path + "/poor",
            ])
            #expect(refused.status == 2 && refused.errors.contains("16 characters"), "\(refused.errors)")
        }
    }

    @Test func takesACertificateForACredential() throws {
        let folder = try ServeRulesTests.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(try BuiltBinary.run(["certs", "dev", folder.path]).status == 0)
        func path(_ name: String) -> String { folder.path + "/" + name }
        for name in ["operator", "visitor"] {
            _ = try Tool.run(
                "openssl",
                [
                    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=\(name)", "-addext", "extendedKeyUsage=clientAuth", "-keyout", path("\(name).key"),
                    "-out", path("\(name).crt"),
                ])
        }
        let both = try ["operator", "visitor"].map { try Data(contentsOf: folder.appendingPathComponent("\($0).crt")) }
        try (both[0] + both[1]).write(to: folder.appendingPathComponent("people.crt"))
        let server = try RunningServer(
            configuration: """
                apiVersion: portcullis.dev/v1
                kind: Server
                spec:
                  admin:
                    tls: {certificate: \(path("server.crt")), key: \(path("server.key")), clientCA: \(path("people.crt")),
                      clientNames: [operator]}
                """)
        let port = server.admin.split(separator: ":").last ?? ""
        func status(_ more: [String]) throws -> String {
            try Tool.run(
                "curl",
                ["-s", "-m", "20", "-o", "/dev/null", "--cacert", path("ca.crt"), "-w", "%{http_code}"] + more)
        }
        func pair(_ name: String) -> [String] { ["--cert", path("\(name).crt"), "--key", path("\(name).key")] }
        let reload = ["-X", "POST", "https://localhost:\(port)/v1/reload"]
        #expect(try status(["https://localhost:\(port)/metrics"]) == "200")
        #expect(try status(reload) == "401")
        #expect(try status(pair("visitor") + reload) == "401")
        #expect(try status(pair("operator") + reload) == "202")
        try server.waitForLog(#""by":"certificate operator""#)
    }

    @Test func tellsObjectivesAndHowTheServerStands() throws {
        let folder = try ServeRulesTests.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let server = try Self.server(folder)
        let failing = Self.hook("failing", #"http: {url: "http://10.1.2.3/"}"#, "criticality: critical")
        let mild = Self.hook("mild", #"cel: {validations: [{expression: "true"}]}"#, "objective: 99.95%")
        try ServeRulesTests.write(failing + "---\n" + mild, folder.appendingPathComponent("rules/b.yaml"))
        try server.waitForLog(#""message":"rules""#)
        for _ in 0..<4 { _ = try server.curl("/validate", ServeTests.post(ServeTests.pod())) }
        let hook = try server.curl("/v1/hooks/failing", isAdmin: true).body
        #expect(hook.contains(#""criticality":"critical","objective":0.999"#), "\(hook)")
        #expect(hook.contains(#""burnRate":1000"#), "\(hook)")
        #expect(hook.contains(#""sinceStart":{"calls":4,"failures":4,"errorBudgetLeft":-999"#), "\(hook)")
        let status = try BuiltBinary.run(["status", "--server", "http://\(server.admin)"]).output
        let rows = status.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(
            rows.contains {
                $0.first == "failing" && $0.suffix(5) == ["critical", "99.9%", "spent,", "1000.0", "times"]
            }, "\(status)")
        #expect(rows.contains { $0.first == "mild" && $0.suffix(3) == ["important", "99.95%", "100.0%"] }, "\(status)")
        let metrics = try server.curl("/metrics", isAdmin: true).body
        for sample in [
            "portcullis_ready 1.0", "portcullis_log_lines_dropped_total 0.0",
            "portcullis_hook_retries_refused_total 0.0",
            "portcullis_hook_retry_budget_retries 50.0", #"portcullis_records_dropped_total{records="after"} 0.0"#,
            "portcullis_build_info{version=",
        ] { #expect(metrics.contains("\n\(sample)"), "\(sample)") }
        // A certificate that is not there does not expire.
        #expect(metrics.contains(#"timestamp_seconds{use="server"}"#) && !metrics.contains(#"{use="admin"}"#))
    }

    @Test func listsWhatWasDecided() throws {
        let folder = try ServeRulesTests.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let server = try Self.server(folder)
        for _ in 0..<3 { _ = try server.curl("/validate", ServeTests.post(ServeTests.pod())) }
        try server.waitForLog(#""level":"info","message":"denied""#)
        let all = try server.curl("/v1/decisions", isAdmin: true).body
        #expect(all.components(separatedBy: #""outcome":"denied""#).count == 4, "\(all)")
        #expect(all.contains(#""resource":"pods""#) && all.contains("never"))
        #expect(try server.curl("/v1/decisions?limit=1", isAdmin: true).body.components(separatedBy: "uid").count <= 2)
        #expect(try server.curl("/v1/decisions?outcome=allowed", isAdmin: true).body == #"{"decisions":[]}"#)
        #expect(try server.curl("/v1/decisions?namespace=nowhere", isAdmin: true).body == #"{"decisions":[]}"#)
        #expect(try server.curl("/v1/decisions?limit=many", isAdmin: true).status == 400)
        let page = try server.curl("/", isAdmin: true)
        #expect(page.status == 200 && page.body.contains("<title>Portcullis</title>"))
        #expect(try server.curl("/v1/hooks/strict", isAdmin: true).body.contains(#""calls":3"#))
    }
}
