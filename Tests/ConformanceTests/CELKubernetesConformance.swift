import CEL
import CELKubernetes
import Foundation
import JSON
import TestSupport
import Testing

/// The API server's libraries: values, exact errors, exact costs.
@Suite struct CELKubernetesConformance {
    typealias Case = [String: Any]

    static func cases(_ path: String, in folder: URL) throws -> [Case] {
        try #require(try Corpus.json(path, in: folder) as? [Case])
    }

    /// What each file of cases says, run in the newest environment.
    private func run(_ files: [String]) throws {
        guard let folder = try Corpus.need("k8s-cel") else { return }
        var failures: [String] = []
        var count = 0
        for file in files {
            for test in try Self.cases("k8s-cel/\(file).json", in: folder) {
                count += 1
                if let failure = KubernetesCase(test)?.failure() { failures.append("\(file): \(failure)") }
            }
        }
        #expect(count > 0)
        #expect(failures.isEmpty, "\(failures.count) of \(count):\n\(failures.prefix(200).joined(separator: "\n"))")
    }

    @Test func quantities() throws { try run(["edge/quantity", "edge/quantity-ops", "library/quantity"]) }

    @Test func semanticVersions() throws { try run(["edge/semver", "edge/semver-ops", "library/semver"]) }

    @Test func addresses() throws { try run(["edge/ip", "edge/ip-props", "edge/cidr", "library/ip", "library/cidr"]) }

    @Test func webAddresses() throws { try run(["edge/url"]) }

    @Test func formats() throws { try run(["edge/format", "library/format"]) }

    @Test func patternsAndLists() throws { try run(["edge/regex", "edge/k8s-lists"]) }

    @Test func examplesOfTheDocumentation() throws { try run(["doc-examples"]) }

    @Test func costsOfTheLibraries() throws { try run(["cost/library", "edge/cost"]) }

    @Test func sizesOfReplacements() throws {
        guard let folder = try Corpus.need("k8s-cel/cost/size.json") else { return }
        func node(_ size: Any?) -> EstimatedNode {
            EstimatedNode(path: nil, type: .string, size: Self.estimate(size), literal: nil)
        }
        for test in try Self.cases("k8s-cel/cost/size.json", in: folder) {
            let function = try #require(test["function"] as? String)
            let mine = KubernetesCosts().cost(
                of: function, overload: "", target: node(test["target"]),
                arguments: (test["args"] as? [Any] ?? []).map(node))
            #expect(mine?.resultSize == Self.estimate(test["expect"]), "\(test["name"] ?? "")")
        }
    }

    private static func estimate(_ range: Any?) -> Estimate? {
        guard let range = range as? [String: Int], let min = range["Min"], let max = range["Max"] else { return nil }
        return Estimate(min: UInt64(min), max: UInt64(max))
    }

    /// cel-spec words a few errors otherwise; the API server's words are in the corpus of Kubernetes.
    @Test func addressesOfTheSpecification() throws {
        guard let folder = try Corpus.need("cel/network_ext.json") else { return }
        var failures: [String] = []
        for test in try Self.cases("cel/network_ext.json", in: folder) {
            if let failure = KubernetesCase(specification: test)?.failure() { failures.append(failure) }
        }
        #expect(failures.isEmpty, "\(failures.count):\n\(failures.joined(separator: "\n"))")
    }

    @Test func variablesOfAdmissionPolicies() throws {
        guard let folder = try Corpus.need("k8s-cel/edge/vap-variables.json") else { return }
        let context = try Corpus.bytes("k8s-cel/edge/vap-variables.context.json", in: folder)
        let document = try JSONDocument(parsing: context)
        var failures: [String] = []
        for test in try Self.cases("k8s-cel/edge/vap-variables.json", in: folder) {
            guard var parsed = KubernetesCase(test) else { continue }
            parsed.environment = .admission(AdmissionVariables(hasParams: true, hasAuthorizer: true))
            parsed.context = document
            if let failure = parsed.failure() { failures.append(failure) }
        }
        #expect(failures.isEmpty, "\(failures.count):\n\(failures.joined(separator: "\n"))")
    }

    /// Expressions of each version; what was stored by an older version may use everything the newest has.
    @Test func environmentsOfVersions() throws {
        guard let folder = try Corpus.need("k8s-cel/environment/versions.json") else { return }
        for test in try Self.cases("k8s-cel/environment/versions.json", in: folder) {
            let minor = (test["version"] as? String)?.split(separator: ".").last.flatMap { Int($0) } ?? 0
            let isStored = test["env_type"] as? String == "StoredExpressions"
            var environment = Environment.kubernetes(isStored ? .newest : KubernetesVersion(minor: minor))
            environment.declare("authorizer", .object("kubernetes.authorization.Authorizer"))
            for expression in test["valid"] as? [String] ?? [] {
                guard case .success = environment.compile(expression) else {
                    Issue.record("\(expression) is refused in \(minor)")
                    continue
                }
            }
            for expression in test["invalid"] as? [String] ?? [] {
                if case .success = environment.compile(expression) {
                    Issue.record("\(expression) compiles in \(minor)")
                }
            }
        }
    }

