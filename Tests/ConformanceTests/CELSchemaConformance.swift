import CEL
import CELKubernetes
import Foundation
import JSON
import TestSupport
import Testing

/// Rules in the schemas of custom resources: what compiles, what holds, what it costs, in the API server's words.
@Suite struct CELSchemaConformance {
    typealias Case = [String: Any]

    /// Runs what `check` makes of each case; it gives nil where this implementation agrees.
    private func run(_ file: String, _ check: (Case) throws -> String?) throws {
        guard let folder = try Corpus.need("k8s-cel/\(file).json") else { return }
        let cases = try CELKubernetesConformance.cases("k8s-cel/\(file).json", in: folder)
        var failures: [String] = []
        for test in cases {
            do {
                if let failure = try check(test) { failures.append("\(test["name"] ?? ""): \(failure)") }
            } catch {
                failures.append("\(test["name"] ?? ""): \(error)")
            }
        }
        #expect(!cases.isEmpty)
        let shown = failures.prefix(60).joined(separator: "\n")
        #expect(failures.isEmpty, "\(failures.count) of \(cases.count):\n\(shown)")
    }

    private static func document(_ value: Any?) throws -> JSONDocument {
        let text = try JSONSerialization.data(withJSONObject: value ?? NSNull(), options: .fragmentsAllowed)
        return try JSONDocument(parsing: [UInt8](text))
    }

    private static func schema(_ test: Case, adding rule: String? = nil) throws -> Schema {
        var schema = try #require(test["schema"] as? Case)
        if let rule { schema["x-kubernetes-validations"] = [["rule": rule]] }
        return try document(schema).withRoot { try Schema($0) }
    }

    private static func verdict(
        _ rules: SchemaRules, _ test: Case, ratchets: Bool = false
    ) throws -> SchemaVerdict {
        let object = try document(test["obj"])
        let old = try test["oldObj"].map { try document($0) }
        var evaluator = Evaluator()
        var options = SchemaRules.Options()
        options.ratchets = ratchets
        options.path = FieldPath.root.child("root")
        return withExtendedLifetime((object, old)) {
            rules.validate(object.root, replacing: old?.root, options, in: &evaluator)
        }
    }

    @Test func rulesAboutTypedValues() throws {
        try run("crd/rules") { test in
            let rule = try #require(test["rule"] as? String)
            let isResource = test["is_root"] as? Bool ?? false
            let schema = try Self.schema(test, adding: rule)
            guard let rules = SchemaRules(schema, isResource: isResource) else { return "\(rule): no rules" }
            let verdict = try Self.verdict(rules, test)
            let texts = verdict.errors.map(\.description)
            if let expected = test["expect"] as? Case {
                let text = expected["error_contains"] as? String ?? ""
                return texts.contains { $0.contains(text) } ? nil : "\(rule): \(texts), expected \(text)"
            }
            if !texts.isEmpty { return "\(rule): \(texts)" }
            let spent = SchemaRules.costPerObjectMax - verdict.budgetLeft
            if test["expect_skipped"] as? Bool == true, spent != 0 { return "\(rule): was not skipped" }
            if let cost = test["expected_cost"] as? Int64, cost != spent {
                return "\(rule): costs \(spent), not \(cost)"
            }
            return nil
        }
    }

    @Test func rulesWithinSchemas() throws {
        try run("crd/schema-rules") { test in
            guard let rules = SchemaRules(try Self.schema(test), isResource: true, countsAllOf: true) else {
                return "no rules"
            }
            let texts = try Self.verdict(rules, test).errors.map(\.description)
            let expected = test["errors"] as? [String] ?? []
            let isAsExpected =
                texts.count == expected.count
                && expected.allSatisfy { text in texts.contains { $0.contains(text) } }
            return isAsExpected ? nil : "\(texts), expected \(expected)"
        }
    }

