import JSON
import Testing

@testable import YAML

@Suite struct DocumentTests {
    static func document(_ text: String, _ options: YAMLOptions = YAMLOptions()) throws -> YAMLDocument {
        try YAMLDocument(parsing: Array(text.utf8), options: options)
    }

    static func json(_ text: String, _ options: YAMLOptions = YAMLOptions()) throws -> String {
        let document = try document(text, options)
        return document.json.withRoot { "\(Rendered($0))" }
    }

    @Test func everyValueAndKeyKeepsItsPlace() throws {
        let document = try Self.document("a: 1\nlist:\n- x: é\n  z: [1, w]\n- |\n  text\nb: &k 2\nc: *k\n")
        try document.json.withRoot { root in
            func place(_ node: JSONNode?) throws -> [Int] {
                let position = document.position(of: try #require(node))
                return [position.line, position.column]
            }
            #expect(try place(root) == [1, 1])
            #expect(try place(root["a"]) == [1, 4])
            let list = try #require(root["list"])
            #expect(try place(list) == [3, 1])
            #expect(try place(list.element(0)?["z"]?.element(1)) == [4, 10])
            #expect(try place(list.element(1)) == [5, 3])
            #expect(try place(root["c"]) == [8, 4])
            let keys = root.members.map { document.position(of: $0.key) }
            #expect(keys.map(\.line) == [1, 2, 7, 8])
        }
    }

    static let merges: [(text: String, json: String)] = [
        ("a: &a {x: 1}\nb: {<<: *a, z: 2}\n", #"{"a":{"x":1},"b":{"x":1,"z":2}}"#),
        ("b: {<<: [{x: 1}, {z: 2}]}\n", #"{"b":{"z":2,"x":1}}"#),
        ("a: &a {x: 1}\nb: &b {<<: *a, z: 2}\nc: {<<: *b}\n", #"{"a":{"x":1},"b":{"x":1,"z":2},"c":{"x":1,"z":2}}"#),
        ("\"<<\": 1\n", #"{"<<":1}"#),
    ]

    @Test(arguments: merges) func mergesMappings(_ merge: (text: String, json: String)) throws {
        #expect(try Self.json(merge.text) == merge.json)
    }

    @Test func theCoreSchemaHasNoMergeKeys() throws {
        #expect(try Self.json("<<: {a: 1}\n", YAMLOptions(schema: .core)) == #"{"<<":{"a":1}}"#)
    }

    @Test func aMergedKeyCountsAsSet() throws {
        let text = "a: &a {x: 1}\nb: {<<: *a, x: 2}\n"
        #expect(throws: YAMLError.self) { try Self.document(text) }
        #expect(try Self.json(text, YAMLOptions(duplicateKeys: .lastWins)) == #"{"a":{"x":1},"b":{"x":2}}"#)
    }

    @Test func largeMappingsFindTheirDuplicates() throws {
        var text = (0..<1_000).map { "key\($0): \($0)\n" }.joined()
        #expect(try Self.document(text).json.withRoot { $0["key999"]?.int } == 999)
        text += "key500: again\n"
        let error = #expect(throws: YAMLError.self) { try Self.document(text) }
        #expect(error?.line == 1_001)
        let last = try Self.document(text, YAMLOptions(duplicateKeys: .lastWins))
        #expect(last.json.withRoot { $0["key500"]?.string } == "again")
        #expect(last.json.withRoot { $0.count } == 1_000)
    }

    static let bombs = [
        "a0: &a0 [x]\n" + levels(9) { "a\($0): &a\($0) [" + repeated("*a\($0 - 1)", 9) + "]\n" },
        "a0: &a0 {x: 1}\n" + levels(9) { "a\($0): &a\($0)\n  <<: [" + repeated("*a\($0 - 1)", 9) + "]\n" },
        "a: &a \"" + String(repeating: "x", count: 100_000) + "\"\nb: [" + repeated("*a", 1_000) + "]\n",
        "a: &a {k: \"" + String(repeating: "x", count: 100_000) + "\"}\nb: [" + repeated("{<<: *a}", 1_000) + "]\n",
        "pad: [" + repeated("1", 5_000) + "]\na0: &a0 [x]\n"
            + levels(9) { "a\($0): &a\($0) [" + repeated("*a\($0 - 1)", 9) + "]\n" },
    ]

    static func levels(_ count: Int, _ line: (Int) -> String) -> String { (1...count).map(line).joined() }
    static func repeated(_ text: String, _ count: Int) -> String {
        Array(repeating: text, count: count).joined(separator: ",")
    }

    @Test(arguments: bombs) func refusesDocumentsThatExplode(_ text: String) {
        for schema in [YAMLSchema.kubernetes, .core] {
            let options = YAMLOptions(schema: schema, duplicateKeys: .lastWins)
            do throws(YAMLError) {
                let document = try YAMLDocument(parsing: Array(text.utf8), options: options)
                // Without merge keys the second and the fourth are small.
                #expect(document.json.tapeCount < 100_000)
            } catch {
                #expect(error.reason == .excessiveAliasing)
            }
        }
    }

    @Test func everyLimitIsKept() throws {
        func refused(_ text: String, _ change: (inout YAMLLimits) -> Void) -> YAMLError.Reason? {
            var options = YAMLOptions()
            change(&options.limits)
            do throws(YAMLError) {
                var stream = try YAMLStream(Array(text.utf8), options: options)
                while try stream.next() != nil {}
                return nil
            } catch { return error.reason }
        }
        #expect(refused("[[[1]]]") { $0.depthMax = 3 } == nil)
        #expect(refused("[[[1]]]") { $0.depthMax = 2 } == .tooDeep)
        #expect(refused("a:\n b:\n  c: 1\n") { $0.depthMax = 2 } == .tooDeep)
        #expect(refused("a: &a [1]\nb: &b [*a]\nc: [*b]\n") { $0.depthMax = 3 } == .tooDeep)
        #expect(refused("[1, 2]") { $0.nodesMax = 2 } == .tooManyNodes)
        let directives = (0..<100).map { "%TAG !h\($0)! x\n" }.joined()
        #expect(refused(directives + "---\na\n") { _ in } == .tooManyDirectives)
        #expect(refused("a: b") { $0.bytesMax = 3 } == .tooManyBytes)
        #expect(refused("---\na\n---\nb\n") { $0.documentsMax = 1 } == .tooManyDocuments)
        #expect(refused("a: &a [1]\nb: *a\n") { $0.aliasNodesMax = 1 } == .excessiveAliasing)
        #expect(refused("a: &a xyz\nb: *a\n") { $0.aliasBytesMax = 2 } == .excessiveAliasing)
    }
}

/// A value as compact JSON; enough for what these tests hold.
struct Rendered: CustomStringConvertible {
    let node: JSONNode
    init(_ node: JSONNode) { self.node = node }

    var description: String {
        switch node.kind {
        case .object:
            "{" + node.members.map { "\(Rendered($0.key)):\(Rendered($0.value))" }.joined(separator: ",") + "}"
        case .array: "[" + node.elements.map { "\(Rendered($0))" }.joined(separator: ",") + "]"
        case .string: "\"\(node.string ?? "")\""
        case .null: "null"
        case .bool: "\(node.bool ?? false)"
        case .int: "\(node.int ?? 0)"
        case .uint: "\(node.uint ?? 0)"
        case .double: "\(node.double ?? 0)"
        }
    }
}
