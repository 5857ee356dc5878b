import Reactor
import Testing

@testable import TLS

@Suite struct HandshakeTests {
    private let one: Authority
    private let other: Authority
    private let tickets: TicketKeys

    init() throws {
        one = try Authority.one.get()
        other = try Authority.other.get()
        tickets = try TicketKeys(clock: SystemClock())
    }

    private func server(_ change: (inout TLSServerConfiguration) -> Void = { _ in }) throws -> TLSContext {
        var configuration = TLSServerConfiguration(pairs: [one.server])
        change(&configuration)
        return try TLSContext(configuration, tickets: tickets)
    }

    private func client(_ change: (inout TLSClientConfiguration) -> Void = { _ in }) throws -> TLSContext {
        var configuration = TLSClientConfiguration()
        configuration.authorities = one.pair.chain
        change(&configuration)
        return try TLSContext(configuration)
    }

    @Test(arguments: ["localhost", "localhost.", "scanner.security.svc", "127.0.0.1", "::1"])
    func aServerIsTrustedByNameAndByAddress(host: String) throws {
        let loopback = try Loopback(server(), client(), host: host)
        loopback.handshake()
        #expect(loopback.isEstablished)
        #expect(loopback.serverFact(.version) == "TLSv1.3")
        #expect(loopback.serverFact(.applicationProtocol) == "http/1.1")
        #expect(loopback.clientPeer?.names == ["localhost", "*.security.svc"])
        let expected = IPAddress(host) == nil ? host.trimmingSuffix(".") : nil
        #expect(loopback.serverFact(.serverName) == expected)
    }

    /// Each name has its certificate; who asks for another sees the first.
    @Test(arguments: [
        ("localhost", "localhost"), ("gate.example", "gate.example"), ("GATE.example", "gate.example"),
        ("a.apps.example", "*.apps.example"), ("127.0.0.1", "localhost"),
    ])
    func aClientSeesTheCertificateOfTheNameItAsksFor(host: String, expected: String) throws {
        let maker = try CertificateMaker(authority: "names", now: Authority.now, days: 5)
        let pairs = try [["localhost", "127.0.0.1"], ["gate.example"], ["*.apps.example", "other.example"]].map {
            try maker.issue($0[0], names: $0, purpose: .server, now: Authority.now, days: 5)
        }
        let loopback = try Loopback(
            server { $0.pairs = pairs }, client { $0.authorities = try? maker.pair().chain }, host: host)
        loopback.handshake()
        #expect(loopback.isEstablished && loopback.clientPeer?.names.first == expected, "\(loopback.outcomes)")
        #expect(loopback.serverFact(.applicationProtocol) == "http/1.1")
    }

    @Test func whoAsksForAnUnknownNameSeesTheFirstCertificate() throws {
        let maker = try CertificateMaker(authority: "names", now: Authority.now, days: 5)
        let stranger = try maker.issue("x", names: ["x.example"], purpose: .server, now: Authority.now, days: 5)
        let pairs = [one.server, stranger]
        let loopback = try Loopback(server { $0.pairs = pairs }, client(), host: "unknown.example")
        loopback.handshake()
        guard case .failed(let error) = loopback.outcomes.client else {
            Issue.record("\(loopback.outcomes)")
            return
        }
        #expect(error.description.contains("mismatch"))
    }

    @Test(arguments: ["127.0.0.2", "example.com", "a.b.security.svc", "security.svc"])
    func anotherNameIsNotTrusted(host: String) throws {
        let loopback = try Loopback(server(), client(), host: host)
        loopback.handshake()
        guard case .failed(let error) = loopback.outcomes.client else {
            Issue.record("\(loopback.outcomes)")
            return
        }
        #expect(error.kind == .untrusted)
        #expect(error.description.contains("mismatch"))
    }

    @Test func anotherAuthorityIsNotTrusted() throws {
        let loopback = try Loopback(server(), client { $0.authorities = other.pair.chain })
        loopback.handshake()
        guard case .failed(let error) = loopback.outcomes.client else {
            Issue.record("\(loopback.outcomes)")
            return
        }
        #expect(error.kind == .untrusted)
        guard case .failed(let alert) = loopback.outcomes.server else {
            Issue.record("\(loopback.outcomes)")
            return
        }
        #expect(alert.description.contains("unknown ca"))
    }

    @Test func anExpiredCertificateIsNotTrusted() throws {
        let loopback = try Loopback(server { $0.pairs = [one.expired] }, client())
        loopback.handshake()
        guard case .failed(let error) = loopback.outcomes.client else {
            Issue.record("\(loopback.outcomes)")
            return
        }
        #expect(error.description == "the certificate is not accepted: certificate has expired")
    }

    @Test func aClientShowsItsCertificate() throws {
        let context = try server {
            $0.clientAuthentication = .required
            $0.clientAuthorities = one.pair.chain
            $0.allowedClients = ["kube-apiserver"]
        }
        let loopback = try Loopback(context, client { $0.pair = one.client })
        loopback.handshake()
        #expect(loopback.isEstablished)
        #expect(loopback.serverPeer?.commonName == "kube-apiserver")
    }

