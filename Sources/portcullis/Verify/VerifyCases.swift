import HTTP
import JSON
import Policies
import Reactor
import Registration

/// Requests of which it is known what a server must say.
struct VerifyCases {
    /// What must come of a request.
    enum Expectation: String {
        case allowed, denied, changed
    }

    private static let key = "portcullis.dev/expect"
    private static let messageKey = "portcullis.dev/expect-message"

    let probe: ServerProbe
    /// The endpoints: those that change objects come first, as in an API server.
    let webhooks: [Webhook]

    /// What came of the cases of files; nil where one cannot be used, which is said.
    func run(_ paths: [String], _ rules: PolicySet) -> [VerifyCheck]? {
        var checks: [VerifyCheck] = []
        for path in paths {
            guard let names = RuleInput.names(path) else { return nil }
            for name in names {
                var request = ReviewInput.Request()
                request.rules = rules
                let (inputs, isWhole) = ReviewInput.read(name, request)
                guard isWhole else { return nil }
                for input in inputs {
                    guard let check = run(input, file: name) else { return nil }
                    checks.append(check)
                }
            }
        }
        return checks
    }

    private func run(_ input: ReviewInput, file: String) -> VerifyCheck? {
        input.document.withRoot { root in
            let request = root["request"]
            let title =
                "\(request?["kind"]?["kind"]?.string ?? "") \(request?["name"]?.string ?? Self.objectName(request))"
            guard let wanted = Self.annotation(Self.key, root) else {
                Console.error(
                    "portcullis verify: \(file): \(title) has no annotation \(Self.key): allowed, denied or changed\n")
                return nil
            }
            guard let expectation = Expectation(rawValue: wanted) else {
                Console.error(
                    "portcullis verify: \(file): \(title): \(Self.key) must be allowed, denied or changed, not '\(wanted)'\n"
                )
                return nil
            }
            return judge("case \(title) (\(file))", root, expectation)
        }
    }

    private static func objectName(_ request: JSONNode?) -> String {
        request?["object"]?["metadata"]?["name"]?.string ?? ""
    }

    /// Of the review itself, or of the object that it is about.
    private static func annotation(_ key: String, _ root: JSONNode) -> String? {
        let holders = [root, root["request"]?["object"], root["request"]?["oldObject"]]
        for holder in holders {
            if let text = holder?["metadata"]?["annotations"]?[key]?.string { return text }
        }
        return nil
    }

    private func judge(_ name: String, _ root: JSONNode, _ expectation: Expectation) -> VerifyCheck {
        do {
            let (verdict, isChanged) = try decide(root)
            let found = verdict.isAllowed ? isChanged ? "changed" : "allowed" : "denied: \(verdict.message)"
            var isGood: Bool
            switch expectation {
            case .allowed: isGood = verdict.isAllowed
            case .denied: isGood = !verdict.isAllowed
            case .changed: isGood = verdict.isAllowed && isChanged
            }
            var wanted = expectation.rawValue
            if let text = Self.annotation(Self.messageKey, root) {
                wanted += " with '\(text)'"
                isGood = isGood && ([verdict.message] + verdict.causes).contains { $0.contains(text) }
            }
            return VerifyCheck(name, isGood ? .pass : .fail, isGood ? found : "\(found); expected \(wanted)")
        } catch {
            return VerifyCheck(name, .fail, "\(error)")
        }
    }

    /// Asks one endpoint after the other; what validates sees what was changed.
    private func decide(_ root: JSONNode) throws -> (verdict: ServerProbe.Verdict, isChanged: Bool) {
        var object: JSONDocument?
        var last = ServerProbe.Verdict(isAllowed: true, message: "", patch: nil)
        var seen: Set<String> = []
        for webhook in webhooks where seen.insert(webhook.path).inserted {
            let review = try Self.review(root, uid: "portcullis-verify-\(probe.caller.now.nanoseconds)", object)
            last = try review.withRoot {
                try probe.ask(webhook.path, $0, timeoutSeconds: webhook.timeoutSeconds).verdict
            }
            guard last.isAllowed else { break }
            guard let patch = last.patch, patch.withRoot({ $0.count > 0 }) else { continue }
            object = try review.withRoot { root in
                guard let current = root["request"]?["object"] else {
                    throw WebCaller.Problem(description: "there is a patch, but no object")
                }
                return try patch.withRoot {
                    try JSONPatch.apply($0, to: current, options: JSONPatchOptions(mode: .apiServer))
                }
            }
        }
        return (last, object != nil)
    }

    /// The review as a dry run, with a uid of its own, and of the object as it is by now.
    private static func review(
        _ root: JSONNode, uid: String, _ object: JSONDocument?
    ) throws(JSONError) -> JSONDocument {
        var builder = JSONBuilder()
        builder.beginObject()
        for (key, value) in [("kind", "AdmissionReview"), ("apiVersion", "admission.k8s.io/v1")] {
            builder.key(key)
            builder.string(value)
        }
        builder.key("request")
        builder.beginObject()
        builder.key("uid")
        builder.string(uid)
        builder.key("dryRun")
        builder.bool(true)
        for member in root["request"]?.members.map({ $0 }) ?? [] {
            let key = member.key.string ?? ""
            if ["uid", "dryRun"].contains(key) { continue }
            builder.key(key)
            if key == "object", let object {
                object.withRoot { builder.copy($0) }
            } else {
                builder.copy(member.value)
            }
        }
        builder.endObject()
        builder.endObject()
        return try builder.finish()
    }
}
