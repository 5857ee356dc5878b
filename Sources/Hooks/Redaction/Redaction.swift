public import JSON

/// Takes secrets out of documents that leave the admission path: what goes to a language model, and what is written to disk.
///
/// What counts as a secret: the `data` and `stringData` of Secrets wherever they stand; the copy of an object that kubectl
/// leaves in an annotation; values whose member, environment variable or command-line flag is named like a secret
/// (`password`, `token`, `apiKey`, …); and texts that look like one (JSON web tokens, `Bearer …`, private keys, passwords in
/// URLs). Keys, names of Secrets and everything else stay, so that the document can still be judged.
///
/// It is a net, not a proof: a secret in the middle of a text that nothing names is not seen.
public struct Redaction: Sendable {
    /// What stands in the place of a secret.
    public static let text = "REDACTED"
    /// The same where base64 is expected, as in the data of a Secret.
    private static let encoded = "UkVEQUNURUQ="
    /// What is nested more deeply is left out altogether.
    private static let depthMax = 1_000

    /// The redaction as everything here has it.
    public init() {}

    /// The document without its secrets. A text that is not JSON is left out altogether.
    public func redacted(_ json: [UInt8]) -> [UInt8] {
        var writer = JSONWriter(capacity: json.count + 64)
        do throws(JSONError) {
            let document = try JSONDocument(parsing: json, options: .go(depthMax: Self.depthMax + 24))
            document.withRoot { write($0, to: &writer) }
        } catch {
            writer.string(Self.text)
        }
        return writer.bytes
    }

    /// A text without what looks like a secret in it; bytes that are not UTF-8 become U+FFFD.
    public func text(_ bytes: [UInt8]) -> String {
        String(decoding: SecretText.cleaned(bytes.span) ?? bytes, as: UTF8.self)
    }

    /// Writes a value without its secrets.
    public func write(_ node: JSONNode, to writer: inout JSONWriter) { write(node, isSecret: false, 0, &writer) }

    /// `isSecret` says that an object is a Secret although it does not say so itself.
    private func write(_ node: JSONNode, isSecret: Bool, _ depth: Int, _ writer: inout JSONWriter) {
        guard depth < Self.depthMax else { return writer.string(Self.text) }
        switch node.kind {
        case .object: writeObject(node, isSecret: isSecret, depth, &writer)
        case .array: writeArray(node, isSecret: isSecret, depth, &writer)
        case .string: writeText(node, &writer)
        default: writer.node(node)
        }
    }

    private func writeArray(_ node: JSONNode, isSecret: Bool, _ depth: Int, _ writer: inout JSONWriter) {
        var followsFlag = false
        writer.beginArray()
        for element in node.elements {
            if followsFlag, element.isString {
                writer.string(Self.text)
            } else {
                write(element, isSecret: isSecret, depth + 1, &writer)
            }
            followsFlag = element.withUTF8 { SecretText.isBareFlag($0) }
        }
        writer.endArray()
    }

    private func writeObject(_ node: JSONNode, isSecret: Bool, _ depth: Int, _ writer: inout JSONWriter) {
        let kinds = Kinds(of: node)
        let isSecret = isSecret || kinds.isSecret
        // An environment variable, or anything else that is called by a name beside its value.
        let isNamed = node["name"]?.withUTF8 { SecretName.matches($0) } ?? false
        writer.beginObject()
        for member in node.members {
            member.key.withUTF8 { writer.key($0) }
            let key = member.key
            if isSecret, key.equals("data") {
                blank(member.value, Self.encoded, depth, &writer)
            } else if isSecret, key.equals("stringData") {
                blank(member.value, Self.text, depth, &writer)
            } else if key.equals("kubectl.kubernetes.io/last-applied-configuration") {
                writer.string(Self.text)
            } else if isNamed && key.equals("value") || key.withUTF8({ SecretName.matches($0) }) {
                writeNamed(member.value, depth, &writer)
            } else {
                let isInside =
                    kinds.isListOfSecrets && key.equals("items")
                    || kinds.isReviewOfSecret && (key.equals("object") || key.equals("oldObject"))
                write(member.value, isSecret: isInside, depth + 1, &writer)
            }
        }
        writer.endObject()
    }

    /// The value of something that is named like a secret: texts and numbers go, objects are looked into.
    private func writeNamed(_ node: JSONNode, _ depth: Int, _ writer: inout JSONWriter) {
        if node.isString || node.isNumber { return writer.string(Self.text) }
        guard node.isArray, depth < Self.depthMax else { return write(node, isSecret: false, depth + 1, &writer) }
        writer.beginArray()
        for element in node.elements { writeNamed(element, depth + 1, &writer) }
        writer.endArray()
    }

    /// Keys stay; every value goes.
    private func blank(_ node: JSONNode, _ text: String, _ depth: Int, _ writer: inout JSONWriter) {
        guard node.isObject else { return node.isNull ? writer.null() : writer.string(text) }
        writer.beginObject()
        for member in node.members {
            member.key.withUTF8 { writer.key($0) }
            writer.string(text)
        }
        writer.endObject()
    }

    private func writeText(_ node: JSONNode, _ writer: inout JSONWriter) {
        let cleaned: [UInt8]? = node.withUTF8 { SecretText.cleaned($0) }
        if let cleaned { writer.string(cleaned.span) } else { writer.node(node) }
    }

    /// What an object's `kind` says about where Secrets are in it.
    private struct Kinds {
        var isSecret = false
        var isListOfSecrets = false
        /// An AdmissionRequest, whose `kind` is that of its object.
        var isReviewOfSecret = false

        init(of object: JSONNode) {
            guard let kind = object["kind"] else { return }
            isSecret = kind.equals("Secret")
            isListOfSecrets = kind.equals("SecretList")
            isReviewOfSecret = kind["kind"]?.equals("Secret") ?? false
        }
    }
}
