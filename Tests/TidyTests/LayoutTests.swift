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

    @Test func everyArrowPointsDown() {
        let complaints = SourceFile.sources.flatMap { file in
            Checks.imports(of: file).compactMap { House.complaint(file.target, imports: $0) }.map {
                "\(file.path): \($0)"
            }
        }
        #expect(complaints.isEmpty)
    }

    @Test func everyPartHasItsPlace() {
        let parts = Set(SourceFile.sources.map(\.target)).subtracting(House.outside)
        #expect(parts.filter { House.floor(of: $0) == nil }.isEmpty)
    }

    @Test func noPartUsesFoundation() {
        let users = SourceFile.sources.filter { !House.outside.contains($0.target) }
            .filter { Checks.imports(of: $0).contains { $0.hasPrefix("Foundation") } }
        #expect(users.map(\.path).isEmpty)
    }

    @Test func arrowsThatPointUpAreSeen() {
        #expect(House.complaint("JSON", imports: "YAML") != nil)
        #expect(House.complaint("CEL", imports: "Reactor") != nil)
        #expect(House.complaint("CELKubernetes", imports: "YAML") != nil)
        #expect(House.complaint("Cellar", imports: "JSON") != nil)
        #expect(House.complaint("YAML", imports: "JSON") == nil)
    }
}
