import Policies
import Testing

/// How often hooks are to have a verdict, and what is left of that.
@Suite struct HookObjectiveTests {
    private static func objective(_ fields: String) throws -> HookObjective {
        let (set, problems) = HookDocumentTests.load(
            HookDocumentTests.hook("{phase: validate, \(fields) \(HookDocumentTests.run)}"))
        #expect(problems.isEmpty, "\(problems)")
        return try #require(set.hooks.first).settings.objective
    }

    @Test(arguments: [
        ("", HookCriticality.important, 0.995), ("criticality: critical,", .critical, 0.999),
        ("criticality: important,", .important, 0.995), ("criticality: optional,", .optional, 0.99),
        ("objective: 99.95%,", .important, 0.9995), ("criticality: critical, objective: 99.9%,", .critical, 0.999),
        ("objective: 90%, criticality: optional,", .optional, 0.9), ("objective: 99.999%,", .important, 0.99999),
    ])
    func comesFromTheCriticalityUnlessItIsSaid(fields: String, criticality: HookCriticality, ratio: Double) throws {
        let objective = try Self.objective(fields)
        #expect(objective.criticality == criticality && objective.ratio == ratio)
    }

    @Test(arguments: ["ValidatingAdmissionPolicy", "MutatingAdmissionPolicy"])
    func policiesSayItInAnnotations(kind: String) throws {
        let (set, problems) = HookDocumentTests.load(
            HookDocumentTests.policy(
                "portcullis.dev/criticality: critical, portcullis.dev/objective: 99.99%", kind: kind))
        #expect(problems.isEmpty, "\(problems)")
        let objective = try #require(set.hooks.first).settings.objective
        #expect(objective.criticality == .critical && objective.ratio == 0.9999)
    }

    private static let range = "must be a percentage from 90% to 99.999%, such as 99.95%"

    @Test(arguments: [
        (
            "criticality: urgent",
            #"Unsupported value: "urgent": supported values: "critical", "important", "optional" (spec.criticality)"#
        ),
        ("objective: 100%", "\(range) (spec.objective)"), ("objective: 89.9%", "\(range) (spec.objective)"),
        ("objective: 0.999", "\(range) (spec.objective)"), ("objective: '99.9'", "\(range) (spec.objective)"),
        ("objective: nan%", "\(range) (spec.objective)"), ("objective: [99%]", "\(range) (spec.objective)"),
    ])
    func whatIsNoneIsAProblemWhereItStands(field: String, problem: String) {
        let (set, problems) = HookDocumentTests.load(
            HookDocumentTests.hook("{phase: validate, \(field), \(HookDocumentTests.run)}"))
        #expect(set.hooks.isEmpty && problems == ["error: \(problem)"], "\(problems)")
    }

    @Test(arguments: ["criticality: high", "objective: always"])
    func aBadAnnotationIsAProblemWhereItStands(knob: String) {
        let (set, problems) = HookDocumentTests.load(HookDocumentTests.policy("portcullis.dev/\(knob)"))
        let place = "(metadata.annotations[portcullis.dev/\(knob.prefix { $0 != ":" })])"
        #expect(set.hooks.isEmpty && problems.contains { $0.hasSuffix(place) }, "\(problems)")
    }

    @Test func aBudgetIsWhatMayFail() throws {
        let objective = try Self.objective("objective: 99%,")
        func near(_ value: Double?, _ wanted: Double) -> Bool { value.map { abs($0 - wanted) < 1e-9 } ?? false }
        #expect(near(objective.burnRate(failed: 1, of: 100), 1) && near(objective.burnRate(failed: 50, of: 100), 50))
        #expect(near(objective.budgetLeft(failed: 0, of: 7), 1) && near(objective.budgetLeft(failed: 1, of: 400), 0.75))
        #expect(near(objective.budgetLeft(failed: 3, of: 100), -2))
        #expect(objective.burnRate(failed: 0, of: 0) == nil && objective.budgetLeft(failed: 0, of: 0) == nil)
    }
}
