internal import Admission
internal import JSON
public import Policies

/// How much an executor may say.
enum ResultLimits {
    static let messageBytesMax = 32 << 10
    static let reasonBytesMax = 128
    static let warningsMax = 64
    static let warningBytesMax = 4 << 10
    static let annotationsMax = 32
    static let annotationBytesMax = 10 << 10
    static let operationsMax = 10_000
    static let depthMax = 512
}

extension HookResult {
    /// Reads a result as the contract has it (version 1). Members that the contract does not know are refused by name: a
    /// misspelt one would otherwise be a verdict that nobody notices is missing something.
    public init(parsing text: [UInt8], phase: HookPhase) throws(HookFailure) {
        let document: JSONDocument
        do throws(JSONError) {
            document = try JSONDocument(parsing: text, options: Self.options)
        } catch {
            throw .breach("it is not JSON: \(error.message(in: text.span))")
        }
        try self.init(document, phase: phase)
    }

    static var options: JSONOptions {
        var options = JSONOptions()
        options.duplicateKeys = .refuse
        options.depthMax = ResultLimits.depthMax
        return options
    }

    private init(_ document: JSONDocument, phase: HookPhase) throws(HookFailure) {
        defer { withExtendedLifetime(document) {} }
        let root = document.root
        guard root.isObject else { throw .breach("it must be a JSON object such as {\"result\":\"pass\"}") }
        let fields = ResultFields(root)
        try fields.refuseUnknown()
        self.init(try fields.verdict())
        message = try fields.text("message", bytesMax: ResultLimits.messageBytesMax) ?? ""
        reason = try fields.text("reason", bytesMax: ResultLimits.reasonBytesMax) ?? ""
        code = try fields.code()
        warnings = try fields.warnings()
        auditAnnotations = try fields.annotations()
        guard let patch = fields["patch"] else { return }
        self.patch = try HookPatch.checked(patch, phase: phase)
    }
}

extension HookFailure {
    /// What was given is not what the contract says.
    static func breach(_ complaint: String) -> HookFailure {
        HookFailure(.contract, "the answer is not a hook's result: \(complaint)")
    }
}

/// The members of a result, each read by its name; `null` is the same as absent.
private struct ResultFields {
    private static let known: [StaticString] = [
        "result", "message", "reason", "code", "warnings", "patch", "audit_annotations",
    ]

    private let root: JSONNode

    init(_ root: JSONNode) { self.root = root }

    subscript(_ name: StaticString) -> JSONNode? {
        guard let value = root[name], !value.isNull else { return nil }
        return value
    }

    func refuseUnknown() throws(HookFailure) {
        for member in root.members where !Self.known.contains(where: { member.key.equals($0) }) {
            let names = Self.known.map(\.description).joined(separator: ", ")
            throw .breach("unknown member \"\(Excerpt.of(member.key))\"; known are \(names)")
        }
    }

    func verdict() throws(HookFailure) -> HookResult.Verdict {
        guard let value = self["result"] else { throw .breach("\"result\" is missing: pass, warn or deny") }
        guard let verdict = value.string.flatMap(HookResult.Verdict.init(rawValue:)) else {
            throw .breach("\"result\" must be pass, warn or deny")
        }
        return verdict
    }

    func text(_ name: StaticString, bytesMax: Int) throws(HookFailure) -> String? {
        guard let value = self[name] else { return nil }
        return try Self.text(value, "\"\(name)\"", bytesMax: bytesMax)
    }

    private static func text(_ value: JSONNode, _ name: String, bytesMax: Int) throws(HookFailure) -> String {
        guard let text = value.string else { throw .breach("\(name) must be a string") }
        guard text.utf8.count <= bytesMax else { throw .breach("\(name) has more than \(bytesMax) bytes") }
        return text
    }

    func code() throws(HookFailure) -> Int? {
        guard let value = self["code"] else { return nil }
        guard let code = value.int, (400...599).contains(code) else {
            throw .breach("\"code\" must be a whole number from 400 to 599")
        }
        return Int(code)
    }

