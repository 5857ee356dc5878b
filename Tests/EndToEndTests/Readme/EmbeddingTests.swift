import Foundation
import TestSupport
import Testing

/// The README's hook in Swift is a program that is built and asked.
@Suite struct EmbeddingTests {
    @Test func theReadmeShowsTheProgramThatIsBuilt() throws {
        let shown = try ReadmeText().blocks.filter { $0.language == "swift" }
        let built = try String(
            contentsOf: Corpus.checkout.appendingPathComponent("Tests/EmbeddedServer/main.swift"), encoding: .utf8)
        #expect(shown.count == 1 && shown.first?.text == built)
    }

    @Test(arguments: [1, 2]) func aHookThatIsCompiledInDecides(workers: Int) throws {
        let rule = try #require(
            try ReadmeText().blocks.first { $0.language == "yaml" && $0.text.contains("builtin:") })
        let folder = try TemporaryDirectory()
        let ports = try FreePorts.pick(2)
        _ = try BuiltBinary.run(["certs", "dev", folder.path])
        try rule.text.write(toFile: "\(folder.path)/owners.yaml", atomically: true, encoding: .utf8)
        let configuration = """
            apiVersion: portcullis.dev/v1
            kind: Server
            spec:
              listen: 127.0.0.1:\(ports[0])
              adminListen: 127.0.0.1:\(ports[1])
              workers: \(workers)
              tls: {certificate: \(folder.path)/server.crt, key: \(folder.path)/server.key}
              rules: [\(folder.path)/owners.yaml]
            """
        try configuration.write(toFile: "\(folder.path)/server.yaml", atomically: true, encoding: .utf8)
        let server = Process()
        server.executableURL = BuiltBinary.path?.deletingLastPathComponent().appendingPathComponent("EmbeddedServer")
        server.arguments = ["\(folder.path)/server.yaml"]
        server.standardError = FileHandle.nullDevice
        try server.run()
        defer {
            kill(server.processIdentifier, SIGKILL)
            server.waitUntilExit()
        }
        func ask(_ review: String) throws -> String {
            try Tool.run(
                "curl",
                [
                    "-sS", "--retry", "50", "--retry-connrefused", "--retry-delay", "1", "--cacert",
                    "\(folder.path)/ca.crt", "-H", "Content-Type: application/json", "-d", review,
                    "https://localhost:\(ports[0])/validate",
                ])
        }
        let pod = try String(
            contentsOf: Corpus.checkout.appendingPathComponent("deploy/reviews/pod.json"), encoding: .utf8)
        let denied = try ask(pod)
        #expect(denied.contains(#""allowed":false"#) && denied.contains("the label owner is required"), "\(denied)")
        let owned = pod.replacing(#""namespace": "shop"}"#, with: #""namespace": "shop", "labels": {"owner": "ana"}}"#)
        #expect(owned != pod)
        #expect(try ask(owned).contains(#""allowed":true"#))
    }
}
