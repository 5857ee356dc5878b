import Foundation
import TestSupport
import Testing

@Suite struct SchemasTests {
    static let document = #"""
        {"openapi": "3.0.0", "paths": {}, "components": {"schemas": {
          "x.Thing": {"description": "words", "type": "object", "properties": {
            "parts": {"description": "words", "type": "array", "items": {"$ref": "#/components/schemas/x.Part"},
              "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"], "x-kubernetes-patch-strategy": "merge"}},
            "x-kubernetes-group-version-kind": [{"group": "x", "version": "v1", "kind": "Thing"}]},
          "x.Part": {"type": "object", "properties": {"name": {"type": "string", "default": ""}}},
          "x.ThingList": {"type": "object", "x-kubernetes-group-version-kind": [
            {"group": "x", "version": "v1", "kind": "ThingList"}]}}}}
        """#

    @Test func keepsWhatTellsHowObjectsAreMerged() throws {
        let seen = try BuiltBinary.run(["schemas", "generate", "-"], input: Self.document)
        #expect(seen.status == 0)
        let wanted = #"""
            {"components":{"schemas":{"x.Part":{"type":"object","properties":{"name":{"type":"string","default":""}}},
            "x.Thing":{"type":"object","x-kubernetes-group-version-kind":[{"group":"x","version":"v1","kind":"Thing"}],
            "properties":{"parts":{"type":"array","x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["name"],
            "items":{"$ref":"#/components/schemas/x.Part"}}}}}}}

            """#
        #expect(seen.output.replacingOccurrences(of: "\n", with: "") == wanted.replacingOccurrences(of: "\n", with: ""))
        #expect(seen.output.split(separator: "\n").allSatisfy { $0.utf8.count <= 120 })
    }

    @Test func refusesWhatIsNoDocument() throws {
        let seen = try BuiltBinary.run(["schemas", "generate", "-"], input: #"{"components": 1}"#)
        #expect(seen.status == 1)
        #expect(seen.errors == "stdin:1:1: error: no OpenAPI version 3 document: it has no components.schemas\n")
        #expect(try BuiltBinary.run(["schemas", "-"]).status == 2)
    }

    /// The table in the source is what the command makes of the documents of Kubernetes.
    @Test func tableIsUpToDate() throws {
        guard let folder = try Corpus.need("openapi") else { return }
        let openapi = folder.appendingPathComponent("openapi")
        let files = try FileManager.default.contentsOfDirectory(atPath: openapi.path)
            .filter { $0.hasSuffix(".json") && $0.contains(".v") }.sorted()
        let paths = files.map { openapi.appendingPathComponent($0).path }
        let seen = try BuiltBinary.run(["schemas", "generate", "-o", "swift"] + paths)
        let table = Corpus.checkout.appendingPathComponent("Sources/Policies/Kinds/KindSchemaTable.swift")
        #expect(seen.output == (try String(contentsOf: table, encoding: .utf8)))
    }
}
