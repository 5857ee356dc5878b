import Policies
import Reactor
import Testing

/// Documents of kind Hook, and the knobs of policies.
@Suite struct HookDocumentTests {
    static func load(_ text: String) -> (set: PolicySet, problems: [String]) {
        let (set, problems) = PolicySet.load([RuleFile(name: "rules/sub/a.yaml", bytes: Array(text.utf8))])
        return (set, problems.map { "\($0.severity.rawValue): \($0.message) (\($0.path))" })
    }

    static func hook(_ spec: String, _ metadata: String = "{name: h}") -> String {
        "apiVersion: portcullis.dev/v1\nkind: Hook\nmetadata: \(metadata)\nspec: \(spec)\n"
    }

    static let run = #"run: {http: {url: "https://a.example/"}}"#

    @Test func readsEveryKnob() throws {
        let (set, problems) = Self.load(
            Self.hook(
                """

                  phase: validate
                  weight: 10
                  match: {}
                  mode: warn
                  rollout: {percent: 12.5, by: user}
                  budget: 50ms
                  failurePolicy: Cached
                  retry: {attempts: 2, backoff: 5ms, maxBackoff: 40ms}
                  breaker: {window: 20s, minimumCalls: 7, failureRate: 0.25, slowCall: 40ms, slowRate: 0.9, openFor: 5s,
                    maxOpenFor: 1m, halfOpenCalls: 2}
                  concurrency: {max: 3, queue: 4}
                  cache: {key: "object.metadata.name", ttl: 5m, staleFor: 1h, entries: 10, maxBytes: 4096}
                  run:
                    http: {url: "https://a.example/x", caFile: ca.pem, bearerTokenFile: token, hmacKeyFile: /k,
                      headers: {X-A: b}}
                """, "{name: h, labels: {portcullis.dev/group: g}}"))
        #expect(problems.isEmpty)
        let hook = try #require(set.hooks.first)
        let settings = hook.settings
        #expect(hook.name == "h" && hook.phase == .validate && hook.asksOthers && hook.folder == "rules/sub")
        #expect(settings.weight == 10 && settings.mode == .warn && settings.group == "g")
        #expect(settings.rollout.percent == 12.5 && settings.rollout.basis == .user)
        #expect(settings.budget == .milliseconds(50) && settings.failurePolicy == .cached)
        #expect(settings.retry.attempts == 2 && settings.retry.backoffMax == .milliseconds(40))
        let breaker = try #require(settings.breaker)
        #expect(breaker.window == .seconds(20) && breaker.minimumCalls == 7 && breaker.failureRate == 0.25)
        #expect(breaker.slowCall == .milliseconds(40) && breaker.openForMax == .seconds(60))
        #expect(breaker.halfOpenCalls == 2 && breaker.slowRate == 0.9 && breaker.openFor == .seconds(5))
        #expect(settings.concurrency.callsMax == 3 && settings.concurrency.queueMax == 4)
        let cache = try #require(settings.cache)
        #expect(cache.timeToLive == .seconds(300) && cache.staleFor == .seconds(3600) && cache.bytesMax == 4096)
        guard case .http(let run) = hook.run else {
            Issue.record("not http")
            return
        }
        #expect(run.caFile == "ca.pem" && run.hmacKeyFile == "/k" && run.headers == [HookField("X-A", "b")])
        #expect(set.groups == ["g"] && set.group(named: "g") == 1)
    }

    @Test func readsEverySortOfHook() {
        let sorts = [
            #"http: {url: "http://a.example"}"#, #"webhook: {url: "https://a.example/validate"}"#,
            "command: {argv: [./a.sh, b], directory: d, env: {A: b}, secretFiles: {S: s}, grace: 1s}",
            "cel: {validations: [{expression: 'true'}]}", "builtin: {name: x, settings: {a: 1}}",
            #"prompt: {url: "https://a.example/v1/chat/completions", model: m, template: "{{invocation_json}}"}"#,
        ]
        for sort in sorts {
            let (set, problems) = Self.load(Self.hook("{phase: validate, run: {\(sort)}}"))
            #expect(problems.isEmpty && set.hooks.count == 1, "\(sort)")
        }
        let (set, _) = Self.load(Self.hook("{phase: validate, run: {\(sorts[5])}}"))
        #expect(set.hooks.first?.settings.mode == .warn && set.hooks.first?.settings.breaker != nil)
    }

