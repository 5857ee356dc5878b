import JSON
import Testing

@testable import Policies

/// Warnings about expressions that do not fit the kinds that their policy is about, as `status.typeChecking` has them.
@Suite struct TypeCheckerTests {
    private static func policy(
        _ expressions: [String], rules: String = "{apiGroups: [apps], apiVersions: [v1], resources: [deployments]}",
        more: String = ""
    ) -> String {
        let list = expressions.map { "  - {expression: \(quoted($0))}" }.joined(separator: "\n")
        return """
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingAdmissionPolicy
            metadata: {name: p}
            spec:
              matchConstraints: {resourceRules: [\(rules.replacing("{api", with: "{operations: [CREATE], api"))]}
            \(more)
              validations:
            \(list)
            ---
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingAdmissionPolicyBinding
            metadata: {name: b}
            spec: {policyName: p, validationActions: [Deny]}
            """
    }

    private static func quoted(_ text: String) -> String { "'\(text.replacing("'", with: "''"))'" }

    private static func problems(_ text: String) -> [RuleProblem] {
        PolicySet.load([RuleFile(name: "rules.yaml", bytes: Array(text.utf8))]).problems
    }

    /// The message, as the API server shows it in its documentation, and where it points to.
    @Test func wordsWarningsAsTheAPIServer() throws {
        let found = Self.problems(Self.policy(["object.replicas > 1"]))
        let problem = try #require(found.first)
        #expect(found.count == 1)
        #expect(problem.severity == .warning && problem.path == "spec.validations[0].expression")
        #expect(problem.line == 8 && problem.document == "ValidatingAdmissionPolicy p")
        #expect(
            problem.message
                == "apps/v1, Kind=Deployment: ERROR: <input>:1:7: undefined field 'replicas'\n | object.replicas > 1\n"
                + " | ......^")
    }

    @Test(arguments: [
        ("object.spec.replicas > 1", nil), ("object.spec.replicas == 'five'", "found no matching overload for '_==_'"),
        ("has(object.spec.template.spec.nope)", "undefined field 'nope'"),
        ("object.spec.template.spec.containers.all(c, has(c.resources.limits) && 'cpu' in c.resources.limits)", nil),
        ("object.spec.strategy.rollingUpdate.maxSurge == 1", nil),
        ("authorizer.requestResource.check('get').allowed()", nil),
        ("authorizer.group('').resource('endpoints').check('create').allowed()", nil),
    ])
    func findsWhatNoObjectOfTheKindFits(_ expression: String, _ message: String?) throws {
        let found = Self.problems(Self.policy([expression]))
        #expect(found.isEmpty == (message == nil), "\(found)")
        if let message { #expect(found.first?.message.contains(message) == true, "\(found)") }
    }

    @Test func checksMessagesAndGoesByTheTypesOfVariables() throws {
        let messages = Self.policy(["true"]).replacing(
            "'true'}", with: "'true', messageExpression: 'string(object.foo)'}")
        #expect(Self.problems(messages).map(\.path) == ["spec.validations[0].messageExpression"])
        let variables =
            "  variables: [{name: count, expression: object.spec.replicas}, {name: bad, expression: object.no}]"
        let found = Self.problems(
            Self.policy(["variables.count == 'a'", "variables.bad == 'a'", "variables.count == 1"], more: variables))
        // What is wrong with a variable is not told, as in the API server; whoever reads it may do anything with it.
        #expect(found.map(\.path) == ["spec.validations[0].expression"])
    }

    @Test(arguments: [
        "{apiGroups: ['*'], apiVersions: [v1], resources: [deployments]}",
        "{apiGroups: [apps], apiVersions: ['*'], resources: [deployments]}",
        "{apiGroups: [apps], apiVersions: [v1], resources: ['*']}",
        "{apiGroups: [apps], apiVersions: [v1], resources: [deployments/scale]}",
        "{apiGroups: [apps], apiVersions: [v1beta7], resources: [deployments]}",
    ])
    func looksAtNoKindThatIsNotNamed(_ rules: String) {
        #expect(Self.problems(Self.policy(["object.nope == 1"], rules: rules)).isEmpty)
    }

    @Test func tellsEveryKindInOrder() throws {
        let rules =
            "{apiGroups: [apps], apiVersions: [v1], resources: [replicasets, deployments]}, "
            + "{apiGroups: [''], apiVersions: [v1], resources: [pods]}"
        let message = try #require(Self.problems(Self.policy(["object.nope == 1"], rules: rules)).first?.message)
        let kinds = message.split(separator: "\n").filter { $0.contains("Kind=") }.map { $0.prefix { $0 != ":" } }
        #expect(kinds == ["/v1, Kind=Pod", "apps/v1, Kind=Deployment", "apps/v1, Kind=ReplicaSet"])
    }

    @Test func parametersHaveTheTypesOfTheirKindWhereItIsKnown() {
        func found(_ kind: String, _ expression: String) -> [RuleProblem] {
            Self.problems(Self.policy([expression], more: "  paramKind: \(kind)")).filter {
                $0.message.contains("Kind=")
            }
        }
        #expect(found("{apiVersion: v1, kind: ConfigMap}", "params.spec == 1").count == 1)
        #expect(found("{apiVersion: v1, kind: ConfigMap}", "params.data['a'] == 'b'").isEmpty)
        #expect(found("{apiVersion: example.com/v1, kind: Unknown}", "params.spec == 1").isEmpty)
        #expect(
            found("{apiVersion: apps/v1, kind: Deployment}", "object.spec == params.spec && params.nope == 1").count
                == 1)
    }

