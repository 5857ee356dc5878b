import CEL
import CELKubernetes
import Foundation
import JSON
import Policies
import TestSupport
import Testing

/// Single mutations as the API server carries them out: what an expression makes of an object, or why it fails.
@Suite struct MutationConformance {
    typealias Case = [String: Any]

    private func run(_ file: String, _ patchType: PatchType) throws {
        guard let folder = try Corpus.need("k8s-cel/map/\(file)") else { return }
        let cases = try #require(try Corpus.json("k8s-cel/map/\(file)", in: folder) as? [Case])
        var failures: [String] = []
        for test in cases {
            let name = test["name"] as? String ?? ""
            if let failure = try OneMutation(test, patchType).failure() { failures.append("\(name): \(failure)") }
        }
        #expect(!cases.isEmpty)
        #expect(failures.isEmpty, "\(failures.count) of \(cases.count):\n\(failures.joined(separator: "\n"))")
    }

    @Test func jsonPatches() throws { try run("jsonpatch.json", .jsonPatch) }

    @Test func appliedConfigurations() throws { try run("apply.json", .applyConfiguration) }
}

/// One expression on one object.
private struct OneMutation {
    let expression: String
    let patchType: PatchType
    let object: JSONDocument
    let old: JSONDocument
    let expect: MutationConformance.Case

    /// What was there before is in the cases of the suite that these come from, not in the corpus.
    private static let oldObject = #"{"apiVersion":"apps/v1","kind":"Deployment","spec":{"replicas":2}}"#

    init(_ test: MutationConformance.Case, _ patchType: PatchType) throws {
        self.patchType = patchType
        expression = test["expr"] as? String ?? ""
        expect = test["expect"] as? MutationConformance.Case ?? [:]
        let json = try JSONSerialization.data(withJSONObject: test["object"] ?? [:])
        object = try JSONDocument(parsing: [UInt8](json))
        old = try JSONDocument(parsing: Self.oldObject)
    }

    /// What differs from the expectation.
    func failure() throws -> String? {
        let refusal = expect["error_contains"] as? String
        do throws(MutationError) {
            let result = try mutated()
            if let refusal { return "expected error: \(refusal)\n  got: \(result?.root.text() ?? "nothing")" }
            let wanted = Plain(expect["object"] ?? [:])
            let given = Plain(Data((result ?? object).root.bytes()))
            return wanted.isEqual(given) ? nil : "expected \(wanted.text)\n  got \(given.text)"
        } catch {
            guard let refusal else { return "error: \(error.message)" }
            return error.message.contains(refusal) ? nil : "expected error: \(refusal)\n  got error: \(error.message)"
        }
    }

    private func mutated() throws(MutationError) -> JSONDocument? {
        let environment = Environment.admission(AdmissionVariables(hasAuthorizer: true, hasPatchTypes: true))
        let checked: CheckedExpression
        switch environment.compile(expression) {
        case .failure(let failure): throw MutationError(failure.description)
        case .success(let sound): checked = sound
        }
        if let complaint = patchType.complaint(about: checked.resultType) { throw MutationError(complaint) }
        guard let program = try? environment.plan(checked) else { throw MutationError("no plan") }
        var evaluator = Evaluator()
        for (name, document) in [("object", object), ("oldObject", old)] {
            guard let slot = environment.slot(of: name) else { continue }
            evaluator.bind(slot, evaluator.value(of: document.root))
        }
        let value = evaluator.run(program)
        if value.isError { throw MutationError(value.errorMessage) }
        var mutator = Mutator()
        mutator.refusesUnknownFields = true
        return try mutator.mutate(object.root, patchType, with: value, &evaluator)
    }
}

/// JSON as Foundation reads it, without what Go's types leave out: nulls and what is empty.
struct Plain {
    let value: Any

    init(_ value: Any) { self.value = Self.pruned(value) }

    init(_ data: Data) {
        let parsed = (try? JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed)) ?? NSNull()
        value = Self.pruned(parsed)
    }

    private static func pruned(_ value: Any) -> Any {
        if let list = value as? [Any] { return list.map(pruned) }
        guard let map = value as? [String: Any] else { return value }
        return map.mapValues(pruned).filter { !isEmpty($0.value) }
    }

    private static func isEmpty(_ value: Any) -> Bool {
        if let list = value as? [Any] { return list.isEmpty }
        if let map = value as? [String: Any] { return map.isEmpty }
        return value is NSNull
    }

    func isEqual(_ other: Plain) -> Bool { (value as? NSObject)?.isEqual(other.value) ?? false }

    var text: String {
        let data = try? JSONSerialization.data(withJSONObject: value, options: [.sortedKeys, .fragmentsAllowed])
        return data.map { String(decoding: $0, as: UTF8.self) } ?? "?"
    }
}
