/// Operation by operation as evanphx/json-patch v4 does it, whose results and messages the API server's users see.
extension PatchRun {
    mutating func applyAsAPIServer(_ operation: JSONNode) throws(JSONPatchError) {
        let name = operation["op"]?.string ?? "unknown"
        switch name {
        case "add": try lenientAdd(operation)
        case "remove": try lenientRemove(operation)
        case "replace": try lenientReplace(operation)
        case "move": try lenientMove(operation)
        case "copy": try lenientCopy(operation)
        case "test": try lenientTest(operation)
        default: throw failure(.unknownOperation, "Unexpected kind: \(name)")
        }
    }

    /// A place as that library understands one: everything up to the first slash is ignored, tildes are lenient.
    private struct Place {
        let text: String
        let tokens: [[UInt8]]

        init(_ text: String) {
            self.text = text
            let parts = Array(text.utf8).split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            tokens = parts.dropFirst().map(Self.unescaped)
        }

        private static func unescaped(_ part: ArraySlice<UInt8>) -> [UInt8] {
            var token: [UInt8] = []
            var rest = part
            while let byte = rest.popFirst() {
                guard byte == UInt8(ascii: "~"), let next = rest.first, next & 0xFE == UInt8(ascii: "0") else {
                    token.append(byte)
                    continue
                }
                token.append(next == UInt8(ascii: "0") ? byte : UInt8(ascii: "/"))
                rest.removeFirst()
            }
            return token
        }
    }

    private func failure(_ message: String, _ reason: JSONPatchError.Reason = .missingTarget) -> JSONPatchError {
        failure(reason, message)
    }

    private func place(
        _ operation: JSONNode, _ field: String, orElse missing: String
    ) throws(JSONPatchError) -> Place {
        guard let text = operation[field]?.string else { throw failure(missing, .missingField) }
        return Place(text)
    }

    private mutating func holder(_ place: Place) -> (Holder, [UInt8])? {
        guard let key = place.tokens.last, let holder = holder(place.tokens.dropLast()) else { return nil }
        return (holder, key)
    }

    private static func value(_ operation: JSONNode) -> JSONTree.Value {
        operation["value"].map { .source($0) } ?? .null
    }

    private mutating func lenientAdd(_ operation: JSONNode) throws(JSONPatchError) {
        let place = try place(operation, "path", orElse: "add operation failed to decode path: missing value")
        guard let (holder, key) = holder(place) else {
            throw failure("add operation does not apply: doc is missing path: \"\(place.text)\": missing value")
        }
        do throws(NoIndex) { try add(Self.value(operation), to: holder, key) } catch {
            throw failure("error in add for path: '\(place.text)': \(error.message)", .invalidIndex)
        }
    }

    private mutating func lenientRemove(_ operation: JSONNode) throws(JSONPatchError) {
        let place = try place(operation, "path", orElse: "remove operation failed to decode path: missing value")
        guard let (holder, key) = holder(place) else {
            throw failure("remove operation does not apply: doc is missing path: \"\(place.text)\": missing value")
        }
        _ = try lenientTake(holder, key, "error in remove for path: '\(place.text)'")
    }

    private mutating func lenientTake(
        _ holder: Holder, _ key: [UInt8], _ prefix: String
    ) throws(JSONPatchError) -> JSONTree.Value {
        do throws(NoIndex) {
            if let value = try remove(from: holder, key) { return value }
        } catch { throw failure("\(prefix): \(error.message)", .invalidIndex) }
        throw failure("\(prefix): Unable to remove nonexistent key: \(String(copying: key.span)): missing value")
    }

    private mutating func lenientReplace(_ operation: JSONNode) throws(JSONPatchError) {
        let place = try place(
            operation, "path",
            orElse: "replace operation failed to decode path: operation missing path field: missing value")
        let value = Self.value(operation)
        if place.text.isEmpty {
            guard let node = operation["value"], node.isObject || node.isArray else {
                throw failure("replace operation value must be object or array: %!w(<nil>)", .missingField)
            }
            tree.root = value
            return
        }
        guard let (holder, key) = holder(place) else {
            throw failure("replace operation does not apply: doc is missing path: \(place.text): missing value")
        }
        do throws(NoIndex) { try set(value, in: holder, key) } catch {
            throw failure(
                "replace operation does not apply: doc is missing key: \(place.text): missing value", .invalidIndex)
        }
    }

    private mutating func lenientMove(_ operation: JSONNode) throws(JSONPatchError) {
        let from = try place(
            operation, "from",
            orElse: "move operation failed to decode from: operation, missing from field: missing value")
        guard let (source, sourceKey) = holder(from) else {
            throw failure("move operation does not apply: doc is missing from path: \(from.text): missing value")
        }
        let value = try lenientTake(source, sourceKey, "error in move for path: '\(String(copying: sourceKey.span))'")
        let place = try place(
            operation, "path",
            orElse: "move operation failed to decode path: operation missing path field: missing value")
        guard let (holder, key) = holder(place) else {
            throw failure(
                "move operation does not apply: doc is missing destination path: \(place.text): missing value")
        }
        do throws(NoIndex) { try add(value, to: holder, key) } catch {
            throw failure("error in move for path: '\(place.text)': \(error.message)", .invalidIndex)
        }
    }

    private mutating func lenientCopy(_ operation: JSONNode) throws(JSONPatchError) {
        let from = try place(
            operation, "from",
            orElse: "copy operation failed to decode from: operation, missing from field: missing value")
        guard let (source, sourceKey) = holder(from) else {
            throw failure("copy operation does not apply: doc is missing from path: \(from.text): missing value")
        }
        let value: JSONTree.Value
        switch self.value(source, sourceKey) {
        case .success(let found): value = found ?? .null
        case .failure(let error):
            throw failure("error in copy for from: '\(from.text)': \(error.message)", .invalidIndex)
        }
        let place = try place(operation, "path", orElse: "copy operation failed to decode path: missing value")
        guard let (holder, key) = holder(place) else {
            throw failure(
                "copy operation does not apply: doc is missing destination path: \(place.text): missing value")
        }
        let copy = try copied(value)
        do throws(NoIndex) { try add(copy, to: holder, key) } catch {
            throw failure("error while adding value during copy: \(error.message)", .invalidIndex)
        }
    }

    private mutating func lenientTest(_ operation: JSONNode) throws(JSONPatchError) {
        let place = try place(
            operation, "path",
            orElse: "test operation failed to decode path: operation missing path field: missing value")
        let failed = failure("testing value \(place.text) failed: test failed", .testFailed)
        var value: JSONTree.Value? = tree.root
        if !place.text.isEmpty {
            guard let (holder, key) = holder(place) else {
                throw failure("test operation does not apply: is missing path: \(place.text): missing value")
            }
            switch self.value(holder, key) {
            case .success(let found): value = found
            case .failure(let error):
                throw failure("error in test for path: '\(place.text)': \(error.message)", .invalidIndex)
            }
        }
        // A missing member and a missing expectation are `null` here.
        guard let expected = operation["value"] else {
            guard Self.isNull(value) else { throw failed }
            return
        }
        guard let value else {
            guard expected.isNull else { throw failed }
            return
        }
        if case .null = value {
            guard expected.isNull else { throw failed }
            return
        }
        guard try isEqual(value, expected, numbers: .textual) else { throw failed }
    }

    private static func isNull(_ value: JSONTree.Value?) -> Bool {
        switch value {
        case nil, .null: true
        case .source(let node): node.isNull
        case .object, .array: false
        }
    }
}
