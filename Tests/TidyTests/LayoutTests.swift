import Foundation
import TestSupport
import Testing

@Suite struct LayoutTests {
    @Test func topLevelHoldsExactlyWhatTheHouseAllows() throws {
        let allowed: Set = [
            "Package.swift", "Sources", "Tests", "deploy", "certs-dev", "README.md", "LICENSE",
        ]
        let found = try FileManager.default.contentsOfDirectory(atPath: Corpus.checkout.path)
        #expect(Set(found.filter { !$0.hasPrefix(".") }).subtracting(allowed).isEmpty)
    }
}