    @Test func costsOfRunningRules() throws {
        try run("cost/crd-runtime") { test in
            let rule = try #require(test["rule"] as? String)
            // These cases do not say which of them are about whole resources.
            let isResource = (test["obj"] as? Case)?["apiVersion"] != nil
            guard let rules = SchemaRules(try Self.schema(test, adding: rule), isResource: isResource) else {
                return "\(rule): no rules"
            }
            let verdict = try Self.verdict(rules, test)
            let spent = SchemaRules.costPerObjectMax - verdict.budgetLeft
            let expected = test["runtime_cost"] as? Int64 ?? -1
            if !verdict.errors.isEmpty { return "\(rule): \(verdict.errors)" }
            return spent == expected ? nil : "\(rule): costs \(spent), expected \(expected)"
        }
    }

    @Test func estimatedCostsOfRules() throws {
        try run("cost/crd-estimated") { test in
            let rules = try #require(SchemaRules(try Self.schema(test), isResource: false))
            let rule = try #require(rules.rulesOfRoot.first)
            if let problem = rule.problem { return "\(rule.source.rule): \(problem)" }
            if let expected = test["max_cost"] as? String {
                return "\(rule.costMax)" == expected
                    ? nil : "\(rule.source.rule): \(rule.costMax), expected \(expected)"
            }
            let bound = UInt64(test["max_cost_exceeds"] as? String ?? "") ?? .max
            return rule.costMax > bound ? nil : "\(rule.source.rule): \(rule.costMax), expected more than \(bound)"
        }
    }

    @Test func compilingRules() throws {
        try run("crd/compile") { test in
            var environment = Environment.kubernetes()
            // Stored expressions may use what a newer version brings; the cases have a function of their own for that.
            if test["stored_expressions"] as? Bool == true {
                let overload = OverloadDeclaration(
                    id: "fakeFunction", isMember: false, parameters: [.string], result: .string)
                environment.declare(FunctionDeclaration(name: "fakeFunction", overloads: [overload]))
                environment.implement([Function("fakeFunction") { _, arguments in arguments[0] }])
            }
            let schema = try Self.schema(test)
            let rules = try #require(SchemaRules(schema, isResource: false, in: environment)).rulesOfRoot
            let expected = test["expect"] as? [String] ?? []
            guard rules.count == expected.count else { return "\(rules.count) rules, expected \(expected.count)" }
            for (rule, text) in zip(rules, expected) {
                if let failure = Self.difference(rule, text) {
                    return "\(rule.source.rule): \(failure), expected \(text)"
                }
            }
            return nil
        }
    }

    private static func difference(_ rule: CompiledSchemaRule, _ expected: String) -> String? {
        let quoted = expected.split(separator: "\"", maxSplits: 3, omittingEmptySubsequences: false)
        if expected.hasPrefix("has error of type \"RuleInvalid\" containing string ") {
            let text = expected.dropFirst("has error of type \"RuleInvalid\" containing string \"".count).dropLast()
            return rule.problem?.contains(text) == true ? nil : "\(rule.problem ?? "no error")"
        }
        if expected.hasPrefix("has messageExpression error containing string "), quoted.count > 1 {
            return rule.messageProblem?.contains(quoted[1]) == true ? nil : "\(rule.messageProblem ?? "no error")"
        }
        if let problem = rule.problem ?? rule.messageProblem { return problem }
        switch expected {
        case "no error": return nil
        case "no error and program is nil": return rule.program == nil ? nil : "there is a program"
        case "no error and is a transition rule": return rule.usesOldSelf ? nil : "is no transition rule"
        case "no error and is not a transition rule": return rule.usesOldSelf ? "is a transition rule" : nil
        default: return "unknown expectation"
        }
    }

    @Test func namesOfProperties() throws {
        guard let folder = try Corpus.need("k8s-cel/escaping.json") else { return }
        for test in try CELKubernetesConformance.cases("k8s-cel/escaping.json", in: folder) {
            let name = try #require(test["unescaped"] as? String)
            let escaped = PropertyName.escaped(name)
            #expect(escaped == test["escaped"] as? String, "\(name)")
            if let escaped { #expect(PropertyName.unescaped(escaped) == name) }
        }
    }
}
