import CEL
import CELKubernetes
import Foundation
import TestSupport
import Testing

/// The cases of cel-spec, in the environment that they are written for and in that of Kubernetes.
@Suite struct CELSpecConformance {
    typealias Case = [String: Any]

    static func cases() throws -> [(file: String, test: Case)] {
        guard let folder = try Corpus.need("cel") else { return [] }
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.appendingPathComponent("cel").path)
        return try files.filter { $0.hasSuffix(".json") }.sorted().flatMap { file in
            try #require(try Corpus.json("cel/\(file)", in: folder) as? [Case]).map { (file, $0) }
        }
    }

    @Test func asTheSpecificationSays() throws {
        var standard = Environment.standard()
        standard.add(.network)
        var withoutMacros = standard
        withoutMacros.macros = MacroTable()
        try run { test in
            let usesMacros = test["disable_macros"] as? Bool != true
            return SpecCase(test, usesMacros ? standard : withoutMacros).failure(
                expected: test["expected"] as? Case ?? [:])
        }
    }

    @Test func asKubernetesSays() throws {
        let kubernetes = Environment.kubernetes()
        try run { test in
            let spec = SpecCase(test, kubernetes)
            if let own = test["k8s"] as? Case { return spec.failure(kubernetes: own) }
            let cost = Self.costsByChance(test) ? nil : test["k8s_cost"] as? Case
            return spec.failure(expected: test["expected"] as? Case ?? [:], cost: cost)
        }
    }

    /// The cost of this one depends on the order in which a map is looped over, which is random in the reference
    /// implementation: the recorded cost is that of finding the second key first. Its value is compared all the same.
    private static func costsByChance(_ test: Case) -> Bool {
        test["section"] as? String == "exists" && test["name"] as? String == "map_key"
            && (test["expr"] as? String)?.contains("exists(k, v,") == true
    }

    private func run(_ failure: (Case) -> String?) throws {
        var failures: [String] = []
        var count = 0
        for (file, test) in try Self.cases() {
            count += 1
            let name = "\(file) \(test["section"] ?? "")/\(test["name"] ?? "") \(test["expr"] ?? "")"
            if let problem = failure(test) { failures.append("\(name): \(problem)") }
        }
        #expect(failures.isEmpty, "\(failures.count) of \(count): \(failures.joined(separator: "\n"))")
    }
}

/// One case of cel-spec, ready to be run.
struct SpecCase {
    let test: [String: Any]
    let environment: Environment

    init(_ test: [String: Any], _ environment: Environment) {
        self.test = test
        var environment = environment
        environment.container = test["container"] as? String ?? ""
        for declaration in test["type_env"] as? [[String: Any]] ?? [] { Self.declare(declaration, in: &environment) }
        self.environment = environment
    }

    private static func declare(_ declaration: [String: Any], in environment: inout Environment) {
        guard let name = declaration["name"] as? String else { return }
        if let type = declaration["type"] { return environment.declare(name, CELBindings.type(type)) }
        let overloads = (declaration["overloads"] as? [[String: Any]] ?? []).map { overload in
            OverloadDeclaration(
                id: overload["id"] as? String ?? "", isMember: overload["member"] as? Bool ?? false,
                parameters: (overload["params"] as? [Any] ?? []).map(CELBindings.type),
                result: CELBindings.type(overload["result"] ?? "dyn"))
        }
        environment.declare(FunctionDeclaration(name: name, overloads: overloads))
    }

    private enum Outcome {
        case refused([String])
        case checked(CheckedExpression)
    }

    private func compile() -> Outcome {
        let text = test["expr"] as? String ?? ""
        let isUnchecked = test["disable_check"] as? Bool == true
        switch isUnchecked ? environment.compileUnchecked(text) : environment.compile(text) {
        case .success(let checked): return .checked(checked)
        case .failure(let failure): return .refused(failure.messages)
        }
    }

    /// Nil where the case gives what the specification says, at the cost that Kubernetes says.
    func failure(expected: [String: Any], cost: [String: Any]? = nil) -> String? {
        let checked: CheckedExpression
        switch compile() {
        case .refused(let messages): return expected["eval_error"] != nil ? nil : "refused: \(messages)"
        case .checked(let expression): checked = expression
        }
        if let problem = difference(of: checked, from: expected["typed_result"] as? [String: Any], cost) {
            return problem
        }
        if test["check_only"] as? Bool == true { return nil }
        do {
            let program = try environment.plan(checked)
            return difference(program, expected, cost)
        } catch {
            return expected["eval_error"] != nil ? nil : "cannot be run: \(error)"
        }
    }

    private func difference(
        of checked: CheckedExpression, from typed: [String: Any]?, _ cost: [String: Any]?
    ) -> String? {
        if let deduced = typed?["deduced_type"], checked.resultType != CELBindings.type(deduced) {
            return "is \(checked.resultType), expected \(CELBindings.type(deduced))"
        }
        guard let range = cost?["estimated"] as? [String] else { return nil }
        let mine = checked.estimatedCost(KubernetesCosts())
        return ["\(mine.min)", "\(mine.max)"] == range ? nil : "is estimated at \(mine), expected \(range)"
    }

    private func difference(_ program: Program, _ expected: [String: Any], _ cost: [String: Any]?) -> String? {
        var evaluator = Evaluator()
        let value = run(program, &evaluator)
        if let errors = expected["eval_error"] {
            if !value.isError { return "\(TypedValue.describe(value)), expected the error \(errors)" }
            return difference(evaluator.cost, cost?["runtime_until_error"])
        }
        let typed = expected["typed_result"] as? [String: Any]
        let result = expected["value"] ?? typed?["value"] ?? ["bool": true]
        if let difference = TypedValue.difference(value, result, &evaluator) {
            return "\(difference), expected \(result)"
        }
        return difference(evaluator.cost, cost?["runtime"])
    }

    private func difference(_ mine: UInt64, _ expected: Any?) -> String? {
        guard let expected = expected as? Int, UInt64(expected) != mine else { return nil }
        return "costs \(mine), expected \(expected)"
    }

    private func run(_ program: Program, _ evaluator: inout Evaluator) -> CEL.Value {
        for (name, encoded) in test["bindings"] as? [String: Any] ?? [:] {
            let value = CELBindings.value(encoded, &evaluator)
            if let slot = environment.slot(of: name) { evaluator.bind(slot, value) }
        }
        return evaluator.run(program)
    }

    /// Nil where the case gives what Kubernetes gives instead of what the specification says.
    func failure(kubernetes: [String: Any]) -> String? {
        let messages = kubernetes["messages"] as? [String] ?? []
        switch compile() {
        case .refused(let mine): return mine == messages ? nil : "refused: \(mine), expected \(kubernetes)"
        case .checked(let checked):
            do {
                let program = try environment.plan(checked)
                var evaluator = Evaluator()
                let value = run(program, &evaluator)
                if let expected = kubernetes["value"] {
                    return TypedValue.difference(value, expected, &evaluator).map { "\($0), expected \(expected)" }
                }
                if let message = kubernetes["message"] as? String, value.isError, value.errorMessage == message {
                    return nil
                }
                return "\(TypedValue.describe(value)), expected \(kubernetes)"
            } catch {
                return [error.description] == messages ? nil : "cannot be run: \(error), expected \(kubernetes)"
            }
        }
    }
}
