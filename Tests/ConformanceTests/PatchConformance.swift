import Foundation
import JSON
import TestSupport
import Testing

/// `corpus/json-patch`: json-patch-tests and the examples of RFC 7396, by the RFCs and as the API server's library does.
@Suite struct PatchConformance {
    @Test(arguments: ["tests.json", "spec_tests.json"])
    func appliesByTheRFC(_ file: String) throws {
        guard let folder = try Corpus.need("corpus/json-patch/\(file)") else { return }
        let cases = try JSONDocument(parsing: Corpus.bytes("json-patch/\(file)", in: folder))
        var failures: [String] = []
        var seen = 0
        for example in cases.root.elements where example["disabled"]?.bool != true {
            seen += 1
            let result = apply(example, .rfc)
            let isRight: Bool =
                switch (result, example["expected"]) {
                case (.success(let document), let expected?):
                    document.withRoot { $0.isEqual(to: expected, numbers: .numeric) }
                case (.failure, nil): example["error"] != nil
                default: false
                }
            if !isRight {
                failures.append("\(example["comment"]?.string ?? example["patch"]?.description ?? "?"): \(result)")
            }
        }
        #expect(seen > 15)
        #expect(failures.isEmpty, "\(failures.prefix(5))")
    }

    @Test(arguments: ["tests.json", "spec_tests.json"])
    func appliesAsTheAPIServerDoes(_ file: String) throws {
        guard let folder = try Corpus.need("corpus/json-patch/\(file), as the API server applies it") else { return }
        let cases = try JSONDocument(parsing: Corpus.bytes("json-patch/\(file)", in: folder))
        var failures: [String] = []
        for example in cases.root.elements {
            let result = apply(example, .apiServer)
            if !agrees(result, with: example["evanphx_v4"]) {
                failures.append("\(example["comment"]?.string ?? example["patch"]?.description ?? "?"): \(result)")
            }
        }
        #expect(failures.isEmpty, "\(failures.prefix(5))")
    }

    @Test func mergesByTheRFCAndAsTheAPIServerDoes() throws {
        guard let folder = try Corpus.need("corpus/json-patch/merge_rfc7396.json") else { return }
        let cases = try JSONDocument(parsing: Corpus.bytes("json-patch/merge_rfc7396.json", in: folder))
        var failures: [String] = []
        for example in cases.root.elements {
            let document = try #require(example["doc"])
            let patch = try #require(example["patch"])
            let expected = try #require(example["expected"])
            let merged = try JSONPatch.merge(patch, into: document)
            if !merged.root.isEqual(to: expected) {
                failures.append("\(example["name"]?.string ?? "?"): \(merged.root)")
            }
            let lenient = Result { () throws(JSONPatchError) in
                try JSONPatch.merge(patch, into: document, options: JSONPatchOptions(mode: .apiServer))
            }
            if !agrees(lenient, with: example["evanphx_v4"]) {
                failures.append("\(example["name"]?.string ?? "?"), API server: \(lenient)")
            }
        }
        #expect(cases.root.count == 16)
        #expect(failures.isEmpty, "\(failures.prefix(5))")
    }

    @Test func findsThePatchBackFromItsResult() throws {
        guard let folder = try Corpus.need("corpus/json-patch, diffs of every expected document") else { return }
        var failures: [String] = []
        for file in ["tests.json", "spec_tests.json", "merge_rfc7396.json"] {
            let cases = try JSONDocument(parsing: Corpus.bytes("json-patch/\(file)", in: folder))
            for example in cases.root.elements {
                guard let old = example["doc"], let new = example["expected"] else { continue }
                let patch = JSONPatch.diff(from: old, to: new)
                let result = try JSONPatch.apply(patch.root, to: old)
                if !result.root.isEqual(to: new) { failures.append("\(patch.root)") }
            }
        }
        #expect(failures.isEmpty, "\(failures.prefix(5))")
    }
}

extension PatchConformance {
    typealias Outcome = Result<JSONDocument, JSONPatchError>

    func apply(_ example: JSONNode, _ mode: JSONPatchOptions.Mode) -> Outcome {
        Result { () throws(JSONPatchError) in
            guard let document = example["doc"], let patch = example["patch"] else {
                throw JSONPatchError(reason: .malformed, operation: nil, path: "", message: "the case is incomplete")
            }
            return try JSONPatch.apply(patch, to: document, options: JSONPatchOptions(mode: mode))
        }
    }

    /// The same document, or the same message word for word.
    func agrees(_ outcome: Outcome, with wanted: JSONNode?) -> Bool {
        switch outcome {
        case .success(let document):
            guard let result = wanted?["result"] else { return false }
            return document.withRoot { $0.isEqual(to: result) }
        case .failure(let error): return wanted?["error"]?.string == error.message
        }
    }
}
