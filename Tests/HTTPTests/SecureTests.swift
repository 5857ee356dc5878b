import Glibc
import HTTP
import Reactor
import TLS
import TestSupport
import Testing

/// A server with TLS, its authority, and clients that trust it.
struct SecureServer {
    let authority: CertificatePair
    let client: CertificatePair
    let identity: ServerIdentity
    let server: RunningServer
    private let tickets: TicketKeys
    private let reissue: () throws -> CertificatePair

    init(
        _ authentication: TLSServerConfiguration.ClientAuthentication = .none,
        _ change: (inout HTTPServerOptions) -> Void = { _ in }
    ) throws {
        let now = SystemClock().wall / 1_000_000_000
        let box = MakerBox(try CertificateMaker(authority: "test", now: now, days: 5))
        reissue = {
            try box.maker.issue("server", names: ["localhost", "127.0.0.1"], purpose: .server, now: now, days: 2)
        }
        authority = try box.maker.pair()
        client = try box.maker.issue("somebody", names: [], purpose: .client, now: now, days: 2)
        tickets = try TicketKeys(clock: SystemClock())
        var configuration = TLSServerConfiguration(pairs: [try reissue()])
        configuration.clientAuthentication = authentication
        if authentication != .none { configuration.clientAuthorities = authority.chain }
        identity = ServerIdentity(try TLSContext(configuration, tickets: tickets))
        server = try RunningServer(identity: identity, change)
    }

    func rotate() throws {
        identity.replace(try TLSContext(TLSServerConfiguration(pairs: [try reissue()]), tickets: tickets))
    }

    func client(_ path: String, host: String = "localhost", certificate: CertificatePair? = nil) throws -> TurnedClient
    {
        var configuration = TLSClientConfiguration()
        configuration.authorities = authority.chain
        configuration.pair = certificate
        let context = try TLSContext(configuration)
        return try TurnedClient("https://\(host):\(server.address.port)\(path)") {
            $0.tls = context
            $0.limits.bodyBytesMax = 8 << 20
        }
    }

    /// Sends those bytes over a connection of their own; everything the server says until it closes, or nil if it does not.
    func exchange(_ text: String) throws -> String? {
        var configuration = TLSClientConfiguration()
        configuration.authorities = authority.chain
        let client = try RawClient(server.address)
        var connection = try TLSConnection.connecting(client.socket, to: "localhost", TLSContext(configuration))
        guard case .done = connection.handshake() else { return nil }
        let bytes = Array(text.utf8)
        guard case .done(bytes.count) = bytes.withUnsafeBytes({ connection.write($0) }) else { return nil }
        var said: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            switch buffer.withUnsafeMutableBytes({ connection.read(into: $0) }) {
            case .done(let count): said += buffer[..<count]
            case .closed(isClean: true): return String(decoding: said, as: UTF8.self)
            default: return nil
            }
        }
    }

    private final class MakerBox {
        let maker: CertificateMaker

        init(_ maker: consuming CertificateMaker) { self.maker = maker }
    }
}

@Suite struct SecureTests {
    @Test func requestsAndBigBodiesGoThroughTLS() throws {
        let secure = try SecureServer()
        for host in ["localhost", "127.0.0.1"] {
            let client = try secure.client("/echo", host: host)
            for number in 0..<20 { #expect(try client.ask(.post, "n\(number)").get().text == "n\(number)") }
            let body = String(repeating: "0123456789abcdef", count: 1 << 17)
            #expect(try client.ask(.post, body).get().text == body)
            #expect(client.client.counters.connections == 1)
        }
        #expect(secure.server.state.counters.handshakes == 2)
        let big = try secure.client("/big")
        #expect(try big.ask().get().body.count == 4 << 20)
    }

    /// Every vector gets the status of its offence and nothing else, and the connection ends with a farewell.
    @Test func whatIsRefusedIsToldSoAndTheConnectionEnds() throws {
        let secure = try SecureServer()
        for refusal in Refusal.all {
            let said = try secure.exchange(refusal.text)
            let status = refusal.error.status.code
            #expect(said?.hasPrefix("HTTP/1.1 \(status) ") == true, "\(refusal): \(said ?? "nothing")")
            #expect(said?.contains("Connection: close\r\n") == true, "\(refusal)")
            #expect(said?.split(separator: "HTTP/1.1 ").count == 1, "\(refusal)")
        }
        let counters = secure.server.state.counters
        #expect(Int(counters.refused + counters.tooLarge) == Refusal.all.count && counters.requests == 0)
    }

    @Test func clientCertificatesReachTheHandler() throws {
        let secure = try SecureServer(.required)
        #expect(try secure.client("/who", certificate: secure.client).ask().get().text == "somebody")
        #expect(try !secure.client("/who").ask().complaint.isEmpty)
        let optional = try SecureServer(.optional)
        #expect(try optional.client("/who").ask().get().text == "nobody")
    }

    @Test func aServerThatIsNotTrustedGetsNoRequest() throws {
        let (one, other) = (try SecureServer(), try SecureServer())
        var configuration = TLSClientConfiguration()
        configuration.authorities = other.authority.chain
        let context = try TLSContext(configuration)
        let client = try TurnedClient("https://localhost:\(one.server.address.port)/echo") { $0.tls = context }
        #expect(try client.ask().complaint.hasPrefix("TLS: the certificate is not accepted: "))
        #expect(one.server.state.counters.requests == 0)
        let none = try TurnedClient("https://localhost:\(one.server.address.port)/echo")
        #expect(try none.ask().complaint == "there is no TLS configuration for this https URL")
    }

    @Test func aRotatedCertificateDropsNoConnection() throws {
        let secure = try SecureServer()
        let kept = try secure.client("/echo")
        for number in 0..<30 {
            #expect(try kept.ask(.post, "k\(number)").get().text == "k\(number)")
            try secure.rotate()
            #expect(try secure.client("/echo").ask(.post, "f").get().text == "f")
        }
        #expect(kept.client.counters.connections == 1)
        #expect(secure.server.state.counters.handshakeFailures == 0)
    }

    @Test func whoDoesNotSpeakTLSOrStaysSilentIsCutOff() throws {
        let secure = try SecureServer(.none) { $0.handshakeTimeout = .milliseconds(150) }
        let plain = try RawClient(secure.server.address)
        plain.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = plain.readToEnd()
        let silent = try RawClient(secure.server.address)
        #expect(silent.readToEnd() == "")
        #expect(secure.server.wait { $0.connections == 0 })
        #expect(secure.server.state.counters.handshakeFailures == 2)
    }
}
