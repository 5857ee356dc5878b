import Foundation
import JSON
import TestSupport
import Testing

@Suite struct DiffTests {
    /// Old, new, and the patch that a careful person would write.
    static let examples: [(String, String, String)] = [
        (#"{"a":1}"#, #"{"a":1}"#, "[]"),
        (#"{"a":{}}"#, #"{"a":{"b":1}}"#, #"[{"op":"add","path":"/a/b","value":1}]"#),
        (#"{"a":1,"b":2}"#, #"{"b":3}"#, #"[{"op":"remove","path":"/a"},{"op":"replace","path":"/b","value":3}]"#),
        ("[1,2,3,4]", "[1,4]", #"[{"op":"remove","path":"/2"},{"op":"remove","path":"/1"}]"#),
        ("[1,2,3]", "[0,1,2,3]", #"[{"op":"add","path":"/0","value":0}]"#),
        ("[1,2,3]", "[1,2,3,4]", #"[{"op":"add","path":"/3","value":4}]"#),
        ("[1,2,3]", "[1,9,3]", #"[{"op":"replace","path":"/1","value":9}]"#),
        (
            #"[{"name":"app","image":"a:1","env":[1,2]}]"#,
            #"[{"name":"sidecar"},{"name":"app","image":"a:2","env":[1,2]}]"#,
            #"[{"op":"replace","path":"/0/image","value":"a:2"},{"op":"add","path":"/0","value":{"name":"sidecar"}}]"#
        ),
        (#"{"a/b":{"m~n":1}}"#, #"{"a/b":{"m~n":2}}"#, #"[{"op":"replace","path":"/a~1b/m~0n","value":2}]"#),
        ("1", "1.0", #"[{"op":"replace","path":"","value":1}]"#),
        ("[]", "{}", #"[{"op":"replace","path":"","value":{}}]"#),
    ]

    @Test(arguments: examples) func isWhatAPersonWouldWrite(_ old: String, _ new: String, _ patch: String) throws {
        let before = try JSONDocument(parsing: old)
        let after = try JSONDocument(parsing: new)
        let diff = JSONPatch.diff(from: before.root, to: after.root)
        #expect(diff.withRoot { $0.text() } == patch)
    }

    @Test func makesOneDocumentOfTheOther() throws {
        let environment = ProcessInfo.processInfo.environment
        let count = environment["PORTCULLIS_DIFF_PAIRS"].flatMap { Int($0) } ?? 3000
        let seed = environment["PORTCULLIS_SEED"].flatMap { UInt64($0) } ?? 6902
        for pair in 0..<count {
            var random = SeededRandom(seed: seed &+ UInt64(pair))
            let old = try #require(RandomJSON.document(&random))
            let new = try #require(
                random.oneIn(4) ? RandomJSON.document(&random) : RandomJSON.variant(of: old.root, &random))
            let patch = JSONPatch.diff(from: old.root, to: new.root)
            let result = try JSONPatch.apply(patch.root, to: old.root)
            guard result.root.isEqual(to: new.root) else {
                Issue.record("seed \(seed &+ UInt64(pair)): \(old.root) to \(new.root): \(patch.root)")
                return
            }
        }
    }

    @Test func leavesLargeArraysInPlace() throws {
        var numbers = (0..<5000).map { String($0) }
        let old = try JSONDocument(parsing: "[" + numbers.joined(separator: ",") + "]")
        numbers.remove(at: 4000)
        numbers.insert("-1", at: 100)
        numbers[2500] = "-2"
        let new = try JSONDocument(parsing: "[" + numbers.joined(separator: ",") + "]")
        let patch = JSONPatch.diff(from: old.root, to: new.root)
        #expect(patch.root.count == 3)
        #expect(try JSONPatch.apply(patch.root, to: old.root).withRoot { $0.isEqual(to: new.root) })
    }
}
