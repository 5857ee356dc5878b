import JSON
import Testing

@Suite struct NodeTests {
    @Test func readsStringsWithAndWithoutEscapes() throws {
        let document = try JSONDocument(parsing: #"["plain é","\"\\\/\b\f\n\r\t","\u00e9\ud83d\udc51\u0000",""]"#)
        let strings = document.root.elements.map { $0.string ?? "?" }
        #expect(
            strings.map { Array($0.utf8) } == ["plain é", "\"\\/\u{8}\u{c}\n\r\t", "é👑\0", ""].map { Array($0.utf8) })
        #expect(document.root.elements.map(\.utf8Count) == [8, 8, 7, 0])
        #expect(document.root.elements.map(\.scalarCount) == [7, 8, 3, 0])
        #expect(document.root.elements.map(\.isVerbatim) == [true, false, false, true])
    }

    @Test func comparesStringsByBytes() throws {
        let document = try JSONDocument(parsing: "[\"e\u{301}\",\"\u{e9}\",\"\\u00e9\"]")
        let nodes = Array(document.root.elements)
        #expect(!nodes[0].hasSameString(as: nodes[1]))
        #expect(nodes[1].hasSameString(as: nodes[2]))
        #expect(nodes[2].equals("é"))
        #expect(!nodes[2].equals("é!"))
        #expect(!nodes[0].equals("é"))
    }

    @Test func copiesStringsIntoMemoryOfTheCaller() throws {
        let document = try JSONDocument(parsing: #"["abc","a\u00e9\n","x"]"#)
        var memory = [UInt8](repeating: 0, count: 4)
        let counts = document.root.elements.map { node in
            memory.withUnsafeMutableBytes { node.copyUTF8(into: $0) }
        }
        #expect(counts == [3, 4, 1])
        #expect(memory == Array("xé\n".utf8))
    }

    @Test func findsMembersByTheirBytes() throws {
        let document = try JSONDocument(parsing: #"{"a":1,"\u0062":2,"":3,"ab":4}"#)
        let root = document.root
        #expect(root["a"]?.int == 1 && root["b"]?.int == 2 && root[""]?.int == 3 && root["ab"]?.int == 4)
        #expect(root["abc"] == nil && root["c"] == nil)
        let name = "ab"
        #expect(root[name]?.int == 4)
        #expect(root["a"]?["a"] == nil)
        #expect(root.element(0) == nil)
    }

    @Test func stepsThroughContainers() throws {
        let document = try JSONDocument(parsing: #"{"a":[1,[2,{"b":3}],4],"c":{},"d":[]}"#)
        #expect(document.root.members.map { $0.key.string ?? "?" } == ["a", "c", "d"])
        let list = try #require(document.root["a"])
        #expect(list.elements.map(\.kind) == [.int, .array, .int])
        #expect(list.element(2)?.int == 4)
        #expect(list.element(3) == nil && list.element(-1) == nil)
        #expect(document.root["c"]?.count == 0 && document.root["d"]?.elements.map(\.kind).isEmpty == true)
    }

    @Test func comparesDocumentsHoweverTheyAreOrdered() throws {
        let first = try JSONDocument(parsing: #"{"a":[1,2.0],"b":{"c":"\u0041"}}"#)
        let second = try JSONDocument(parsing: #"{"b":{"c":"A"},"a":[1.0,2]}"#)
        #expect(!first.root.isEqual(to: second.root))
        #expect(first.root.isEqual(to: second.root, numbers: .numeric))
        let third = try JSONDocument(parsing: #"{"a":[2.0,1],"b":{"c":"A"}}"#)
        #expect(!first.root.isEqual(to: third.root, numbers: .numeric))
    }

    @Test func followsPointers() throws {
        let document = try JSONDocument(
            parsing: #"{"foo":["bar","baz"],"":0,"a/b":1,"m~n":8,"k\"l":6}"#)
        func found(_ pointer: String) -> String? {
            JSONPointer(pointer).flatMap { document.root.value(at: $0)?.description }
        }
        #expect(found("") == document.root.description)
        #expect(found("/foo/0") == "\"bar\"" && found("/") == "0" && found("/a~1b") == "1" && found("/m~0n") == "8")
        #expect(found("/k\"l") == "6")
        #expect(found("/foo/2") == nil && found("/foo/00") == nil && found("/foo/-") == nil && found("/x") == nil)
        #expect(JSONPointer("x") == nil && JSONPointer("/~2") == nil && JSONPointer("/~") == nil)
        #expect(JSONPointer("/a~1b/m~0n")?.description == "/a~1b/m~0n")
    }
}