    @Test func typesOfMutatingPolicies() throws {
        guard let folder = try Corpus.need("k8s-cel/map/types.json") else { return }
        var failures: [String] = []
        let environment = Environment.admission(AdmissionVariables(hasPatchTypes: true))
        for test in try Self.cases("k8s-cel/map/types.json", in: folder) {
            guard let expression = test["expr"] as? String, let expect = test["expect"] as? Case else { continue }
            let refusal = expect["compile_error_contains"] as? String
            switch environment.compile(expression) {
            case .failure(let failure):
                if refusal.map({ failure.description.contains($0) }) != true {
                    failures.append("\(expression): \(failure)")
                }
            case .success(let checked):
                var evaluator = Evaluator()
                let value = evaluator.run(try environment.plan(checked))
                if refusal != nil || value.isError { failures.append("\(expression): \(TypedValue.describe(value))") }
            }
        }
        #expect(failures.isEmpty, "\(failures.count):\n\(failures.joined(separator: "\n"))")
    }
}

/// One expression of the corpus with what the API server makes of it.
struct KubernetesCase {
    typealias Case = [String: Any]

    let expression: String
    let outcome: Case
    let cost: Case
    let type: String?
    /// Whether a failure's sentence counts, and not only that there is one.
    var hasExactErrors = true
    var environment = Environment.kubernetes()
    /// An object with the values of the variables.
    var context: JSONDocument?
    private var allowsAll = false

    init?(_ test: Case) {
        guard let expression = test["expr"] as? String, let outcome = test["k8s"] as? Case else { return nil }
        self.expression = expression
        self.outcome = outcome
        cost = test["k8s_cost"] as? Case ?? [:]
        type = test["type"] as? String
        allowsAll = test["authorizer"] as? String == "allow-all"
        if allowsAll { environment.declare("authorizer", .object("kubernetes.authorization.Authorizer")) }
        if test["env"] as? String == "map" { environment = .admission(AdmissionVariables(hasPatchTypes: true)) }
    }

    /// A case of cel-spec, which says what it expects in its own way.
    init?(specification test: Case) {
        guard let expression = test["expr"] as? String, let expected = test["expected"] as? Case else { return nil }
        self.expression = expression
        let failure = expected["eval_error"].map { _ in ["eval_error": ""] as Case }
        outcome = (test["k8s"] as? Case).map { $0["value"] == nil ? ["eval_error": ""] : $0 } ?? failure ?? expected
        cost = test["k8s_cost"] as? Case ?? [:]
        type = nil
        hasExactErrors = false
    }

    /// What one expression may cost an API server.
    private static let costMax: UInt64 = 1_000_000

    /// Nil where this implementation agrees, else how it does not.
    func failure() -> String? {
        switch environment.compile(expression) {
        case .failure(let failure): return refusalFailure(failure)
        case .success(let checked):
            if let type, checked.resultType.runtimeDescription != type {
                return "\(expression): is \(checked.resultType), expected \(type)"
            }
            if let range = cost["estimated"] as? [String] {
                let mine = checked.estimatedCost(KubernetesCosts())
                if ["\(mine.min)", "\(mine.max)"] != range {
                    return "\(expression): is estimated at \(mine), expected \(range)"
                }
            }
            return run(checked)
        }
    }

    private func refusalFailure(_ failure: CompileFailure) -> String? {
        guard let messages = outcome["compile_error"] as? [String] else {
            return hasExactErrors || outcome["eval_error"] == nil ? "\(expression): refused: \(failure)" : nil
        }
        let mine = failure.issues.sorted.map(\.message)
        return mine == messages || failure.description == messages.joined(separator: "\n")
            ? nil : "\(expression): \(failure) expected \(messages)"
    }

    private func run(_ checked: CheckedExpression) -> String? {
        let program: Program
        do throws(PlanFailure) { program = try environment.plan(checked) } catch {
            let messages = outcome["compile_error"] as? [String] ?? []
            return messages == ["\(error)"] ? nil : "\(expression): refused: \(error), expected \(messages)"
        }
        if let messages = outcome["compile_error"] { return "\(expression): can be run, expected \(messages)" }
        var evaluator = Evaluator(limits: .init(cost: Self.costMax))
        let session = AuthorizerSession(AllowingAuthorizer())
        if allowsAll, let slot = environment.slot(of: "authorizer") {
            evaluator.bind(slot, session.value(&evaluator))
        }
        bind(&evaluator)
        let value = withExtendedLifetime(session) { evaluator.run(program) }
        if let expected = outcome["value"] {
            if let difference = TypedValue.difference(value, expected, &evaluator) {
                return "\(expression): \(difference), expected \(expected)"
            }
            return costFailure(evaluator.cost, "runtime")
        }
        let message = outcome["eval_error"] as? String ?? ""
        if evaluator.stop == .cost, message == "operation cancelled: actual cost limit exceeded" { return nil }
        if !value.isError || hasExactErrors && value.errorMessage != message {
            return "\(expression): \(TypedValue.describe(value)), expected \(message)"
        }
        return costFailure(evaluator.cost, "runtime_until_error")
    }

    private func bind(_ evaluator: inout Evaluator) {
        guard let context else { return }
        for member in context.root.members {
            guard let name = member.key.string, let slot = environment.slot(of: name) else { continue }
            evaluator.bind(slot, evaluator.value(of: member.value))
        }
    }

    private func costFailure(_ mine: UInt64, _ key: String) -> String? {
        guard let expected = cost[key] as? Int, UInt64(expected) != mine else { return nil }
        return "\(expression): costs \(mine), expected \(expected) (\(key))"
    }
}

/// Everyone may do everything.
private struct AllowingAuthorizer: Authorizer {
    func answer(_ question: AuthorizerQuestion) -> AuthorizerAnswer { AuthorizerAnswer(isAllowed: true) }
}
