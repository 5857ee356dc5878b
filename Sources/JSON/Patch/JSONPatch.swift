/// JSON Patch (RFC 6902) and merge patch (RFC 7396), applied and computed.
public enum JSONPatch {
    /// The document that the patch makes of `document`; both stay as they are.
    public static func apply(
        _ patch: JSONNode, to document: JSONNode, options: JSONPatchOptions = JSONPatchOptions()
    ) throws(JSONPatchError) -> JSONDocument {
        var run = PatchRun(document, options)
        switch options.mode {
        case .rfc: try run.applyAll(patch) { (run, operation) throws(JSONPatchError) in try run.applyByRFC(operation) }
        case .apiServer:
            try run.admitDocument()
            guard !patch.isNull else { return try run.finish() }
            try run.applyAll(patch) { (run, operation) throws(JSONPatchError) in try run.applyAsAPIServer(operation) }
        }
        return try run.finish()
    }
}

/// A patch being applied: the tree, and what its operations have cost so far.
struct PatchRun {
    /// A container that was taken apart, where members or elements can change.
    enum Holder {
        case object(Int)
        case array(Int)
    }

    var tree: JSONTree
    let options: JSONPatchOptions
    private let document: JSONNode
    private(set) var operation: Int?
    private var path = ""
    private var copiedBytes = 0
    private var shiftedElements = 0

    init(_ document: JSONNode, _ options: JSONPatchOptions) {
        tree = JSONTree(document)
        self.options = options
        self.document = document
    }

    /// Runs every operation of the patch through `apply`.
    mutating func applyAll(
        _ patch: JSONNode, _ apply: (inout PatchRun, JSONNode) throws(JSONPatchError) -> Void
    ) throws(JSONPatchError) {
        guard patch.isArray else {
            throw failure(.malformed, "a JSON Patch is an array of operations")
        }
        guard patch.count <= options.operationsMax else {
            throw failure(
                .tooLarge, "the patch has \(patch.count) operations, above the limit of \(options.operationsMax)")
        }
        for (index, operation) in patch.elements.enumerated() {
            self.operation = index
            path = operation["path"]?.string ?? ""
            guard operation.isObject || options.mode == .apiServer && operation.isNull else {
                throw failure(.malformed, "an operation is an object")
            }
            try apply(&self, operation)
        }
        operation = nil
    }

    /// The API server's library patches objects and arrays only.
    func admitDocument() throws(JSONPatchError) {
        guard !document.isArray, !document.isObject, !document.isNull else { return }
        let kind = document.isString ? "string" : document.isNumber ? "number" : "bool"
        throw failure(.malformed, "json: cannot unmarshal \(kind) into Go value of type jsonpatch.partialDoc")
    }

    func finish() throws(JSONPatchError) -> JSONDocument {
        do throws(JSONError) {
            return try tree.document(tree.root)
        } catch {
            throw failure(.tooLarge, "the patched document cannot be built: \(error.reason.sentence)")
        }
    }

    func failure(_ reason: JSONPatchError.Reason, _ message: String) -> JSONPatchError {
        JSONPatchError(reason: reason, operation: operation, path: path, message: message)
    }
}

extension PatchRun {
    /// The container that these tokens lead to, taken apart; nil when they lead nowhere or to a scalar.
    mutating func holder(_ tokens: ArraySlice<[UInt8]>) -> Holder? {
        tree.root = tree.takenApart(tree.root)
        var value = tree.root
        for token in tokens {
            switch value {
            case .object(let object):
                guard let position = tree.position(token, ofObject: object) else { return nil }
                value = tree.takenApart(tree.member(position, ofObject: object))
                tree.setMember(at: position, ofObject: object, value)
            case .array(let array):
                guard case .success(let index) = index(token, count: tree.count(ofArray: array), isInsertion: false)
                else { return nil }
                value = tree.takenApart(tree.element(index, ofArray: array))
                tree.setElement(index, ofArray: array, value)
            case .source, .null: return nil
            }
        }
        switch value {
        case .object(let object): return .object(object)
        case .array(let array): return .array(array)
        case .source, .null: return nil
        }
    }

    /// Why a token is no index of an array, as a sentence.
    struct NoIndex: Error {
        let message: String
    }

    /// The index that a token names in an array of that many elements; `-` and the count only where one is inserted.
    func index(_ token: [UInt8], count: Int, isInsertion: Bool) -> Result<Int, NoIndex> {
        let last = isInsertion ? count : count - 1
        if isInsertion, token == [UInt8(ascii: "-")] { return .success(count) }
        if options.mode == .apiServer { return lenientIndex(token, count: count, last: last, isInsertion: isInsertion) }
        guard let index = JSONPointer.index(token) else {
            return .failure(NoIndex(message: "\"\(String(copying: token.span))\" is not an array index"))
        }
        guard index <= last else {
            return .failure(NoIndex(message: "index \(index) is past the end of an array of \(count)"))
        }
        return .success(index)
    }

