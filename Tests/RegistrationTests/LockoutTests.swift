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

    private static let kubeletsApart = """
        spec:
          phase: validate
          match:
            resourceRules: [{operations: [UPDATE], apiGroups: [""], apiVersions: [v1], resources: [nodes]}]
            matchConditions: [{name: people, expression: "EXPRESSION"}]
          run: {cel: {validations: [{expression: "true"}]}}

        """

    private static func node(_ name: String, _ expression: String, _ metadata: String = "") -> String {
        "---\napiVersion: portcullis.dev/v1\nkind: Hook\nmetadata: {name: \(name)\(metadata)}\n"
            + kubeletsApart.replacing("EXPRESSION", with: expression)
    }

    @Test func rulesThatShareAWebhookAreToldToPart() {
        let (one, other) = ("!request.userInfo.username.startsWith('system:')", "request.userInfo.username == 'anna'")
        let shared = Self.problems(Self.node("a", one) + Self.node("b", other))
        #expect(
            shared.count == 2 && shared.allSatisfy { $0.contains("with the label portcullis.dev/group") }, "\(shared)")
        let apart = Self.problems(Self.node("a", one) + Self.node("b", other, ", labels: {portcullis.dev/group: b}"))
        #expect(apart == [])
    }

    @Test func whatIsAdvisedForAConditionThatCanFailHelps() {
        let doubtful = "!request.userInfo.username.startsWith('system:') && request.name != 'x'"
        #expect(Self.problems(Self.node("a", doubtful)).first?.contains("but can fail") == true)
        let mended = Self.node("a", doubtful).replacing(
            "matchConditions: [",
            with: "matchConditions: [{name: sure, expression: \"!request.userInfo.username.startsWith('system:')\"}, ")
        #expect(Self.problems(mended) == [])
    }
}
