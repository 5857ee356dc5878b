import Foundation
import Testing

@Suite struct CertsTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("certs-\(UUID().uuidString)")

    private func certs(_ words: String...) throws -> BuiltBinary.Outcome {
        try BuiltBinary.run(["certs", "dev", folder.path] + words)
    }

    private func openssl(_ words: String...) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = words
        let pipe = Pipe()
        (process.standardOutput, process.standardError) = (pipe, pipe)
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: output, as: UTF8.self)
    }

    private func file(_ name: String) -> String { folder.appendingPathComponent(name).path }

    @Test func makesWhatOpenSSLVerifies() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let seen = try certs("--san", "webhook.example", "--san=192.0.2.1", "--days", "7")
        #expect(seen.status == 0 && seen.errors.isEmpty)
        let verified = try openssl(
            "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", file("ca.crt"), file("server.crt"))
        #expect(verified == "\(file("server.crt")): OK\n")
        let names = try openssl("x509", "-in", file("server.crt"), "-noout", "-ext", "subjectAltName")
        for name in [
            "DNS:localhost", "IP Address:127.0.0.1", "IP Address:0:0:0:0:0:0:0:1", "DNS:webhook.example",
            "DNS:portcullis.portcullis-system.svc", "IP Address:192.0.2.1",
        ] {
            #expect(names.contains(name))
        }
        for name in ["ca.key", "server.key"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: file(name))
            #expect(attributes[.posixPermissions] as? Int == 0o600)
        }
    }

    @Test func replacesNothingUnasked() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(try certs().status == 0)
        let before = try Data(contentsOf: URL(fileURLWithPath: file("server.key")))
        let refused = try certs()
        #expect(refused.status == 2)
        #expect(refused.errors.hasSuffix("/ca.crt exists; use --force to replace it\n"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: file("server.key"))) == before)
        #expect(try certs("--force").status == 0)
        #expect(try Data(contentsOf: URL(fileURLWithPath: file("server.key"))) != before)
    }

    @Test func refusesWhatMakesNoSense() throws {
        #expect(try certs("--days", "0").status == 2)
        #expect(try certs("--san", "not a name").status == 2)
        #expect(try BuiltBinary.run(["certs", "dev"]).status == 2)
        #expect(!FileManager.default.fileExists(atPath: folder.path))
    }
}
