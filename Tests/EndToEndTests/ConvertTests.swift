import Foundation
import Testing

@Suite struct ConvertTests {
    /// Runs `portcullis convert` on files of these names and texts.
    static func convert(_ files: [String: String], _ arguments: [String]) throws -> BuiltBinary.Outcome {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("portcullis-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, text) in files {
            try Data(text.utf8).write(to: folder.appendingPathComponent(name))
        }
        let arguments = arguments.map { files[$0] == nil ? $0 : folder.appendingPathComponent($0).path }
        let outcome = try BuiltBinary.run(["convert"] + arguments)
        return .init(
            status: outcome.status, output: outcome.output,
            errors: outcome.errors.replacingOccurrences(of: folder.path + "/", with: ""))
    }

    @Test func yamlBecomesJSON() throws {
        let seen = try Self.convert(["a.yaml": "a: [1, yes]\nb: |\n  x\n"], ["a.yaml"])
        #expect(seen.output == "{\n  \"a\": [\n    1,\n    true\n  ],\n  \"b\": \"x\\n\"\n}\n")
        #expect(seen.errors.isEmpty)
        #expect(seen.status == 0)
    }

    @Test func everyDocumentIsConverted() throws {
        let seen = try Self.convert(["a.yml": "---\na: 1\n---\n# nothing\n---\nb: 0o17\n"], ["--compact", "a.yml"])
        #expect(seen.output == "{\"a\":1}\n{\"b\":15}\n")
        #expect(seen.status == 0)
    }

    @Test func jsonBecomesYAML() throws {
        let seen = try Self.convert(["a.json": "{\"a\":[\"no\",{}]}\n{\"b\":\"x\\ny\\n\"}"], ["a.json"])
        #expect(seen.output == "a:\n- \"no\"\n- {}\n---\nb: |\n  x\n  y\n")
        #expect(seen.status == 0)
    }

    @Test func standardInputNeedsAFormat() throws {
        let seen = try BuiltBinary.run(["convert", "--from", "json", "-o", "json", "--compact", "-"], input: "[1, 2]")
        #expect(seen.output == "[1,2]\n")
        #expect(seen.status == 0)
        let refused = try BuiltBinary.run(["convert", "-"], input: "[1, 2]")
        #expect(refused.errors.contains("--from"))
        #expect(refused.status == 2)
    }

    @Test func theCoreSchemaCanBeAskedFor() throws {
        let seen = try Self.convert(["a.yaml": "a: yes\nb: 010\n"], ["--schema=core", "--compact", "a.yaml"])
        #expect(seen.output == "{\"a\":\"yes\",\"b\":10}\n")
    }

    @Test func errorsNameThePlaceAndTheRestIsStillLookedAt() throws {
        let files = ["a.yaml": "a: 1\n---\nb: @\n---\nc: [\n", "b.yaml": "x: 1\nx: 2\n", "c.yaml": "c: 1\n"]
        let seen = try Self.convert(files, ["--compact", "a.yaml", "b.yaml", "c.yaml"])
        let lines = seen.errors.split(separator: "\n")
        try #require(lines.count == 3)
        #expect(lines[0].hasPrefix("a.yaml:3:4: error: "))
        #expect(lines[1].hasPrefix("a.yaml:6:1: error: "))
        #expect(lines[2] == "b.yaml:2:1: error: key already set in this mapping: \"x\"")
        #expect(seen.output == "{\"c\":1}\n")
        #expect(seen.status == 1)
    }

    @Test func jsonErrorsNameThePlace() throws {
        let seen = try Self.convert(["a.json": "{}\n{\"a\": 1,}\n"], ["a.json"])
        #expect(seen.errors.hasPrefix("a.json:2:"))
        #expect(seen.output.isEmpty)
        #expect(seen.status == 1)
    }

    @Test func aRepeatedKeyMayReplaceTheOneBefore() throws {
        let seen = try Self.convert(["a.yaml": "a: 1\na: 2\n"], ["--last-key-wins", "--compact", "a.yaml"])
        #expect(seen.output == "{\"a\":2}\n")
    }

    @Test func wrongUseIsToldApart() throws {
        let uses = [
            [], ["frob"], ["convert"], ["convert", "--frob", "x.yaml"], ["convert", "x.txt"],
            ["convert", "absent.yaml"],
        ]
        for arguments in uses {
            let seen = try BuiltBinary.run(arguments)
            #expect(seen.status == 2, "\(arguments)")
            #expect(!seen.errors.isEmpty)
            #expect(seen.output.isEmpty)
        }
    }

    @Test func helpIsEverywhere() throws {
        for arguments in [["--help"], ["-h"], ["help", "convert"], ["convert", "--help"], ["version", "--help"]] {
            let seen = try BuiltBinary.run(arguments)
            #expect(seen.status == 0)
            #expect(seen.output.hasPrefix("usage") || seen.output.contains("usage: portcullis"))
            #expect(seen.errors.isEmpty)
        }
    }

    @Test func versionIsPrinted() throws {
        #expect(try BuiltBinary.run(["version"]).output == "portcullis 0.1.0\n")
        #expect(try BuiltBinary.run(["--version"]).output == "portcullis 0.1.0\n")
    }
}
