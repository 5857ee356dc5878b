import JSON

/// JSON: parsing, printing, patching and comparing arbitrary bytes. Two documents have a zero byte between them.
let jsonFuzzTargets = unsafe [
    FuzzTarget(name: "json-parse", run: fuzzJSONParse),
    FuzzTarget(name: "json-print", run: fuzzJSONPrint),
    FuzzTarget(name: "json-patch", run: fuzzJSONPatch),
    FuzzTarget(name: "json-diff", run: fuzzJSONDiff),
]

private func document(_ bytes: Slice<UnsafeRawBufferPointer>, _ options: JSONOptions = JSONOptions()) -> JSONDocument? {
    unsafe try? JSONDocument(parsing: [UInt8](bytes), options: options)
}

/// Whatever one set of options accepts the more lenient ones accept as well, and mean the same by it.
public func fuzzJSONParse(_ input: UnsafeRawBufferPointer) {
    var strict = JSONOptions()
    strict.duplicateKeys = .refuse
    let refusing = unsafe document(input[...], strict)
    let lastWins = unsafe document(input[...])
    let replacing = unsafe document(input[...], .go())
    if let refusing {
        precondition(lastWins.map { $0.root.isEqual(to: refusing.root) } == true)
    }
    if let lastWins {
        precondition(replacing.map { $0.root.isEqual(to: lastWins.root) } == true)
    }
    if let replacing { visit(replacing.root) }
}

/// Reads every value in every way.
private func visit(_ root: JSONNode) {
    var pending = [root]
    while let node = pending.popLast() {
        let count = node.utf8Count
        node.withUTF8 { bytes in precondition(bytes.count == count) }
        precondition(node.scalarCount <= count)
        precondition(node.kind != .string || node.string != nil)
        for element in node.elements { pending.append(element) }
        for member in node.members {
            precondition(node.value(forKey: member.key)?.index == member.value.index)
            pending.append(member.value)
        }
    }
}

/// What is printed reads back as what it was, and from then on is printed the same. (Not from the start: `-0.0` is printed
/// as Go does, `-0`, and that is the integer zero.)
public func fuzzJSONPrint(_ input: UnsafeRawBufferPointer) {
    guard let original = unsafe document(input[...], .go()) else { return }
    for order in [JSONWriter.Order.source, .canonical] {
        let printed = original.root.bytes(order: order)
        guard let again = try? JSONDocument(parsing: printed) else { preconditionFailure("printed what is not JSON") }
        precondition(again.root.isEqual(to: original.root, numbers: .numeric))
        let settled = again.root.bytes(order: order)
        let once = try? JSONDocument(parsing: settled)
        precondition(once.map { $0.withRoot { $0.bytes(order: order) } } == settled)
        let indented = try? JSONDocument(parsing: original.root.text(order: order, indent: 2))
        precondition(indented.map { $0.root.isEqual(to: again.root) } == true)
    }
}

private func pair(_ input: UnsafeRawBufferPointer) -> (JSONDocument, JSONDocument)? {
    guard let middle = unsafe input.firstIndex(of: 0), let first = unsafe document(input[..<middle]),
        let second = unsafe document(input[(middle + 1)...])
    else { return nil }
    return (first, second)
}

/// Patches of any kind give a document or an error, whichever rules they follow.
public func fuzzJSONPatch(_ input: UnsafeRawBufferPointer) {
    guard let (target, patch) = unsafe pair(input) else { return }
    for mode in [JSONPatchOptions.Mode.rfc, .apiServer] {
        var options = JSONPatchOptions(mode: mode)
        options.copiedBytesMax = 1 << 16
        if let result = try? JSONPatch.apply(patch.root, to: target.root, options: options) { visit(result.root) }
        if let result = try? JSONPatch.merge(patch.root, into: target.root, options: options) { visit(result.root) }
    }
}

/// A diff makes the new document of the old one, by either set of rules.
public func fuzzJSONDiff(_ input: UnsafeRawBufferPointer) {
    guard let (old, new) = unsafe pair(input) else { return }
    let patch = JSONPatch.diff(from: old.root, to: new.root)
    let result = try? JSONPatch.apply(patch.root, to: old.root)
    precondition(result.map { $0.root.isEqual(to: new.root) } == true)
    guard old.root.isObject, new.root.isObject else { return }
    let lenient = try? JSONPatch.apply(patch.root, to: old.root, options: JSONPatchOptions(mode: .apiServer))
    precondition(lenient.map { $0.root.isEqual(to: new.root) } == true)
}
