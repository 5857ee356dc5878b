import Canary
import JSON
import Policies
import Registration
import YAML

let registrationFuzzTargets: [FuzzTarget] = unsafe [
    FuzzTarget(name: "registration", run: { unsafe fuzzRegistration($0) }),
    FuzzTarget(name: "metrics-text", run: { unsafe fuzzMetricsText($0) }),
]

/// Somebody's authority: the certificate of a key that nobody has.
private let authority = """
    -----BEGIN CERTIFICATE-----
    MIIBjzCCATWgAwIBAgIUcZTnssVxjdnZwJA+/8fvBoWfgn8wCgYIKoZIzj0EAwIw
    JDEiMCAGA1UEAwwZcG9ydGN1bGxpcyBkZXZlbG9wbWVudCBDQTAeFw0yNjExMjEx
    ODQxNDNaFw0zNjExMTgxOTQxNDNaMCQxIjAgBgNVBAMMGXBvcnRjdWxsaXMgZGV2
    ZWxvcG1lbnQgQ0EwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARFMM67wopKhVin
    fApj86zy0k+bgiYCr5D3dDkzSZnxTmsrJZEMdDWsDDPgHuyp6cRJmG5+xmpgKYhq
    4a1LbLako0UwQzASBgNVHRMBAf8ECDAGAQH/AgEAMA4GA1UdDwEB/wQEAwIBBjAd
    BgNVHQ4EFgQUNpqPmjKfJG2Iwfi+2Z8SYOQqdcUwCgYIKoZIzj0EAwIDSAAwRQIg
    do96beo+YQKO9fBlhIQeoh/PUUR+gPw+qwRN92DPgCYCIQCQJ6ysD+9HNfZTUQ9y
    n3DulE6V4LiZr4on24oaO6EskQ==
    -----END CERTIFICATE-----

    """

/// Takes any bytes for rules: what is registered for sound ones is nothing that an API server would refuse, and what the linter
/// says has a place in the file. Webhook configurations among them are looked at as well.
public func fuzzRegistration(_ input: UnsafeRawBufferPointer) {
    let check = RuleCheck([unsafe RuleFile(name: "rules", bytes: Array(input))])
    let lockouts = LockoutCheck(own: "portcullis-system")
    for problem in lockouts.problems(of: check) + lockouts.problems(ofConfigurationsIn: check) {
        precondition(problem.line >= 1 && problem.column >= 1 && !problem.message.isEmpty, "a problem without a place")
    }
    let plan = RegistrationPlan(check.rules, named: "fuzz", RegistrationPlan.Exclusions(namespaces: ["kube-system"]))
    let isSound = !check.problems.contains { $0.severity == .error } && plan.problems.isEmpty
    guard isSound, !plan.webhooks.isEmpty else { return }
    let target = WebhookTarget.service(namespace: "portcullis-system", name: "portcullis", port: 443)
    let registration = WebhookRegistration(name: "fuzz", plan.webhooks, target, authorities: Array(authority.utf8))
    do {
        var stream = try KubernetesStream(try registration.yaml())
        while let document = try stream.next() {
            let kind = document.json.root["kind"]?.string ?? ""
            let place = PlacedDocument(
                file: kind, document: document, root: document.json.root, title: kind, kind: kind)
            let refusals = WebhookDocument(place).problems.map(\.fieldText)
            precondition(refusals.isEmpty, "an API server would refuse it: \(refusals)")
        }
    } catch {
        preconditionFailure("what is registered cannot be read: \(error)")
    }
}

/// Takes any bytes for the text that a server gives Prometheus.
public func fuzzMetricsText(_ input: UnsafeRawBufferPointer) {
    do throws(MetricsTextError) {
        _ = try MetricsText(parsing: unsafe Array(input))
    } catch {
        precondition(error.line >= 1 && !error.message.isEmpty, "an error without a place")
    }
}
