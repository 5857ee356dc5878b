/// RFC 6902, operation by operation.
extension PatchRun {
    mutating func applyByRFC(_ operation: JSONNode) throws(JSONPatchError) {
        guard let name = operation["op"]?.string else {
            throw failure(.unknownOperation, "the operation has no \"op\"")
        }
        switch name {
        case "add": try add(value(operation), at: pointer(operation, "path"))
        case "remove": _ = try take(pointer(operation, "path"))
        case "replace": try replace(value(operation), at: pointer(operation, "path"))
        case "move": try move(from: pointer(operation, "from"), to: pointer(operation, "path"))
        case "copy": try copy(from: pointer(operation, "from"), to: pointer(operation, "path"))
        case "test": try test(operation)
        default: throw failure(.unknownOperation, "there is no operation \"\(name)\"")
        }
    }

    private func pointer(_ operation: JSONNode, _ field: String) throws(JSONPatchError) -> JSONPointer {
        guard let text = operation[field]?.string else {
            throw failure(.missingField, "the operation has no string \"\(field)\"")
        }
        guard let pointer = JSONPointer(text) else {
            throw failure(.invalidPointer, "\"\(text)\" is not a JSON pointer: it must be empty or start with a slash")
        }
        return pointer
    }

    private func value(_ operation: JSONNode) throws(JSONPatchError) -> JSONTree.Value {
        guard let value = operation["value"] else { throw failure(.missingField, "the operation has no \"value\"") }
        return .source(value)
    }

    private func noIndex(_ error: NoIndex) -> JSONPatchError { failure(.invalidIndex, error.message) }

    private func nothing(at pointer: JSONPointer) -> JSONPatchError {
        failure(.missingTarget, "there is nothing at \"\(pointer)\"")
    }

    /// The container that holds, or is to hold, what the pointer means; the pointer is not empty.
    private mutating func parent(of pointer: JSONPointer) throws(JSONPatchError) -> (Holder, [UInt8]) {
        guard let key = pointer.tokens.last, let holder = holder(pointer.tokens.dropLast()) else {
            throw failure(.missingTarget, "there is no object or array that could hold \"\(pointer)\"")
        }
        return (holder, key)
    }

    private mutating func current(_ pointer: JSONPointer) throws(JSONPatchError) -> JSONTree.Value {
        if pointer.tokens.isEmpty { return tree.root }
        let (holder, key) = try parent(of: pointer)
        switch value(holder, key) {
        case .success(let value?): return value
        case .success(nil): throw nothing(at: pointer)
        case .failure(let error): throw noIndex(error)
        }
    }

    private mutating func add(_ value: JSONTree.Value, at pointer: JSONPointer) throws(JSONPatchError) {
        if pointer.tokens.isEmpty {
            tree.root = value
            return
        }
        let (holder, key) = try parent(of: pointer)
        do throws(NoIndex) { try add(value, to: holder, key) } catch { throw noIndex(error) }
    }

    private mutating func take(_ pointer: JSONPointer) throws(JSONPatchError) -> JSONTree.Value {
        if pointer.tokens.isEmpty { throw failure(.missingTarget, "the whole document cannot be removed") }
        let (holder, key) = try parent(of: pointer)
        do throws(NoIndex) {
            if let value = try remove(from: holder, key) { return value }
        } catch { throw noIndex(error) }
        throw nothing(at: pointer)
    }

    private mutating func replace(_ value: JSONTree.Value, at pointer: JSONPointer) throws(JSONPatchError) {
        _ = try current(pointer)
        if pointer.tokens.isEmpty {
            tree.root = value
            return
        }
        let (holder, key) = try parent(of: pointer)
        do throws(NoIndex) { try set(value, in: holder, key) } catch { throw noIndex(error) }
    }

    private mutating func move(from: JSONPointer, to pointer: JSONPointer) throws(JSONPatchError) {
        _ = try current(from)
        if from == pointer { return }
        if pointer.tokens.starts(with: from.tokens) {
            throw failure(.moveIntoItself, "\"\(from)\" cannot move into itself")
        }
        try add(take(from), at: pointer)
    }

    private mutating func copy(from: JSONPointer, to pointer: JSONPointer) throws(JSONPatchError) {
        try add(copied(current(from)), at: pointer)
    }

    private mutating func test(_ operation: JSONNode) throws(JSONPatchError) {
        let pointer = try pointer(operation, "path")
        guard let expected = operation["value"] else { throw failure(.missingField, "the operation has no \"value\"") }
        guard try isEqual(current(pointer), expected, numbers: .numeric) else {
            throw failure(.testFailed, "the value at \"\(pointer)\" is not the one expected")
        }
    }
}
