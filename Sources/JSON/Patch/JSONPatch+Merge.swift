extension JSONPatch {
    /// The document that a merge patch (RFC 7396) makes of `document`; both stay as they are.
    public static func merge(
        _ patch: JSONNode, into document: JSONNode, options: JSONPatchOptions = JSONPatchOptions()
    ) throws(JSONPatchError) -> JSONDocument {
        let isLenient = options.mode == .apiServer
        if isLenient, !patch.isObject, !patch.isArray { throw malformed("Invalid JSON Patch") }
        if isLenient, document.isNull { throw malformed("Invalid JSON Document") }
        var merge = MergeRun(prunesArrays: isLenient)
        // That library prunes a patch which is no object, and one that replaces what is no object, inside arrays too.
        if isLenient, patch.isArray { merge.prune(patch) } else { merge.merge(document, patch) }
        do throws(JSONError) {
            return try merge.finish()
        } catch {
            throw JSONPatchError(
                reason: .tooLarge, operation: nil, path: "",
                message: "the merged document cannot be built: \(error.reason.sentence)")
        }
    }

    private static func malformed(_ message: String) -> JSONPatchError {
        JSONPatchError(reason: .malformed, operation: nil, path: "", message: message)
    }
}

/// A merge patch being applied: it goes as deep as the builder allows containers to be nested.
private struct MergeRun: ~Copyable {
    private var builder = JSONBuilder()
    private let prunesArrays: Bool

    init(prunesArrays: Bool) { self.prunesArrays = prunesArrays }

    consuming func finish() throws(JSONError) -> JSONDocument { try builder.finish() }

    mutating func merge(_ target: JSONNode, _ patch: JSONNode) {
        guard builder.isFine else { return }
        guard patch.isObject else { return builder.copy(patch) }
        guard target.isObject else { return prune(patch) }
        let changes = MemberIndex(patch)
        let present = MemberIndex(target)
        builder.beginObject()
        for member in target.members {
            guard let change = changes.value(member.key) else {
                copy(member.key)
                builder.copy(member.value)
                continue
            }
            if change.isNull { continue }
            copy(member.key)
            if prunesArrays, member.value.isNull || !member.value.isObject {
                prune(change)
            } else {
                merge(member.value, change)
            }
        }
        for member in patch.members where !member.value.isNull && present.value(member.key) == nil {
            copy(member.key)
            prune(member.value)
        }
        builder.endObject()
    }

    /// A value of the patch that replaces whatever is there: without the members that are `null`.
    mutating func prune(_ patch: JSONNode) {
        guard builder.isFine else { return }
        if patch.isObject {
            builder.beginObject()
            for member in patch.members where !member.value.isNull {
                copy(member.key)
                prune(member.value)
            }
            builder.endObject()
        } else if patch.isArray, prunesArrays {
            builder.beginArray()
            for element in patch.elements { prune(element) }
            builder.endArray()
        } else {
            builder.copy(patch)
        }
    }

    private mutating func copy(_ key: JSONNode) {
        key.withUTF8 { bytes in builder.key(bytes) }
    }
}
