import Foundation
import JSON
import TestSupport
import Testing

@testable import YAML

@Suite struct WriterTests {
    static func written(_ json: String) throws -> String {
        let document = try JSONDocument(parsing: json)
        var writer = YAMLWriter()
        document.withRoot { writer.write($0) }
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    static let styles: [(json: String, yaml: String)] = [
        (
            #"{"a":1,"b":[1,{"c":"d","e":[]},[2,[3]]],"f":{}}"#,
            "a: 1\nb:\n- 1\n- c: d\n  e: []\n- - 2\n  - - 3\nf: {}\n"
        ),
        (#"{"s":"line\nnext\n"}"#, "s: |\n  line\n  next\n"),
        (#"["line\nnext"]"#, "- |-\n  line\n  next\n"),
        (#"{"s":"line\n\n\n"}"#, "s: |+\n  line\n\n\n"),
        (#"{"s":"  line\nnext"}"#, "s: |2-\n    line\n  next\n"),
        (#"{"yes":"no","1":"0x10","x":"a: b"}"#, "\"yes\": \"no\"\n\"1\": \"0x10\"\nx: \"a: b\"\n"),
        (#"{"s":"say \"hi\" #1","t":"it's","u":"*/5 * * * *"}"#, "s: 'say \"hi\" #1'\nt: it's\nu: \"*/5 * * * *\"\n"),
        (
            #"{"image":"nginx:1.25@sha256:abc","args":["--flag=1","-x"]}"#,
            "image: nginx:1.25@sha256:abc\nargs:\n- --flag=1\n- -x\n"
        ),
        (
            #"{"t":"a\tb","z":"\u0000\u0085\u2028","m":null,"d":1.5,"e":true}"#,
            "t: \"a\\tb\"\nz: \"\\x00\\x85\\u2028\"\nm: null\nd: 1.5\ne: true\n"
        ),
        (#"[]"#, "[]\n"), (#""""#, "\"\"\n"), (#"[[],{}]"#, "- []\n- {}\n"),
    ]

    @Test(arguments: styles) func writesWhatPeopleWrite(_ style: (json: String, yaml: String)) throws {
        #expect(try Self.written(style.json) == style.yaml)
    }

    @Test func separatesDocuments() throws {
        var writer = YAMLWriter()
        let document = try JSONDocument(parsing: "{\"a\":1}")
        document.withRoot { root in
            writer.write(root)
            writer.write(root)
        }
        #expect(String(decoding: writer.bytes, as: UTF8.self) == "a: 1\n---\na: 1\n")
    }

    /// `PORTCULLIS_YAML_ROUNDTRIPS` raises the count.
    @Test func everySchemaReadsBackWhatWasWritten() throws {
        let environment = ProcessInfo.processInfo.environment
        let rounds = environment["PORTCULLIS_YAML_ROUNDTRIPS"].flatMap { Int($0) } ?? 3_000
        var failures: [String] = []
        for seed in 0..<UInt64(rounds) {
            var documents = RandomDocuments(seed: seed)
            let document = documents.next(size: 30)
            var writer = YAMLWriter()
            document.withRoot { writer.write($0) }
            for schema in [YAMLSchema.kubernetes, .core] {
                if let why = Self.difference(document, writer.bytes, schema) {
                    failures.append("seed \(seed), \(schema): \(why): \(String(decoding: writer.bytes, as: UTF8.self))")
                }
            }
        }
        #expect(failures.isEmpty, "\(failures.count): \(failures.prefix(5).joined(separator: "\n"))")
    }

    private static func difference(_ document: JSONDocument, _ yaml: [UInt8], _ schema: YAMLSchema) -> String? {
        do throws(YAMLError) {
            let back: JSONDocument
            if schema == .kubernetes {
                var stream = try KubernetesStream(yaml)
                guard let first = try stream.next() else { return "no document" }
                if try stream.next() != nil { return "two documents" }
                back = first.json
            } else {
                back = try YAMLDocument(parsing: yaml, options: YAMLOptions(schema: .core)).json
            }
            return document.withRoot { a in back.withRoot { b in isSame(a, b) ? nil : "differs" } }
        } catch {
            return error.description
        }
    }
}
