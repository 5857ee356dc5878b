import Foundation
import Reactor
import TLS
import TestSupport
import Testing

@Suite struct PairReadingTests {
    /// A certificate and its key are two files, and what swaps both at once may do so between the readings of the two.
    @Test func aSwapBetweenTheTwoFilesIsNoMismatch() throws {
        let directory = try TemporaryDirectory()
        let folder = "\(directory.path)/certs"
        let now = SystemClock().wall / 1_000_000_000
        let maker = try CertificateMaker(authority: "test", now: now, days: 2)
        let pairs = try (0..<2).map { _ in
            try maker.issue("x", names: ["localhost"], purpose: .server, now: now, days: 1)
        }
        @Sendable func swap(_ pair: CertificatePair) throws {
            try SwappedFolder.replace(
                folder,
                with: [
                    .init(name: "tls.crt", bytes: pair.chain, mode: 0o644),
                    .init(name: "tls.key", bytes: pair.key, mode: 0o600),
                ], removed: [])
        }
        try swap(pairs[0])
        let done = DispatchSemaphore(value: 0)
        DispatchQueue.global().async {
            for round in 1...200 { try? swap(pairs[round % 2]) }
            done.signal()
        }
        let files = CertificateFiles(certificate: "\(folder)/tls.crt", key: "\(folder)/tls.key")
        var seen: Set<[UInt8]> = []
        while done.wait(timeout: .now()) == .timedOut {
            let pair = try files.read()
            #expect(throws: Never.self) { try pair.facts() }
            seen.insert(pair.chain)
        }
        #expect(seen.count == 2)
    }
}