    static let refusals: [(spec: String, problem: String)] = [
        ("{\(run)}", "error: Required value: mutate, validate or after (spec.phase)"),
        (
            "{phase: before, \(run)}",
            #"error: Unsupported value: "before": supported values: "mutate", "validate", "after" (spec.phase)"#
        ),
        ("{phase: validate}", "error: Required value: one of http, webhook, command, cel, builtin, prompt (spec.run)"),
        (
            #"{phase: validate, run: {http: {url: "https://a"}, builtin: {name: a}}}"#,
            "error: must have exactly one of http, webhook, command, cel, builtin, prompt (spec.run)"
        ),
        (#"{phase: validate, run: {exec: {}}}"#, #"error: unknown field "spec.run.exec" (spec.run.exec)"#),
        (
            "{phase: validate, budget: soon, \(run)}",
            "error: must be a duration from 100us to 1h, such as 250ms or 10s (spec.budget)"
        ),
        (
            "{phase: validate, rollout: 110%, \(run)}",
            #"error: Invalid value: "110%": must be a percentage from 0% to 100%, or a mapping (spec.rollout)"#
        ),
        (
            "{phase: validate, breaker: {failureRate: 0}, \(run)}",
            "error: must be a number above 0 and at most 1 (spec.breaker.failureRate)"
        ),
        (
            "{phase: validate, breaker: {openFor: 10s, maxOpenFor: 5s}, \(run)}",
            "error: must not be less than openFor (spec.breaker.maxOpenFor)"
        ),
        (
            "{phase: validate, retry: {attempts: 0}, \(run)}",
            "error: must be a whole number from 1 to 10 (spec.retry.attempts)"
        ),
        (
            "{phase: validate, failurePolicy: Cached, \(run)}",
            "error: Required value: failurePolicy Cached counts on verdicts that were kept (spec.cache)"
        ),
        (
            "{phase: validate, runOnError: true, \(run)}",
            "error: Forbidden: it is for hooks that run after the answer (spec.runOnError)"
        ),
        (
            "{phase: after, failurePolicy: Fail, \(run)}",
            "error: Forbidden: a hook that runs after the answer has no part in it (spec.failurePolicy)"
        ),
        (
            "{phase: after, run: {cel: {validations: [{expression: 'true'}]}}}",
            "error: Forbidden: cel hooks do not run after the answer (spec.run.cel)"
        ),
        (
            "{phase: validate, cache: {key: object}, run: {cel: {validations: [{expression: 'true'}]}}}",
            "error: Forbidden: it is for hooks that ask somebody outside of the server (spec.cache)"
        ),
        (
            "{phase: validate, run: {cel: {mutations: []}}}",
            "error: Forbidden: hooks of the phase validate have none (spec.run.cel.mutations)"
        ),
        ("{phase: validate, run: {http: {}}}", "error: Required value (spec.run.http.url)"),
        (
            "{phase: validate, run: {command: {argv: []}}}",
            "error: Required value: the program and its arguments (spec.run.command.argv)"
        ),
        (
            "{phase: validate, run: {command: {argv: [a], env: {PORTCULLIS_RESULT: x}}}}",
            #"error: Invalid value: "PORTCULLIS_RESULT": variables of that prefix are set by the server (spec.run.command.env)"#
        ),
        ("{phase: validate, colour: red, \(run)}", #"error: unknown field "spec.colour" (spec.colour)"#),
    ]

    @Test(arguments: refusals) func refuses(spec: String, problem: String) {
        let (set, problems) = Self.load(Self.hook(spec))
        #expect(set.hooks.isEmpty && problems.contains(problem), "\(problems)")
    }

    @Test func aKeyOfTheCacheThatDoesNotCompileIsSaid() {
        let (_, problems) = Self.load(Self.hook("{phase: validate, cache: {key: 'object.'}, \(Self.run)}"))
        #expect(problems.count == 1 && problems[0].hasSuffix("(spec.cache.key)"), "\(problems)")
    }

    @Test func hooksAreListedByName() {
        let text = [("c", 0), ("a", 0), ("b", -1), ("d", 7)].map { name, weight in
            Self.hook("{phase: validate, weight: \(weight), \(Self.run)}", "{name: \(name)}")
        }.joined(separator: "---\n")
        #expect(Self.load(text).set.hooks.map(\.name) == ["a", "b", "c", "d"])
    }

    @Test func kindsOfOthersAreLeftToThemAndUnknownOnesAreNot() {
        let text =
            "apiVersion: portcullis.dev/v1\nkind: Server\nspec: {}\n---\napiVersion: portcullis.dev/v1\nkind: Hok\n"
        #expect(
            Self.load(text).problems == [#"error: no matches for kind "Hok" in version "portcullis.dev/v1" (kind)"#])
    }

    @Test func theLastGoodHookGoesOn() {
        let good = Self.hook("{phase: validate, \(Self.run)}")
        let bad = Self.hook("{phase: never, \(Self.run)}")
        var revisions = RuleRevisions()
        func load(_ text: String) -> RuleRevisions.Revision {
            revisions.load([RuleFile(name: "a.yaml", bytes: Array(text.utf8))])
        }
        #expect(load(good).set.hooks.count == 1)
        let second = load(bad)
        #expect(second.set.hooks.count == 1 && second.invalidCount == 1)
        #expect(load("").set.hooks.isEmpty)
    }
}

// MARK: knobs of policies

extension HookDocumentTests {
    static func policy(_ annotations: String, kind: String = "ValidatingAdmissionPolicy") -> String {
        let rules = "resourceRules: [{apiGroups: ['*'], apiVersions: ['*'], operations: [CREATE], resources: ['*']}]"
        let body =
            kind == "ValidatingAdmissionPolicy"
            ? "validations: [{expression: 'true'}]"
            : "reinvocationPolicy: Never\n  mutations: [{patchType: JSONPatch, jsonPatch: {expression: \"[JSONPatch{op: 'remove', path: '/x'}]\"}}]"
        return """
            apiVersion: admissionregistration.k8s.io/v1
            kind: \(kind)
            metadata:
              name: p
              annotations: {\(annotations)}
            spec:
              failurePolicy: Ignore
              matchConstraints: {\(rules)}
              \(body)
            ---
            apiVersion: admissionregistration.k8s.io/v1
            kind: \(kind)Binding
            metadata: {name: b}
            spec: {policyName: p\(kind == "ValidatingAdmissionPolicy" ? ", validationActions: [Deny]" : "")}
            """
    }

    @Test(arguments: ["ValidatingAdmissionPolicy", "MutatingAdmissionPolicy"])
    func policiesHaveTheSameKnobs(kind: String) throws {
        let (set, problems) = Self.load(
            Self.policy(
                "portcullis.dev/budget: 5ms, portcullis.dev/weight: '10', portcullis.dev/mode: audit, "
                    + "portcullis.dev/rollout: '10%', portcullis.dev/breaker: '{\"failureRate\": 0.5}', other.io/x: z",
                kind: kind))
        #expect(problems.isEmpty)
        let settings = try #require(set.hooks.first).settings
        #expect(settings.budget == .milliseconds(5) && settings.weight == 10 && settings.mode == .audit)
        #expect(settings.rollout.percent == 10 && settings.breaker?.failureRate == 0.5)
        #expect(settings.failurePolicy == .ignore)
    }

    static let annotationProblems: [(String, String)] = [
        ("portcullis.dev/budget: soon", "(metadata.annotations[portcullis.dev/budget])"),
        ("portcullis.dev/breaker: '{openFor: x}'", "(metadata.annotations[portcullis.dev/breaker].openFor)"),
        ("portcullis.dev/breaker: '{'", "(metadata.annotations[portcullis.dev/breaker])"),
        ("portcullis.dev/wieght: '1'", "(metadata.annotations[portcullis.dev/wieght])"),
        ("portcullis.dev/retry: '{attempts: 2}'", "(metadata.annotations[portcullis.dev/retry])"),
        ("portcullis.dev/failurePolicy: Fail", "(metadata.annotations[portcullis.dev/failurePolicy])"),
    ]

    @Test(arguments: annotationProblems) func aBadAnnotationIsAProblemOfItsDocument(text: String, path: String) {
        let (set, problems) = Self.load(Self.policy(text))
        let errors = problems.filter { $0.hasPrefix("error") }
        #expect(set.hooks.isEmpty && errors.count == 1 && errors[0].hasSuffix(path), "\(problems)")
    }

    @Test func knobsOfABindingBelongOnThePolicy() {
        let text = Self.policy("").replacing(
            "metadata: {name: b}", with: "metadata: {name: b, annotations: {portcullis.dev/mode: audit}}")
        #expect(Self.load(text).problems.contains { $0.contains("belongs on the policy") })
    }

    @Test func namesThatSeveralKindsHaveAreToldApart() {
        let text =
            Self.policy("") + "\n---\n" + Self.policy("", kind: "MutatingAdmissionPolicy") + "\n---\n"
            + Self.hook("{phase: validate, \(Self.run)}", "{name: p}")
        #expect(Self.load(text).set.hooks.map(\.name) == ["p", "p:mutating", "p:hook"])
    }
}
