import JSON
import Testing

@Suite struct PatchTests {
    @Test func saysWhichOperationFailsAndWhere() throws {
        let error = try #require(
            failure(#"{"a":1}"#, #"[{"op":"test","path":"/a","value":1},{"op":"remove","path":"/b"}]"#))
        #expect(error.operation == 1)
        #expect(error.path == "/b")
        #expect(error.reason == .missingTarget)
        #expect(error.description == #"operation 1 (/b): there is nothing at "/b""#)
    }

    static let refused: [(String, String, JSONPatchError.Reason)] = [
        ("{}", "{}", .malformed), ("{}", "[1]", .malformed), ("{}", "[{}]", .unknownOperation),
        ("{}", #"[{"op":"add","path":"/a"}]"#, .missingField),
        ("{}", #"[{"op":"add","path":"a","value":1}]"#, .invalidPointer),
        ("{}", #"[{"op":"remove","path":""}]"#, .missingTarget),
        ("[1]", #"[{"op":"add","path":"/2","value":1}]"#, .invalidIndex),
        (#"{"a":{}}"#, #"[{"op":"move","from":"/a","path":"/a/b"}]"#, .moveIntoItself),
        (#"{"a":1}"#, #"[{"op":"test","path":"/a","value":2}]"#, .testFailed),
    ]

    @Test(arguments: refused) func refuses(_ document: String, _ patch: String, _ reason: JSONPatchError.Reason) {
        #expect(failure(document, patch)?.reason == reason)
    }

    @Test func comparesNumbersByValueOrAsTheAPIServerByText() {
        let patch = #"[{"op":"test","path":"/a","value":1.0}]"#
        #expect(failure(#"{"a":1}"#, patch) == nil)
        #expect(failure(#"{"a":1}"#, patch, JSONPatchOptions(mode: .apiServer))?.reason == .testFailed)
    }

    @Test func boundsWhatCopiesAdd() {
        let copy = #"{"op":"copy","from":"/a","path":"/a/-"}"#
        let patch = "[" + Array(repeating: copy, count: 200).joined(separator: ",") + "]"
        for mode in [JSONPatchOptions.Mode.rfc, .apiServer] {
            #expect(failure(#"{"a":["0123456789"]}"#, patch, JSONPatchOptions(mode: mode))?.reason == .tooLarge)
        }
    }

    @Test func boundsOperationsAndWhatTheyShift() {
        var options = JSONPatchOptions()
        options.operationsMax = 1
        let two = #"[{"op":"add","path":"/0","value":0},{"op":"add","path":"/0","value":0}]"#
        #expect(failure("[1]", two, options)?.reason == .tooLarge)
        options = JSONPatchOptions()
        options.shiftedElementsMax = 1
        #expect(failure("[1]", two, options)?.message.contains("shifts more than 1") == true)
    }

    @Test func refusesResultsNestedTooDeeply() {
        let add = #"{"op":"add","path":"PATH","value":{}}"#
        var path = ""
        var operations: [String] = []
        for _ in 0..<600 {
            path += "/a"
            operations.append(add.replacing("PATH", with: path))
        }
        #expect(failure("{}", "[" + operations.joined(separator: ",") + "]")?.reason == .tooLarge)
    }

    @Test func changesLargeObjects() throws {
        let members = (0..<100).map { "\"key\($0)\":\($0)" }.joined(separator: ",")
        let document = try JSONDocument(parsing: "{" + members + "}")
        let patch = try JSONDocument(
            parsing: #"""
                [{"op":"remove","path":"/key50"},{"op":"add","path":"/key50","value":"again"},
                {"op":"replace","path":"/key99","value":null},{"op":"move","from":"/key0","path":"/moved"}]
                """#)
        let result = try JSONPatch.apply(patch.root, to: document.root)
        #expect(result.root.count == 100)
        #expect(result.root["key50"]?.string == "again" && result.root["key99"]?.isNull == true)
        #expect(result.root["key0"] == nil && result.root["moved"]?.int == 0)
    }

    @Test func mergesDeeplyAndPrunes() throws {
        let document = try JSONDocument(parsing: #"{"a":{"b":1,"c":2},"d":[1]}"#)
        let patch = try JSONDocument(parsing: #"{"a":{"b":null,"e":{"f":null,"g":[{"h":null}]}},"d":{"i":null,"j":1}}"#)
        let merged = try JSONPatch.merge(patch.root, into: document.root)
        #expect(merged.root.description == #"{"a":{"c":2,"e":{"g":[{"h":null}]}},"d":{"j":1}}"#)
        let lenient = try JSONPatch.merge(
            patch.root, into: document.root, options: JSONPatchOptions(mode: .apiServer))
        #expect(lenient.root.description == #"{"a":{"c":2,"e":{"g":[{}]}},"d":{"j":1}}"#)
    }

    private func failure(
        _ document: String, _ patch: String, _ options: JSONPatchOptions = JSONPatchOptions()
    ) -> JSONPatchError? {
        guard let document = try? JSONDocument(parsing: document), let patch = try? JSONDocument(parsing: patch) else {
            Issue.record("not JSON")
            return nil
        }
        do throws(JSONPatchError) {
            _ = try JSONPatch.apply(patch.root, to: document.root, options: options)
            return nil
        } catch { return error }
    }
}
