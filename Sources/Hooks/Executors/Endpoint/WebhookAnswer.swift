internal import Admission
internal import JSON

/// The answer of an admission webhook, judged as the API server judges it: unknown members are passed over, the last of two
/// equal names counts, what is absent is false or empty, a denial's code is at least 400, and audit annotations whose keys
/// are no names are dropped.
public enum WebhookAnswer {
    /// The result that an AdmissionReview `v1` with a response to the review `uid` stands for.
    public static func result(_ body: [UInt8], uid: String, mayPatch: Bool) throws(HookFailure) -> HookResult {
        let document: JSONDocument
        do throws(JSONError) {
            document = try JSONDocument(parsing: body, options: .go())
        } catch {
            throw complaint("it is not JSON: \(error.message(in: body.span))")
        }
        defer { withExtendedLifetime(document) {} }
        let root = document.root
        guard root.isObject, root["kind"]?.equals("AdmissionReview") == true,
            root["apiVersion"]?.equals("admission.k8s.io/v1") == true
        else { throw complaint("it must be an AdmissionReview of admission.k8s.io/v1") }
        guard let response = member(root, "response"), response.isObject else {
            throw complaint("it has no response")
        }
        guard response["uid"]?.equals(uid.utf8.span) == true else {
            throw complaint("response.uid is not that of the request")
        }
        return try read(response, mayPatch: mayPatch)
    }

    private static func read(_ response: JSONNode, mayPatch: Bool) throws(HookFailure) -> HookResult {
        var isAllowed = false
        if let allowed = member(response, "allowed") {
            guard let value = allowed.bool else { throw complaint("response.allowed must be true or false") }
            isAllowed = value
        }
        var result = isAllowed ? HookResult(.pass) : try denial(member(response, "status"))
        result.warnings = try warnings(member(response, "warnings"))
        result.auditAnnotations = try annotations(member(response, "auditAnnotations"))
        let patch = try patch(response, mayPatch: mayPatch)
        if isAllowed { result.patch = patch }
        return result
    }

    /// The message, or else the reason, as the API server words it.
    private static func denial(_ status: JSONNode?) throws(HookFailure) -> HookResult {
        var result = HookResult(.deny)
        result.code = 400
        result.message = "denied without explanation"
        guard let status else { return result }
        guard status.isObject else { throw complaint("response.status must be an object") }
        let message = try text(status, "message", "response.status.message")
        let reason = try text(status, "reason", "response.status.reason")
        if let code = member(status, "code") {
            guard let number = code.int else { throw complaint("response.status.code must be a whole number") }
            result.code = (400...599).contains(number) ? Int(number) : 400
        }
        result.reason = reason
        if !message.isEmpty || !reason.isEmpty { result.message = message.isEmpty ? reason : message }
        return result
    }

    private static func text(_ node: JSONNode, _ name: StaticString, _ path: String) throws(HookFailure) -> String {
        guard let value = member(node, name) else { return "" }
        guard let text = value.string else { throw complaint("\(path) must be a string") }
        return text
    }

    private static func warnings(_ node: JSONNode?) throws(HookFailure) -> [String] {
        guard let node else { return [] }
        guard node.isArray else { throw complaint("response.warnings must be a list of strings") }
        var warnings: [String] = []
        for element in node.elements {
            guard let text = element.string else { throw complaint("a warning must be a string") }
            warnings.append(text)
        }
        return warnings
    }

    private static func annotations(_ node: JSONNode?) throws(HookFailure) -> [HookResult.Annotation] {
        guard let node else { return [] }
        guard node.isObject else { throw complaint("response.auditAnnotations must be an object of strings") }
        var annotations: [HookResult.Annotation] = []
        for member in node.members {
            guard let text = member.value.string else { throw complaint("an audit annotation must be a string") }
            guard member.key.withUTF8({ AnnotationKey.isValid($0) }) else { continue }
            annotations.append(HookResult.Annotation(member.key.string ?? "", text))
        }
        return annotations
    }

    /// A patch and its type come together, and from webhooks that may patch only.
    private static func patch(_ response: JSONNode, mayPatch: Bool) throws(HookFailure) -> [UInt8]? {
        let type = member(response, "patchType")
        let encoded = try text(response, "patch", "response.patch")
        guard mayPatch else {
            if type == nil, encoded.isEmpty { return nil }
            throw complaint("only hooks of the mutate phase may give response.patch and response.patchType")
        }
        guard let type else {
            if encoded.isEmpty { return nil }
            throw complaint("response.patchType is missing beside response.patch")
        }
        guard type.equals("JSONPatch") else { throw complaint("response.patchType must be JSONPatch") }
        guard !encoded.isEmpty else { throw complaint("response.patch is missing beside response.patchType") }
        guard let bytes = Base64Text.decode(Array(encoded.utf8)) else {
            throw complaint("response.patch must be base64")
        }
        return try checked(bytes)
    }

    /// Only its outer form is looked at: whoever applies it does so by the API server's lenient rules.
    private static func checked(_ patch: [UInt8]) throws(HookFailure) -> [UInt8]? {
        let document: JSONDocument
        do throws(JSONError) {
            document = try JSONDocument(parsing: patch, options: .go())
        } catch {
            throw complaint("response.patch is not JSON: \(error.message(in: patch.span))")
        }
        defer { withExtendedLifetime(document) {} }
        let root = document.root
        if root.isNull { return nil }
        guard root.isArray, root.count <= ResultLimits.operationsMax else {
            throw complaint("response.patch must be a list of at most \(ResultLimits.operationsMax) operations")
        }
        if root.count == 0 { return nil }
        var writer = JSONWriter(capacity: patch.count + 64)
        writer.node(root)
        return writer.bytes
    }

    private static func member(_ node: JSONNode, _ name: StaticString) -> JSONNode? {
        guard let value = node[name], !value.isNull else { return nil }
        return value
    }

    private static func complaint(_ text: String) -> HookFailure {
        HookFailure(.contract, "the answer is not an admission webhook's: \(text)")
    }
}
