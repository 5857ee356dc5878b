import Glibc
import Reactor
import TLS
import TestSupport
import Testing

final class Reloads: CertificateReloadHandler {
    var facts: [Certificate.Facts] = []
    var refusals: [String] = []

    func reloaded(_ facts: Certificate.Facts, on loop: EventLoop) { self.facts.append(facts) }

    func refused(_ reason: String, on loop: EventLoop) { refusals.append(reason) }
}

@Suite struct ReloadTests {
    private let loop: EventLoop
    private let directory: TemporaryDirectory
    private let maker: CertificateMakerBox
    private let reloads = Reloads()

    init() throws {
        loop = try EventLoop(clock: SystemClock())
        directory = try TemporaryDirectory()
        maker = try CertificateMakerBox()
    }

    private func turn(until condition: () -> Bool) {
        let end = SystemClock().now + .seconds(10)
        let alarm = loop.arm(after: .seconds(10)) { _ in }
        while !condition(), SystemClock().now < end { loop.turn() }
        loop.cancel(alarm)
        #expect(condition())
    }

    /// Versions lie in directories of their own, and `..data` points to one, as in a mounted Secret.
    private func write(_ version: String, _ pair: CertificatePair) throws {
        try WholeFile.makeDirectory("\(directory.path)/\(version)")
        try WholeFile.create("\(directory.path)/\(version)/tls.crt", with: pair.chain)
        try WholeFile.create("\(directory.path)/\(version)/tls.key", with: pair.key, mode: 0o600)
        symlink(version, "\(directory.path)/..tmp")
        rename("\(directory.path)/..tmp", "\(directory.path)/..data")
    }

    private func begin() throws -> (CertificateReload, ServerIdentity) {
        let first = try maker.issue("first")
        try write("..1", first)
        for name in ["tls.crt", "tls.key"] { symlink("..data/\(name)", "\(directory.path)/\(name)") }
        let files = CertificateFiles(
            certificate: "\(directory.path)/tls.crt", key: "\(directory.path)/tls.key")
        let tickets = try TicketKeys(clock: SystemClock())
        let configuration = TLSServerConfiguration(pairs: [try files.read()])
        let identity = ServerIdentity(try TLSContext(configuration, tickets: tickets))
        var pace = DirectoryWatch.Pace()
        pace.debounce = .milliseconds(10)
        let reload = try CertificateReload(
            [files], configuration, identity: identity, tickets: tickets, pace: pace, on: loop, handler: reloads)
        return (reload, identity)
    }

    private func client() throws -> TLSContext {
        var configuration = TLSClientConfiguration()
        configuration.authorities = try maker.authority()
        return try TLSContext(configuration)
    }

    @Test func aSwappedPairIsUsedAndOpenConnectionsStay() throws {
        let (reload, identity) = try begin()
        let old = try Loopback(identity.context, client())
        old.handshake()
        try write("..2", maker.issue("second"))
        turn { !reloads.facts.isEmpty }
        #expect(reloads.facts.map(\.commonName) == ["second"])
        #expect(identity.generation == 1)
        let new = try Loopback(identity.context, client())
        new.handshake()
        #expect(new.isEstablished && new.clientPeer?.commonName == "second")
        #expect(Loopback.write(&old.clientTLS, [9]) == .done(1))
        #expect(Loopback.read(&old.serverTLS).1 == [9])
        reload.close()
        #expect(loop.sourceCount == 0 && loop.timerCount == 0)
    }

    @Test func aBadPairIsRefusedAndReported() throws {
        let (reload, identity) = try begin()
        let (second, third) = (try maker.issue("second"), try maker.issue("third"))
        try write("..2", CertificatePair(chain: second.chain, key: third.key))
        turn { !reloads.refusals.isEmpty }
        #expect(reloads.refusals[0].contains("tls.key: the private key does not belong to the certificate; the old"))
        #expect(identity.generation == 0)
        let connection = try Loopback(identity.context, client())
        connection.handshake()
        #expect(connection.clientPeer?.commonName == "first")
        try write("..3", third)
        turn { !reloads.facts.isEmpty }
        #expect(reloads.facts.map(\.commonName) == ["third"])
        reload.close()
    }

    /// Files written one after the other do not fit for a moment.
    @Test func halvesThatArriveApartAreWaitedFor() throws {
        let (reload, _) = try begin()
        let second = try maker.issue("second")
        try WholeFile.replace("\(directory.path)/tls.crt", with: second.chain)
        loop.arm(after: .milliseconds(300)) { [directory] _ in
            try? WholeFile.replace("\(directory.path)/tls.key", with: second.key, mode: 0o600)
        }
        turn { !reloads.facts.isEmpty }
        #expect(reloads.refusals.isEmpty)
        reload.close()
    }
}

/// A maker that a copyable suite can hold.
final class CertificateMakerBox {
    private let maker: CertificateMaker

    init() throws { maker = try CertificateMaker(authority: "test", now: Authority.now, days: 10) }

    func issue(_ name: String) throws -> CertificatePair {
        try maker.issue(name, names: ["localhost"], purpose: .server, now: Authority.now, days: 5)
    }

    func authority() throws -> [UInt8] { try maker.pair().chain }
}