    /// As Go's `Atoi` reads it, counting from the end when it is negative.
    private func lenientIndex(_ token: [UInt8], count: Int, last: Int, isInsertion: Bool) -> Result<Int, NoIndex> {
        let text = String(copying: token.span)
        let digits = token.drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }
        let isNumber =
            !digits.isEmpty && token.count - digits.count <= 1
            && digits.allSatisfy { $0 &- UInt8(ascii: "0") <= 9 }
        guard isNumber, let index = Int(text) else {
            let why = isNumber ? "value out of range" : "invalid syntax"
            let syntax = "strconv.Atoi: parsing \(JSONWriter.quoted(text)): \(why)"
            return .failure(
                NoIndex(message: isInsertion ? "value was not a proper array index: '\(text)': \(syntax)" : syntax))
        }
        guard index <= last, index >= -(last + 1) else {
            return .failure(
                NoIndex(message: "Unable to access invalid index: \(index): invalid index referenced"))
        }
        return .success(index < 0 ? index + last + 1 : index)
    }

    /// The value at a key of a container.
    func value(_ holder: Holder, _ key: [UInt8]) -> Result<JSONTree.Value?, NoIndex> {
        switch holder {
        case .object(let object):
            return .success(tree.position(key, ofObject: object).map { tree.member($0, ofObject: object) })
        case .array(let array):
            return index(key, count: tree.count(ofArray: array), isInsertion: false)
                .map { tree.element($0, ofArray: array) }
        }
    }

    /// Sets a member, or inserts an element.
    mutating func add(_ value: JSONTree.Value, to holder: Holder, _ key: [UInt8]) throws(NoIndex) {
        switch holder {
        case .object(let object): tree.setMember(key, ofObject: object, value)
        case .array(let array):
            let count = tree.count(ofArray: array)
            let index = try index(key, count: count, isInsertion: true).get()
            try shift(count - index)
            tree.insert(value, at: index, inArray: array)
        }
    }

    /// Takes a member or element out; nil when there is no such member.
    mutating func remove(from holder: Holder, _ key: [UInt8]) throws(NoIndex) -> JSONTree.Value? {
        switch holder {
        case .object(let object):
            guard let position = tree.position(key, ofObject: object) else { return nil }
            let value = tree.member(position, ofObject: object)
            tree.removeMember(at: position, ofObject: object)
            return value
        case .array(let array):
            let count = tree.count(ofArray: array)
            let index = try index(key, count: count, isInsertion: false).get()
            try shift(count - index)
            return tree.removeElement(index, ofArray: array)
        }
    }

    /// Sets a member, or replaces an element that is there.
    mutating func set(_ value: JSONTree.Value, in holder: Holder, _ key: [UInt8]) throws(NoIndex) {
        switch holder {
        case .object(let object): tree.setMember(key, ofObject: object, value)
        case .array(let array):
            let index = try index(key, count: tree.count(ofArray: array), isInsertion: false).get()
            tree.setElement(index, ofArray: array, value)
        }
    }

    private mutating func shift(_ count: Int) throws(NoIndex) {
        shiftedElements += count
        guard shiftedElements <= options.shiftedElementsMax else {
            throw NoIndex(message: "the patch shifts more than \(options.shiftedElementsMax) array elements")
        }
    }

    /// A copy of a value, within the limits of depth and of what all copies may add.
    mutating func copied(_ value: JSONTree.Value) throws(JSONPatchError) -> JSONTree.Value {
        var added = 0
        do throws(JSONError) { added = try size(of: value) } catch {
            throw failure(.tooLarge, "the copied value cannot be built: \(error.reason.sentence)")
        }
        copiedBytes += added
        guard copiedBytes <= options.copiedBytesMax else {
            throw failure(
                .tooLarge,
                "Unable to complete the copy, the accumulated size increase of copy is \(copiedBytes), "
                    + "exceeding the limit \(options.copiedBytesMax)")
        }
        guard let copy = tree.clone(value, depth: JSONOptions().depthMax) else {
            throw failure(.tooLarge, "the copied value is nested too deeply")
        }
        return copy
    }

    private func size(of value: JSONTree.Value) throws(JSONError) -> Int {
        if case .null = value { return 4 }
        var writer = JSONWriter()
        guard case .source(let node) = value else {
            let document = try tree.document(value)
            writer.node(document.root)
            return writer.count
        }
        writer.node(node)
        return writer.count
    }

    /// Whether a value of the tree equals one of the patch.
    func isEqual(
        _ value: JSONTree.Value, _ node: JSONNode, numbers: JSONNode.NumberEquality
    ) throws(JSONPatchError) -> Bool {
        if case .source(let source) = value { return source.isEqual(to: node, numbers: numbers) }
        do throws(JSONError) {
            let document = try tree.document(value)
            return document.withRoot { $0.isEqual(to: node, numbers: numbers) }
        } catch {
            throw failure(.tooLarge, "the tested value cannot be built: \(error.reason.sentence)")
        }
    }
}

extension JSONWriter {
    /// A string in quotes, escaped.
    static func quoted(_ text: String) -> String {
        var writer = JSONWriter()
        writer.string(text)
        return writer.text
    }
}