    func warnings() throws(HookFailure) -> [String] {
        guard let value = self["warnings"] else { return [] }
        guard value.isArray else { throw .breach("\"warnings\" must be a list of strings") }
        guard value.count <= ResultLimits.warningsMax else {
            throw .breach("there are \(value.count) warnings, above the limit of \(ResultLimits.warningsMax)")
        }
        var warnings: [String] = []
        for element in value.elements {
            warnings.append(try Self.text(element, "a warning", bytesMax: ResultLimits.warningBytesMax))
        }
        return warnings
    }

    func annotations() throws(HookFailure) -> [HookResult.Annotation] {
        guard let value = self["audit_annotations"] else { return [] }
        guard value.isObject else { throw .breach("\"audit_annotations\" must be an object of strings") }
        guard value.count <= ResultLimits.annotationsMax else {
            throw .breach(
                "there are \(value.count) audit annotations, above the limit of \(ResultLimits.annotationsMax)")
        }
        var annotations: [HookResult.Annotation] = []
        for member in value.members {
            let name = "the audit annotation \"\(Excerpt.of(member.key))\""
            guard member.key.withUTF8({ AnnotationKey.isValid($0) }) else {
                throw .breach("\(name): a key has at most 63 letters, digits, -, _ and ., no slash")
            }
            let text = try Self.text(member.value, name, bytesMax: ResultLimits.annotationBytesMax)
            annotations.append(HookResult.Annotation(member.key.string ?? "", text))
        }
        return annotations
    }
}

/// Patches that hooks give.
enum HookPatch {
    private static let operations: [StaticString] = ["add", "remove", "replace", "move", "copy", "test"]

    /// The patch as JSON, if it is well formed; nil if there is nothing in it. Whether it applies is for others to see.
    static func checked(_ patch: JSONNode, phase: HookPhase) throws(HookFailure) -> [UInt8]? {
        guard phase == .mutate else { throw .breach("\"patch\" is only for hooks of the mutate phase") }
        guard patch.isArray else { throw .breach("\"patch\" must be a list of JSON Patch operations") }
        guard patch.count <= ResultLimits.operationsMax else {
            throw .breach("the patch has \(patch.count) operations, above the limit of \(ResultLimits.operationsMax)")
        }
        for (index, operation) in patch.elements.enumerated() {
            if let complaint = complaint(operation) { throw .breach("operation \(index) of the patch: \(complaint)") }
        }
        if patch.count == 0 { return nil }
        var writer = JSONWriter()
        writer.node(patch)
        return writer.bytes
    }

    /// The patch that is a text of its own.
    static func parsed(_ text: [UInt8], phase: HookPhase) throws(HookFailure) -> [UInt8]? {
        let document: JSONDocument
        do throws(JSONError) {
            document = try JSONDocument(parsing: text, options: HookResult.options)
        } catch {
            throw .breach("the patch is not JSON: \(error.message(in: text.span))")
        }
        defer { withExtendedLifetime(document) {} }
        return try checked(document.root, phase: phase)
    }

    private static func complaint(_ operation: JSONNode) -> String? {
        guard operation.isObject else { return "must be an object" }
        guard let name = operation["op"], let known = operations.first(where: { name.equals($0) }) else {
            return "\"op\" must be add, remove, replace, move, copy or test"
        }
        guard isPointer(operation["path"]) else { return "\"path\" must be a JSON pointer such as /metadata/labels" }
        switch known.description {
        case "move", "copy": return isPointer(operation["from"]) ? nil : "\"from\" must be a JSON pointer"
        case "remove": return nil
        default: return operation["value"] == nil ? "\"value\" is missing" : nil
        }
    }

    private static func isPointer(_ node: JSONNode?) -> Bool {
        guard let text = node?.string else { return false }
        return text.isEmpty || text.utf8.first == UInt8(ascii: "/")
    }
}

/// What a message quotes of what somebody else wrote.
enum Excerpt {
    /// The beginning of a string, on one line.
    static func of(_ node: JSONNode) -> String { of(node.string ?? "") }

    /// The beginning of a text, on one line.
    static func of(_ text: String) -> String {
        let line = text.unicodeScalars.prefix(64).map {
            $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) ? " " : Character($0)
        }
        return String(line) + (text.unicodeScalars.dropFirst(64).isEmpty ? "" : "…")
    }
}
