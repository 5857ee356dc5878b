public import CEL
public import CELKubernetes
public import JSON

/// How a mutation says what it changes.
public enum PatchType: String, Sendable, Hashable, CaseIterable {
    /// An object that is merged into the one there is.
    case applyConfiguration = "ApplyConfiguration"
    /// A list of patch operations.
    case jsonPatch = "JSONPatch"

    /// The type that the mutation's expression must have.
    public var resultType: CELType {
        switch self {
        case .applyConfiguration: .object(MutationTypes.objectName)
        case .jsonPatch: .list(.object(MutationTypes.jsonPatchName))
        }
    }

    /// What is wrong with an expression of that type, as the API server words it; nil where it may be used.
    public func complaint(about type: CELType) -> String? {
        type == resultType ? nil : "must evaluate to \(resultType) but got \(type)"
    }
}

/// Carries out what the expressions of mutating policies gave.
public struct Mutator: Sendable {
    private let ownSchemas: KindSchemas?
    /// The schemas of the kinds that have any.
    public var schemas: KindSchemas { ownSchemas ?? .builtIn }
    /// Whether a JSON Patch may not give objects of known kinds fields that their schemas do not have. The API server
    /// drops or refuses such fields when it reads the object; a webhook's answer may carry them.
    public var refusesUnknownFields = false

    /// Mutations of objects whose kinds have these schemas; without any, of those that are built in, which are read
    /// when the first object is mutated.
    public init(schemas: KindSchemas? = nil) { ownSchemas = schemas }

    /// The object that a mutation makes of `object`; nil where the patch's own test says that it does not apply.
    ///
    /// `value` is what the mutation's expression gave in this evaluator, and no error.
    public func mutate(
        _ object: JSONNode, _ patchType: PatchType, with value: Value, _ evaluator: inout Evaluator
    ) throws(MutationError) -> JSONDocument? {
        switch patchType {
        case .applyConfiguration: try apply(value, to: object, &evaluator)
        case .jsonPatch: try patch(object, with: value, &evaluator)
        }
    }

    private func apply(
        _ value: Value, to object: JSONNode, _ evaluator: inout Evaluator
    ) throws(MutationError) -> JSONDocument {
        if let complaint = ObjectTypeCheck.complaint(about: value, &evaluator) {
            throw MutationError("type mismatch: \(complaint)")
        }
        let kind = ObjectKind(of: object)
        let patch: MergeValue
        do throws(AppliedValueError) {
            patch = try MergeValue.applied(value, &evaluator).naming(kind)
        } catch {
            throw MutationError("invalid return type: \(error.message)")
        }
        return try merge(patch, into: object, of: kind)
    }

    private func patch(
        _ object: JSONNode, with operations: Value, _ evaluator: inout Evaluator
    ) throws(MutationError) -> JSONDocument? {
        let patch = try PatchOperations.patch(of: operations, &evaluator)
        let patched: JSONDocument
        do throws(JSONPatchError) {
            patched = try patch.withRoot { patch throws(JSONPatchError) in
                try JSONPatch.apply(patch, to: object, options: JSONPatchOptions(mode: .apiServer))
            }
        } catch {
            if error.reason == .testFailed { return nil }
            throw MutationError("JSON Patch: \(error.message)")
        }
        try patched.withRoot { root throws(MutationError) in try readAgain(root, was: object) }
        return patched
    }
}

// MARK: merging

extension Mutator {
    private func merge(
        _ patch: MergeValue, into object: JSONNode, of kind: ObjectKind
    ) throws(MutationError) -> JSONDocument {
        let type = MergeType(of: kind, in: schemas)
        let applied = MergeValidation(allowsDuplicates: false).problems(of: patch, type)
        guard applied.isEmpty else {
            throw MutationError(
                "error applying patch: failed to convert patch object to typed object: \(applied.description)")
        }
        let atomics = AtomicFields.paths(in: patch, type)
        guard atomics.isEmpty else {
            throw MutationError(
                "error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: "
                    + atomics.joined(separator: ", "))
        }
        let live = MergeValue.document(object)
        let stored = MergeValidation(allowsDuplicates: true).problems(of: live, type)
        guard stored.isEmpty else {
            throw MutationError(
                "error applying patch: failed to convert original object to typed object: \(stored.description)")
        }
        var builder = JSONBuilder()
        StructuredMerge.merge(live, patch, type).write(to: &builder)
        do throws(JSONError) {
            return try builder.finish()
        } catch {
            throw MutationError("error applying patch: failed to merge patch: \(error)")
        }
    }
}
