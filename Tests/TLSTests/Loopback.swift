import Glibc
import Reactor
import Synchronization
import TLS

/// Certificates that the tests share: an authority, what it signed, and another authority.
struct Authority: Sendable {
    let pair: CertificatePair
    let server: CertificatePair
    let client: CertificatePair
    let expired: CertificatePair
    static let now = SystemClock().wall / 1_000_000_000

    init() throws {
        let maker = try CertificateMaker(authority: "test", now: Self.now, days: 30)
        pair = try maker.pair()
        server = try maker.issue(
            "server", names: ["localhost", "*.security.svc", "127.0.0.1", "::1"], purpose: .server, now: Self.now,
            days: 10)
        client = try maker.issue("kube-apiserver", names: ["apiserver.test"], purpose: .client, now: Self.now, days: 10)
        expired = try maker.issue("old", names: ["localhost"], purpose: .server, now: Self.now - 20 * 86400, days: 10)
    }

    static let one = Result { try Authority() }
    static let other = Result { try Authority() }
}

/// Two ends of a connection, moved in turn by one thread.
final class Loopback {
    let client: FileDescriptor
    private let server: FileDescriptor
    var clientTLS: TLSConnection?
    var serverTLS: TLSConnection?
    private(set) var outcomes: (client: TLSOutcome, server: TLSOutcome) = (.wantsRead, .wantsRead)

    init(_ server: TLSContext, _ client: TLSContext, host: String = "localhost") throws {
        let pair = try TCPSocket.pair()
        let (one, two) = (dup(pair.one.number), dup(pair.other.number))
        self.client = FileDescriptor(adopting: one)
        self.server = FileDescriptor(adopting: two)
        clientTLS = try TLSConnection.connecting(one, to: host, client)
        serverTLS = try TLSConnection.accepting(two, server)
    }

    /// Goes on until both are through or one has failed.
    func handshake() {
        for _ in 0..<50 {
            if Self.isWaiting(outcomes.client) { outcomes.client = clientTLS!.handshake() }
            if Self.isWaiting(outcomes.server) { outcomes.server = serverTLS!.handshake() }
            if !Self.isWaiting(outcomes.client), !Self.isWaiting(outcomes.server) { break }
        }
    }

    var isEstablished: Bool { outcomes == (.done(0), .done(0)) }

    static func isWaiting(_ outcome: TLSOutcome) -> Bool { outcome == .wantsRead || outcome == .wantsWrite }

    static func read(_ connection: inout TLSConnection?) -> (TLSOutcome, [UInt8]) {
        var bytes = [UInt8](repeating: 0, count: 100_000)
        let outcome = bytes.withUnsafeMutableBytes { connection!.read(into: $0) }
        if case .done(let count) = outcome { return (outcome, Array(bytes[..<count])) }
        return (outcome, [])
    }

    static func write(_ connection: inout TLSConnection?, _ bytes: [UInt8]) -> TLSOutcome {
        bytes.withUnsafeBytes { connection!.write($0) }
    }
}

/// What the tests ask of a connection; the macro that checks expectations cannot look into one that is not copyable.
extension Loopback {
    enum Fact { case version, cipher, applicationProtocol, serverName }

    var serverHasUnread: Bool { Self.ask(&serverTLS) { $0.hasUnread } }

    var clientPeer: Certificate.Facts? { Self.ask(&clientTLS) { $0.peer } }

    var serverPeer: Certificate.Facts? { Self.ask(&serverTLS) { $0.peer } }

    func clientFact(_ fact: Fact) -> String? { Self.ask(&clientTLS) { Self.read(fact, of: $0) } }

    func serverFact(_ fact: Fact) -> String? { Self.ask(&serverTLS) { Self.read(fact, of: $0) } }

    private static func ask<R>(_ connection: inout TLSConnection?, _ question: (borrowing TLSConnection) -> R) -> R {
        let taken = connection.take()!
        let answer = question(taken)
        connection = consume taken
        return answer
    }

    private static func read(_ fact: Fact, of connection: borrowing TLSConnection) -> String? {
        switch fact {
        case .version: connection.version
        case .cipher: connection.cipher
        case .applicationProtocol: connection.applicationProtocol
        case .serverName: connection.serverName
        }
    }

    static func read(_ connection: inout TLSConnection?, into bytes: inout [UInt8]) -> TLSOutcome {
        bytes.withUnsafeMutableBytes { connection!.read(into: $0) }
    }

    var clientNumber: CInt { client.number }
}
