import JSON
import Policies
import TestSupport
import Testing
import YAML

@testable import Registration

/// Configurations as they are written, and as an API server takes them.
@Suite struct DocumentTests {
    private static let rules =
        Derived.hook("all", "phase: validate, budget: 1s, \(Derived.http)")
        + Derived.hook("some", "phase: mutate, failurePolicy: Ignore, \(Derived.http)")

    private static func registration(
        _ target: WebhookTarget = .service(namespace: "a", name: "b", port: 443), rules: String = rules
    ) -> WebhookRegistration {
        WebhookRegistration(name: "portcullis", Derived(rules).plan.webhooks, target, authorities: [])
    }

    @Test func whatIsWrittenIsTaken() throws {
        for target in [WebhookTarget.service(namespace: "a", name: "b", port: 443), .url("https://h.example/x")] {
            let text = String(decoding: try Self.registration(target).yaml(), as: UTF8.self)
            let documents = try Derived.document(text)
            #expect(documents.map(\.phase) == [.mutate, .validate])
            #expect(documents.flatMap(\.problems).isEmpty)
            let entries = documents.flatMap(\.entries).map(\.webhook)
            let own = Self.registration(target).webhooks
            #expect(entries.map(\.name) == own.map(\.name) && entries.map(\.conditions) == own.map(\.conditions))
            #expect(entries.map(\.rules) == own.map(\.rules))
            #expect(entries.map(\.namespaceSelector) == own.map(\.namespaceSelector))
            #expect(entries.map(\.timeoutSeconds) == [10, 3] && entries.map(\.isFailClosed) == [false, true])
        }
    }

    @Test func writesWhereItIsAsked() throws {
        let byURL = try Self.registration(.url("https://h.example/x")).json()
        #expect(byURL.contains(#""url": "https://h.example/x/validate""#) && !byURL.contains("\"service\":"))
        let byService = try Self.registration().json()
        #expect(byService.contains(#""path": "/mutate""#) && byService.contains(#""port": 443"#))
        #expect(byService.contains(#""portcullis.dev/registration": "portcullis""#))
        #expect(byService.contains(#""sideEffects": "NoneOnDryRun""#))
        #expect(try Self.registration().yaml() == Self.registration().yaml())
    }

    /// A sound configuration in which one thing is replaced.
    private static func changed(_ old: String, _ new: String) throws -> [String] {
        let text = """
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingWebhookConfiguration
            metadata: {name: x}
            webhooks:
            - name: a.b.example
              rules: [{operations: [CREATE], apiGroups: [""], apiVersions: [v1], resources: [pods]}]
              clientConfig: {service: {namespace: ns, name: s, path: /validate/x, port: 443}}
              matchConditions: [{name: c, expression: "request.name != 'a'"}]
              admissionReviewVersions: [v1]
              timeoutSeconds: 5
              sideEffects: None
            """
        try #require(old.isEmpty || text.contains(old))
        return try Derived.document(old.isEmpty ? text : text.replacing(old, with: new)).flatMap(\.problems)
            .map(\.fieldText)
    }

    @Test func takesASoundConfiguration() throws {
        #expect(try Self.changed("", "") == [])
        #expect(
            try Self.changed("service: {namespace: ns, name: s, path: /validate/x, port: 443}", "url: \"https://h/\"")
                == [])
    }

    @Test(arguments: [
        ("name: a.b.example", "name: b.example", "webhooks[0].name: Invalid value: \"b.example\": should be a domain"),
        ("name: a.b.example", "name: A.b.example", "webhooks[0].name: Invalid value: \"A.b.example\": a lowercase RFC"),
        ("{name: x}", "{name: X_}", "metadata.name: Invalid value"),
        ("[CREATE]", "[CREATE, '*']", "if '*' is present, must not specify other operations"),
        ("[CREATE]", "[MAKE]", "webhooks[0].rules[0].operations[0]: Unsupported value: \"MAKE\""),
        ("[pods]", "[pods/*, pods/status]", "if 'pods/*' is present, must not specify pods/status"),
        ("[pods]", "[pods], scope: Some", "webhooks[0].rules[0].scope: Unsupported value"),
        ("[pods]", "[pods], resourceNames: [a]", "unknown field"),
        ("namespace: ns, ", "", "service namespace is required"),
        ("path: /validate/x", "path: validate", "must start with a '/'"),
        ("path: /validate/x", "path: /validate/-", "segment[1]: a lowercase RFC 1123 subdomain"),
        ("port: 443", "port: 0", "port is not valid"),
        ("service: {namespace: ns, name: s, path: /validate/x, port: 443}", "caBundle: eA==", "exactly one of url"),
        (
            "service: {namespace: ns, name: s, path: /validate/x, port: 443}", "url: \"http://h/\"",
            "'https' is the only"
        ),
        (
            "service: {namespace: ns, name: s, path: /validate/x, port: 443}", "url: \"https://u:p@h/\"",
            "user information"
        ),
        (
            "service: {namespace: ns, name: s, path: /validate/x, port: 443}", "url: \"https://h/?a=b\"",
            "query parameters"
        ),
        (
            "service: {namespace: ns, name: s, path: /validate/x, port: 443}", "url: \"https://h/#a\"",
            "fragments are not"
        ),
        ("port: 443}}", "port: 443}, caBundle: '###'}", "must be base64 of certificates"),
        ("port: 443}}", "port: 443}, caBundle: eA==}", "no certificate in PEM"),
        ("[v1]\n  timeout", "[]\n  timeout", "admissionReviewVersions: Required value"),
        ("[v1]\n  timeout", "[v2]\n  timeout", "must include at least one of v1, v1beta1"),
        ("timeoutSeconds: 5", "timeoutSeconds: 31", "the timeout value must be between 1 and 30 seconds"),
        (
            "sideEffects: None", "sideEffects: Some",
            "Unsupported value: \"Some\": supported values: \"None\", \"NoneOnDryRun\""
        ),
        ("sideEffects: None", "failurePolicy: Fail", "sideEffects: Required value"),
        ("sideEffects: None", "sideEffects: None\n  reinvocationPolicy: Never", "unknown field"),
        ("sideEffects: None", "sideEffects: None\n  matchPolicy: Some", "matchPolicy: Unsupported value"),
        (
            "sideEffects: None", "sideEffects: None\n  namespaceSelector: {matchLabels: {a: 'b c'}}",
            "a valid label must"
        ),
        ("request.name != 'a'", "request.nam", "compilation failed"),
        ("request.name != 'a'", "'a'", "must evaluate to bool"),
        ("{name: c,", "{name: 'c d',", "name part must consist"),
    ]) func refusesWhatAnAPIServerRefuses(old: String, new: String, problem: String) throws {
        let found = try Self.changed(old, new)
        #expect(found.contains { $0.contains(problem) }, "\(found)")
    }

    @Test func refusesNamesThatAreThereTwice() throws {
        let entry =
            "- {name: a.b.example, clientConfig: {url: \"https://h/\"}, admissionReviewVersions: [v1], sideEffects: None}\n"
        let text =
            "apiVersion: admissionregistration.k8s.io/v1\nkind: MutatingWebhookConfiguration\n"
            + "metadata: {name: x}\nwebhooks:\n\(entry)\(entry)"
        #expect(
            try Derived.document(text).flatMap(\.problems).map(\.fieldText)
                == ["webhooks[1].name: Duplicate value: \"a.b.example\""])
        let old = text.replacing("k8s.io/v1\n", with: "k8s.io/v1beta1\n")
        #expect(try Derived.document(old).flatMap(\.problems).contains { $0.message.contains("no matches for kind") })
    }
}