    @Test func kindsOfDefinitionsAreKnown() {
        let definition = """
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: oxen.example.com}
            spec:
              group: example.com
              scope: Namespaced
              names: {kind: Ox, plural: oxen}
              versions:
              - name: v1
                served: true
                storage: true
                schema:
                  openAPIV3Schema:
                    type: object
                    properties:
                      spec:
                        type: object
                        properties:
                          legs: {type: integer}
                          any: {type: object, x-kubernetes-preserve-unknown-fields: true}
            ---

            """
        let rules = "{apiGroups: [example.com], apiVersions: [v1], resources: [oxen]}"
        func found(_ expression: String) -> [String] {
            Self.problems(definition + Self.policy([expression], rules: rules)).map(\.message)
        }
        #expect(found("object.spec.legs == 4 && object.metadata.name != '' && object.spec.any.thing == 1").isEmpty)
        #expect(found("object.spec.wings == 2").first?.hasPrefix("example.com/v1, Kind=Ox: ERROR: ") == true)
    }

    @Test func hooksOfExpressionsAreCheckedToo() throws {
        let hook = """
            apiVersion: portcullis.dev/v1
            kind: Hook
            metadata: {name: h}
            spec:
              phase: validate
              match:
                resourceRules: [{operations: [CREATE], apiGroups: [''], apiVersions: [v1], resources: [pods]}]
                matchConditions: [{name: c, expression: object.metadata.name != ''}]
              run: {cel: {validations: [{expression: "object.spec.hostNetwrk == true"}]}}
            """
        let check = RuleCheck([RuleFile(name: "rules.yaml", bytes: Array(hook.utf8))])
        #expect(check.problems.map(\.path) == ["spec.run.cel.validations[0].expression"])
        #expect(check.problems.first?.message.hasPrefix("/v1, Kind=Pod: ERROR: <input>:1:12: ") == true)
        #expect(check.costs.map(\.document) == ["Hook h"])
        let paths = ["spec.match.matchConditions[0].expression", "spec.run.cel.validations[0].expression"]
        #expect(check.costs.first?.expressions.map(\.path) == paths)
    }

    /// Whatever finds a problem, people read from the top.
    @Test func problemsComeInTheOrderOfTheFiles() {
        let first = Self.policy(
            ["object.nope == 1"], more: "  variables: [{name: w, expression: 'true'}]")
        let second = first.replacing("name: p}", with: "name: q}").replacing("name: b}", with: "name: c}")
        let check = RuleCheck([
            RuleFile(name: "z.yaml", bytes: Array(first.utf8)), RuleFile(name: "a.yaml", bytes: Array(second.utf8)),
        ])
        let places = check.problems.map { "\($0.file):\($0.line)" }
        #expect(places == ["z.yaml:6", "z.yaml:8", "a.yaml:3", "a.yaml:6", "a.yaml:8"], "\(check.problems)")
    }

    /// A variable that names a part of an object is as large as that; sizes come from the kind's schema.
    @Test func costsGoThroughVariables() throws {
        func most(_ expression: String, _ variable: String) throws -> UInt64? {
            let text = Self.policy([expression], more: "  variables: [{name: v, expression: '\(variable)'}]")
            return RuleCheck([RuleFile(name: "r", bytes: Array(text.utf8))]).costs.first?.expressions.last?.costMax
        }
        let direct = try #require(try most("variables.v && object.metadata.name.contains('a')", "true"))
        let through = try #require(try most("variables.v.name.contains('a')", "object.metadata"))
        // A name may be as long as the request: looking through it costs a tenth of its bytes.
        #expect(direct > 300_000 && direct < 320_000 && through > 300_000 && through < 320_000)
        #expect(try most("variables.v.contains('a')", "object.metadata.name + string(1)") == nil)
    }

    @Test func warnsOfExpressionsThatAlwaysCostTooMuch() throws {
        let check = "authorizer.path('/a').check('get').allowed()"
        func messages(_ count: Int) -> [String] {
            let text = Array(repeating: check, count: count).joined(separator: " == ")
            return RuleCheck([
                RuleFile(name: "r", bytes: Array(Self.policy([text + (count % 2 == 0 ? "" : " == true")]).utf8))
            ])
            .problems.map(\.message)
        }
        #expect(messages(2).isEmpty)
        let found = try #require(messages(4).first)
        #expect(found.hasPrefix("costs at least 14") && found.contains("no expression may cost more than 1000000"))
    }
}
