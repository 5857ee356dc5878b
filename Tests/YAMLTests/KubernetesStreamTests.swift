import JSON
import Testing

@testable import YAML

@Suite struct KubernetesStreamTests {
    static func read(_ text: String, acceptsJSON: Bool = true) -> [String] {
        var seen: [String] = []
        guard var stream = try? KubernetesStream(Array(text.utf8), acceptsJSON: acceptsJSON) else { return [] }
        while seen.count < 20 {
            do throws(YAMLError) {
                guard let document = try stream.next() else { break }
                seen.append(document.json.withRoot { "\(Rendered($0))" })
            } catch {
                seen.append("\(error.line):\(error.column) \(error.reason)")
            }
        }
        return seen
    }

    static let texts: [(text: String, seen: [String])] = [
        ("", []), ("\n", ["null"]), ("---\n---\n---\n", ["null", "null"]),
        ("a: 1\n--- # c\nb: 2", [#"{"a":1}"#, #"{"b":2}"#]),
        ("a: 1\n--- x\nb: 2\n---\nc: 3\n", ["2:1 invalidSeparator"]),
        ("a: 1\r\n---\r\nb: 2\r\n", [#"{"a":1}"#, #"{"b":2}"#]),
        ("a: |\n  x", [#"{"a":"x"# + "\n" + #""}"#]),
        (#"{"a":1}{"b":2} {"c":1.0}"#, [#"{"a":1}"#, #"{"b":2}"#, #"{"c":1.0}"#]),
        ("{\"a\":1}\n---\nb: 2\n", [#"{"a":1}"#, #"{"b":2}"#]), ("{a: 1}\n---\n{b: 2}\n", [#"{"a":1}"#, #"{"b":2}"#]),
        ("{\"a\":1}\n{\"b\":2}\n---\nc: 3\n", [#"{"a":1}"#, #"{"b":2}"#, "3:2 invalidJSON"]),
        ("{\"a\":1,\n \"a\":2}", ["2:2 invalidJSON"]),
    ]

    @Test(arguments: texts) func dividesAsKubectlDoes(_ text: (text: String, seen: [String])) {
        #expect(Self.read(text.text) == text.seen)
    }

    @Test func documentsAreBoundedInBothForms() throws {
        for text in ["{}{}{}", "a\n---\nb\n---\nc\n"] {
            var options = YAMLOptions()
            options.limits.documentsMax = 2
            var stream = try KubernetesStream(Array(text.utf8), options: options)
            for _ in 0..<2 { #expect(try stream.next() != nil) }
            let error = #expect(throws: YAMLError.self) { try stream.next() }
            #expect(error?.reason == .tooManyDocuments)
            #expect(try stream.next() == nil)
        }
    }

    @Test func jsonCanBeYAMLLikeAnyOther() {
        #expect(Self.read("{\"a\":1}\n{\"b\":2}\n", acceptsJSON: false) == [#"{"a":1}"#])
    }

    @Test func jsonKeepsItsPlacesToo() throws {
        var stream = try KubernetesStream(Array("{}\n{\"a\": [ {\"b\": \"c\"}, [], true],\n \"d\": -1}".utf8))
        _ = try stream.next()
        let document = try #require(try stream.next())
        defer { withExtendedLifetime(document) {} }
        let root = document.json.root
        func place(_ node: JSONNode?) throws -> [Int] {
            let position = document.position(of: try #require(node))
            return [position.line, position.column]
        }
        #expect(try place(root) == [2, 1])
        #expect(try place(root["a"]) == [2, 7])
        #expect(try place(root["a"]?.element(0)) == [2, 9])
        #expect(try place(root["a"]?.element(0)?["b"]) == [2, 15])
        #expect(try place(root["a"]?.element(2)) == [2, 25])
        #expect(try place(root["d"]) == [3, 7])
    }
}
