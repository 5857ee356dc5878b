import Foundation
import Testing

/// The built server, asked by real clients over loopback.
@Suite struct ServeTests {
    static func pod(isPrivileged: Bool = false) -> String {
        let security = isPrivileged ? #", "securityContext": {"privileged": true}"# : ""
        return """
            {"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": {"uid": "u-1",
             "kind": {"group": "", "version": "v1", "kind": "Pod"},
             "resource": {"group": "", "version": "v1", "resource": "pods"},
             "name": "web", "namespace": "default", "operation": "CREATE", "userInfo": {"username": "me"},
             "object": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "labels": {"app": "web"}},
             "spec": {"containers": [{"name": "web", "image": "registry/web:1"\(security)}]}},
             "oldObject": null, "dryRun": false, "options": null}}
            """
    }

    static func post(_ body: String) -> [String] { ["-H", "Content-Type: application/json", "--data-binary", body] }

    @Test func answersReviewsAndProbes() throws {
        let server = try RunningServer(["--hooks", "allow-all"])
        let answer = try server.curl("/validate?timeout=5s", Self.post(Self.pod()))
        #expect(answer.status == 200)
        #expect(answer.body.contains(#""uid":"u-1","allowed":true"#), "\(answer.body)")
        #expect(try server.curl("/livez", isAdmin: true).status == 200)
        #expect(try server.curl("/readyz", isAdmin: true).body == "ok\n")
        let metrics = try server.curl("/metrics", isAdmin: true).body
        #expect(
            metrics.contains(
                #"portcullis_admission_requests_total{path="/validate",operation="CREATE",outcome="allowed"} 1"#))
        #expect(metrics.contains("process_resident_memory_bytes"))
    }

    @Test func deniesWithAMessage() throws {
        let server = try RunningServer(["--hooks", "benchmark-pod-checks"])
        let answer = try server.curl("/validate", Self.post(Self.pod(isPrivileged: true)))
        #expect(answer.status == 200)
        #expect(answer.body.contains(#""allowed":false"#) && answer.body.contains("privileged"), "\(answer.body)")
    }

    @Test(arguments: [
        (["-X", "GET"], "/validate", 405), (["-X", "OPTIONS"], "/validate", 204), ([], "/", 404),
        (post("{}"), "/validate", 400), (post("nonsense"), "/validate", 400), (post("{}"), "/validate/team-a", 404),
        (["-H", "Content-Type: text/plain", "-d", "{}"], "/validate", 415),
        (post("{}") + ["-H", "Content-Encoding: gzip"], "/validate", 415),
    ])
    func refusesWhatIsNoReview(options: [String], path: String, status: Int) throws {
        let server = try RunningServer(["--hooks", "allow-all"])
        let answer = try server.curl(path, options)
        #expect(answer.status == status, "\(answer)")
    }

    @Test func endsWhenItIsTold() throws {
        let server = try RunningServer(["--hooks", "allow-all"])
        server.signal(SIGTERM)
        server.process.waitUntilExit()
        #expect(server.process.terminationStatus == 0)
        #expect(server.process.terminationReason == .exit)
    }

    @Test func readsItsConfigurationAgain() throws {
        let text = "apiVersion: portcullis.dev/v1\nkind: Server\nspec: {hooks: [allow-all]}\n"
        let server = try RunningServer(configuration: text)
        #expect(try server.curl("/validate", Self.post(Self.pod(isPrivileged: true))).body.contains("true"))
        let file = server.folder.appendingPathComponent("server.yaml")
        try Data(text.replacingOccurrences(of: "allow-all", with: "benchmark-pod-checks").utf8).write(to: file)
        server.signal(SIGHUP)
        try server.waitForLog("the configuration was read again")
        #expect(try server.curl("/validate", Self.post(Self.pod(isPrivileged: true))).body.contains("false"))
        try Data("kind: Server\n".utf8).write(to: file)
        server.signal(SIGHUP)
        let line = try server.waitForLog("the new configuration was refused")
        #expect(line.contains("must say apiVersion: portcullis.dev/v1"))
        #expect(try server.curl("/validate", Self.post(Self.pod())).status == 200)
    }

    @Test func takesANewCertificateAndKeepsTheOldOneFromABadOne() throws {
        let server = try RunningServer(["--hooks", "allow-all"])
        let before = try Self.serial(server)
        let made = try BuiltBinary.run(["certs", "dev", "--force", server.folder.path])
        #expect(made.status == 0, "\(made.errors)")
        try server.waitForLog("the certificate was replaced")
        let after = try Self.serial(server)
        #expect(before != after)
        #expect(try server.curl("/validate", Self.post(Self.pod())).status == 200)
        try Data("no certificate".utf8).write(to: server.folder.appendingPathComponent("server.crt"))
        try server.waitForLog("the new certificate was refused")
        #expect(try Self.serial(server) == after)
    }

    private static func serial(_ server: RunningServer) throws -> String {
        let said = try Tool.run("openssl", ["s_client", "-connect", "127.0.0.1:\(server.port)", "-showcerts"])
        guard let start = said.range(of: "-----BEGIN CERTIFICATE-----"),
            let end = said.range(of: "-----END CERTIFICATE-----")
        else { return said }
        return String(said[start.lowerBound..<end.upperBound])
    }

    @Test(arguments: [
        (["serve"], "a certificate and its key are needed"), (["serve", "--loops", "0"], "--loops must be"),
        (["serve", "--listen", "here"], "--listen must be an address"), (["serve", "--what"], "unknown option"),
        (["serve", "--config", "/nowhere.yaml"], "cannot read /nowhere.yaml"),
        (["serve", "--certificate", "/nowhere", "--key", "/nowhere"], "cannot read the certificate's files"),
        (["serve", "--hooks", "no-such-hook"], "there is no hook 'no-such-hook'; there are allow-all"),
    ])
    func saysWhyItCannotServe(words: [String], message: String) throws {
        let said = try BuiltBinary.run(words)
        #expect(said.status == 2 && said.errors.contains(message), "\(said)")
    }
}
