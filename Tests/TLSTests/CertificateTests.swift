import Reactor
import Testing

@testable import TLS

@Suite struct CertificateTests {
    @Test func saysWhatItIsGoodFor() throws {
        let pair = try Authority.one.get().server
        let facts = try pair.facts()
        #expect(facts.commonName == "server")
        #expect(facts.names == ["localhost", "*.security.svc"])
        #expect(facts.addresses == [.loopbackV4, .loopbackV6])
        #expect(facts.notAfter == Authority.now + 10 * 86400)
        #expect(facts.notBefore == Authority.now - 3600)
        #expect(facts.warning(at: Authority.now) == nil)
        #expect(facts.warning(at: facts.notAfter + 7300) == "the certificate expired 2 hours ago")
        #expect(facts.warning(at: facts.notBefore - 7300) == "the certificate is not valid for another 2 hours")
    }

    @Test func aPairThatDoesNotFitIsRefused() throws {
        let (one, other) = (try Authority.one.get().server, try Authority.other.get().server)
        #expect(throws: TLSError(.keyMismatch)) { try CertificatePair(chain: one.chain, key: other.key).facts() }
        #expect(throws: TLSError(.noKey)) { try CertificatePair(chain: one.chain, key: one.chain).facts() }
        #expect(throws: TLSError(.noCertificate)) { try CertificatePair(chain: one.key, key: one.key).facts() }
        #expect(throws: TLSError(.noKey)) { try CertificatePair(chain: [], key: []).facts() }
        var cut = one
        cut.key.removeLast(60)
        #expect(throws: TLSError(.noKey)) { try cut.facts() }
    }

    @Test(arguments: ["", "a b", "a,DNS:b", "*", "a.*.b", "a..b", "ü", "email:copy", String(repeating: "a", count: 64)])
    func aNameThatIsNoneIsRefused(name: String) throws {
        let maker = try CertificateMaker(authority: "test", now: Authority.now, days: 1)
        #expect(throws: TLSError(.invalidName)) {
            try maker.issue("x", names: [name], purpose: .server, now: Authority.now, days: 1)
        }
    }

    @Test func aNewPairIsAnother() throws {
        let maker = try CertificateMaker(authority: "test", now: Authority.now, days: 1)
        let pairs = try (0..<2).map { _ in
            try maker.issue("x", names: [], purpose: .client, now: Authority.now, days: 1)
        }
        #expect(pairs[0] != pairs[1])
    }

    @Test func ticketKeysRotateAndAreForgotten() throws {
        let clock = SimulatedClock()
        let keys = try TicketKeys(clock: clock, period: .seconds(100))
        let first = try keys.sealing().name
        func opens(_ name: [UInt8]) throws -> Bool? {
            try name.withUnsafeBufferPointer { try keys.opening($0)?.isOld }
        }
        #expect(try opens(first) == false)
        clock.advance(by: .seconds(100))
        #expect(try opens(first) == true)
        let second = try keys.sealing().name
        #expect(second != first)
        clock.advance(by: .seconds(100))
        #expect(try opens(first) == nil)
        #expect(try opens(second) == true)
        clock.advance(by: .seconds(1000))
        #expect(try opens(second) == nil)
    }
}
