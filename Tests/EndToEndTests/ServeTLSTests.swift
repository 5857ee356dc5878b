import Foundation
import Testing

/// What the built server's TLS lets in and what it does not, seen by curl and openssl.
@Suite struct ServeTLSTests {
    /// A folder with two clients' pairs, each its own authority: `api` and `other`.
    private final class Clients {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("clients-\(UUID().uuidString)")

        init() throws {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            for name in ["api", "other"] {
                _ = try Tool.run(
                    "openssl",
                    [
                        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                        "-subj", "/CN=\(name)", "-addext", "extendedKeyUsage=clientAuth", "-keyout",
                        path("\(name).key"),
                        "-out", path("\(name).crt"),
                    ])
            }
            let both = try ["api", "other"].map { try String(contentsOfFile: path("\($0).crt"), encoding: .utf8) }
            try Data(both.joined().utf8).write(to: folder.appendingPathComponent("ca.crt"))
        }

        deinit { try? FileManager.default.removeItem(at: folder) }

        func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

        func pair(_ name: String) -> [String] { ["--cert", path("\(name).crt"), "--key", path("\(name).key")] }
    }

    private func status(_ server: RunningServer, _ pair: [String]) -> Int {
        (try? server.curl("/validate", ServeTests.post(ServeTests.pod()) + pair).status) ?? 0
    }

    private func server(_ tls: String, _ clients: Clients) throws -> RunningServer {
        try RunningServer(
            configuration: """
                apiVersion: portcullis.dev/v1
                kind: Server
                spec: {hooks: [allow-all], tls: {clientCA: \(clients.path("ca.crt")), \(tls)}}

                """)
    }

    @Test func clientsMustShowACertificate() throws {
        let clients = try Clients()
        let server = try RunningServer(["--hooks", "allow-all", "--client-ca", clients.path("api.crt")])
        #expect(status(server, clients.pair("api")) == 200)
        #expect(status(server, clients.pair("other")) == 0)
        #expect(status(server, []) == 0)
    }

    @Test func ofTheCertificatesThatAreTrustedOnlyThoseListedAreLetIn() throws {
        let clients = try Clients()
        let server = try server("clientNames: [api]", clients)
        #expect(status(server, clients.pair("api")) == 200)
        #expect(status(server, clients.pair("other")) == 0)
    }

    @Test func aCertificateMayBeLeftOutWhereItIsOptional() throws {
        let clients = try Clients()
        let server = try server("clientCertificates: optional", clients)
        #expect(status(server, clients.pair("api")) == 200)
        #expect(status(server, []) == 200)
    }

    @Test func servesWithAnRSAPair() throws {
        let clients = try Clients()
        let (certificate, key) = (clients.path("rsa.crt"), clients.path("rsa.key"))
        _ = try Tool.run(
            "openssl",
            [
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
                "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate,
            ])
        let server = try RunningServer(["--hooks", "allow-all", "--certificate", certificate, "--key", key])
        for version in ["1.2", "1.3"] {
            #expect(status(server, ["--cacert", certificate, "--tlsv\(version)", "--tls-max", version]) == 200)
        }
    }

    private func client(_ server: RunningServer, _ options: [String], _ input: String = "") throws -> String {
        try Tool.run(
            "openssl", ["s_client", "-connect", "127.0.0.1:\(server.port)"] + options, input: Data(input.utf8))
    }

    @Test(arguments: [
        ["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"], ["-tls1", "-cipher", "DEFAULT@SECLEVEL=0"],
        ["-tls1_2", "-cipher", "AES128-GCM-SHA256"], ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA"],
        ["-alpn", "h2"],
    ])
    func whatIsWeakIsRefused(_ options: [String]) throws {
        let server = try RunningServer(["--hooks", "allow-all"])
        let said = try client(server, options)
        #expect(said.contains("Cipher is (NONE)"), "\(said)")
    }

    @Test func nobodyRenegotiates() throws {
        let server = try RunningServer(["--hooks", "allow-all"])
        // A line with an R has openssl ask for it.
        let said = try client(server, ["-tls1_2"], "R\n")
        #expect(said.contains("no renegotiation"), "\(said)")
    }

    @Test(arguments: ["-tls1_2", "-tls1_3"]) func sessionsAreResumedFromTheirTickets(_ version: String) throws {
        let server = try RunningServer(["--hooks", "allow-all"])
        let session = server.path("session.pem")
        // The ticket of TLS 1.3 comes with the first answer.
        let request = "GET /none HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        let first = try client(server, [version, "-ign_eof", "-sess_out", session], request)
        #expect(first.contains("\nNew, TLSv1"), "\(first)")
        #expect(try client(server, [version, "-ign_eof", "-sess_in", session], request).contains("\nReused, TLSv1"))
        // Other loops, and the next certificate, take the ticket too.
        for _ in 0..<6 {
            #expect(
                try client(server, [version, "-ign_eof", "-sess_in", session], request).contains("\nReused, TLSv1"))
        }
    }
}