    @Test func aClientWithoutTheRightCertificateIsRefused() throws {
        func outcome(
            _ authentication: TLSServerConfiguration.ClientAuthentication, allowed: Set<String> = [],
            _ pair: CertificatePair?
        ) throws -> TLSOutcome {
            let context = try server {
                $0.clientAuthentication = authentication
                $0.clientAuthorities = one.pair.chain
                $0.allowedClients = allowed
            }
            let loopback = try Loopback(context, client { $0.pair = pair })
            loopback.handshake()
            return loopback.outcomes.server
        }
        guard case .failed(let missing) = try outcome(.required, nil) else {
            Issue.record("a client without a certificate was let in")
            return
        }
        #expect(missing.description.contains("peer did not return a certificate"))
        #expect(try outcome(.optional, nil) == .done(0))
        guard case .failed(let foreign) = try outcome(.optional, other.client) else {
            Issue.record("a client of another authority was let in")
            return
        }
        #expect(foreign.kind == .untrusted)
        #expect(try outcome(.required, allowed: ["someone"], one.client) == .failed(TLSError(.nameNotAllowed)))
        #expect(try outcome(.required, allowed: ["apiserver.test"], one.client) == .done(0))
        // A server's certificate is not a client's.
        guard case .failed = try outcome(.required, one.server) else {
            Issue.record("a server's certificate was taken for a client's")
            return
        }
    }

    @Test func theLeastVersionIsKept() throws {
        var old = TLSPolicy()
        old.maximumVersion = .tls12
        var new = TLSPolicy()
        new.minimumVersion = .tls13
        let fine = try Loopback(server(), client { $0.policy = old })
        fine.handshake()
        #expect(fine.isEstablished)
        #expect(fine.clientFact(.version) == "TLSv1.2")
        #expect(fine.clientFact(.cipher)!.hasPrefix("ECDHE-ECDSA-"))
        let refused = try Loopback(server { $0.policy = new }, client { $0.policy = old })
        refused.handshake()
        #expect(!refused.isEstablished)
    }

    @Test func aPolicyThatMakesNoSenseIsRefused() throws {
        var nonsense = TLSPolicy()
        nonsense.ciphers = "NO-SUCH-CIPHER"
        #expect(throws: TLSError.self) { try client { $0.policy = nonsense } }
    }

    @Test func bytesGoBothWays() throws {
        let loopback = try Loopback(server(), client())
        loopback.handshake()
        let sent = (0..<70_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        var (received, rest) = ([UInt8](), sent[...])
        for _ in 0..<1000 where received.count < sent.count {
            if !rest.isEmpty, case .done(let count) = Loopback.write(&loopback.clientTLS, Array(rest)) {
                rest = rest.dropFirst(count)
            }
            received += Loopback.read(&loopback.serverTLS).1
        }
        #expect(received == sent)
        #expect(Loopback.read(&loopback.serverTLS).0 == .wantsRead)
        #expect(Loopback.write(&loopback.serverTLS, [1, 2, 3]) == .done(3))
        #expect(Loopback.read(&loopback.clientTLS).1 == [1, 2, 3])
        let farewell = loopback.clientTLS!.shutdown()
        #expect(farewell == .done(0))
        #expect(Loopback.read(&loopback.serverTLS).0 == .closed(isClean: true))
    }

    /// A reader whose buffer is smaller than what has been decrypted must learn that there is more.
    @Test func whatIsLeftInARecordIsTold() throws {
        let loopback = try Loopback(server(), client())
        loopback.handshake()
        _ = Loopback.read(&loopback.clientTLS)
        #expect(Loopback.write(&loopback.clientTLS, [UInt8](repeating: 1, count: 1000)) == .done(1000))
        var small = [UInt8](repeating: 0, count: 600)
        #expect(!loopback.serverHasUnread)
        #expect(Loopback.read(&loopback.serverTLS, into: &small) == .done(600))
        #expect(loopback.serverHasUnread)
        #expect(Loopback.read(&loopback.serverTLS, into: &small) == .done(400))
        #expect(!loopback.serverHasUnread)
    }

    @Test func garbageIsAnErrorAndAnUncleanEndIsTold() throws {
        let pair = try TCPSocket.pair()
        var connection = try TLSConnection.accepting(pair.one.number, server())
        _ = try pair.other.write(Array("GET / HTTP/1.1\r\n\r\n".utf8).span)
        guard case .failed(let error) = connection.handshake() else {
            Issue.record("plain HTTP was taken for TLS")
            return
        }
        #expect(error.description == "http request")
        let farewell = connection.shutdown()
        #expect(farewell == .done(0))
        let (context, clientContext) = (try server(), try client())
        var loopback: Loopback? = try Loopback(context, clientContext)
        loopback!.handshake()
        var half = loopback!.serverTLS.take()
        TCPSocket.shutdownWriting(loopback!.clientNumber)
        #expect(Loopback.read(&half).0 == .closed(isClean: false))
        loopback = nil
    }
}

extension String {
    func trimmingSuffix(_ suffix: String) -> String { hasSuffix(suffix) ? String(dropLast(suffix.count)) : self }
}
