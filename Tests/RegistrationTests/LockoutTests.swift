import Foundation
import Policies
import Testing

@testable import Registration

/// Configurations of all sorts under `Tests/Lockouts`: those that lock out say where that must be told.
@Suite struct LockoutTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Lockouts")

    private static func names(_ kind: String) -> [String] {
        let folder = folder.appendingPathComponent(kind).path
        return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }

    static let unsafeNames = names("unsafe")
    static let safeNames = names("safe")

    private static func text(_ kind: String, _ name: String) throws -> String {
        try String(contentsOf: folder.appendingPathComponent("\(kind)/\(name)"), encoding: .utf8)
    }

    private static func problems(_ text: String, _ name: String = "x.yaml") -> [String] {
        let check = RuleCheck([RuleFile(name: name, bytes: Array(text.utf8))])
        return check.adding(LockoutCheck(own: "portcullis-system").problems(of: check)).problems.map(\.description)
    }

    @Test func thereAreAsManyAsThereShouldBe() {
        #expect(Self.unsafeNames.count == 12 && Self.safeNames.count == 12)
    }

    @Test(arguments: unsafeNames) func tellsOfEveryLockoutAndWhereItIs(name: String) throws {
        let text = try Self.text("unsafe", name)
        let found = Self.problems(text, name)
        let expected = text.split(separator: "\n").filter { $0.hasPrefix("# expect: ") }.map { $0.dropFirst(10) }
        #expect(!expected.isEmpty)
        for line in expected {
            let parts = line.split(separator: ": ", maxSplits: 1).map(String.init)
            let place = "\(name):\(parts[0]): warning: lock-out: "
            #expect(found.contains { $0.hasPrefix(place) && $0.contains(parts[1]) }, "\(line) is not in \(found)")
        }
        // Everything that is told is about a place that was expected.
        for problem in found {
            #expect(expected.contains { problem.hasPrefix("\(name):\($0.split(separator: ": ")[0]): ") }, "\(problem)")
        }
    }

    @Test(arguments: safeNames) func saysNothingOfWhatIsSafe(name: String) throws {
        #expect(Self.problems(try Self.text("safe", name), name) == [])
    }
}
