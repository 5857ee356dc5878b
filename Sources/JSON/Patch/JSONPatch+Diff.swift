extension JSONPatch {
    /// The smallest sensible JSON Patch that makes `new` of `old`.
    ///
    /// Members are added, removed and changed where they are; array elements are matched with each other, those gone are
    /// removed from the end and those new are inserted, so that a change never rewrites its surroundings. Numbers count as
    /// equal only if their kinds are equal too.
    public static func diff(from old: JSONNode, to new: JSONNode) -> JSONDocument {
        var diff = DiffRun(old, new)
        diff.compare(old, new, depth: 0)
        return diff.finish()
    }
}

/// A diff being computed: subtrees that differ are told apart by their hashes, equal hashes are verified.
private struct DiffRun {
    /// Deeper than this, what differs is replaced instead of looked into, which bounds the recursion.
    private static let depthMax = 256

    /// More text than this in paths alone (long keys above many changes) and the whole document is replaced.
    private static let pathBytesMax = 16 << 20

    private var operations: [Operation] = []
    private var pathBytes = 0
    private let new: JSONNode
    private var path: [UInt8] = []
    private let oldHashes: SubtreeHashes
    private let newHashes: SubtreeHashes

    private struct Operation {
        let name: StaticString
        let path: [UInt8]
        let value: JSONNode?
    }

    init(_ old: JSONNode, _ new: JSONNode) {
        self.new = new
        oldHashes = SubtreeHashes(old)
        newHashes = SubtreeHashes(new)
    }

    mutating func compare(_ old: JSONNode, _ new: JSONNode, depth: Int) {
        if areEqual(old, new) { return }
        if depth < Self.depthMax, old.isObject, new.isObject {
            compareMembers(old, new, depth: depth)
        } else if depth < Self.depthMax, old.isArray, new.isArray {
            compareElements(old, new, depth: depth)
        } else {
            record("replace", new)
        }
    }

    private func areEqual(_ old: JSONNode, _ new: JSONNode) -> Bool {
        oldHashes[old] == newHashes[new] && old.isEqual(to: new)
    }

    private mutating func record(_ name: StaticString, _ value: JSONNode?) {
        guard pathBytes <= Self.pathBytesMax else { return }
        pathBytes += path.count
        operations.append(Operation(name: name, path: path, value: value))
    }

    /// Runs `body` with the path one token longer.
    private mutating func at(_ token: Span<UInt8>, _ body: (inout DiffRun) -> Void) {
        let length = path.count
        JSONPointer.append(token, to: &path)
        body(&self)
        path.removeLast(path.count - length)
    }

    private mutating func at(_ index: Int, _ body: (inout DiffRun) -> Void) {
        let digits = Array(String(index).utf8)
        at(digits.span, body)
    }

    private mutating func compareMembers(_ old: JSONNode, _ new: JSONNode, depth: Int) {
        let before = MemberIndex(old)
        let after = MemberIndex(new)
        for member in old.members where after.value(member.key) == nil {
            member.key.withUTF8 { key in at(key) { $0.record("remove", nil) } }
        }
        for member in new.members {
            let previous = before.value(member.key)
            member.key.withUTF8 { key in
                at(key) { run in
                    guard let previous else { return run.record("add", member.value) }
                    run.compare(previous, member.value, depth: depth + 1)
                }
            }
        }
    }

    /// First the elements that changed, at their old indices; then those gone, from the end; then those new, in order.
    private mutating func compareElements(_ old: JSONNode, _ new: JSONNode, depth: Int) {
        let alignment = ArrayAlignment(old, new, oldHashes, newHashes)
        for pair in alignment.changed {
            at(pair.old) { $0.compare(alignment.old[pair.old], alignment.new[pair.new], depth: depth + 1) }
        }
        for index in alignment.removed.reversed() { at(index) { $0.record("remove", nil) } }
        for index in alignment.added { at(index) { $0.record("add", alignment.new[index]) } }
    }

    /// The patch document; its depth is that of the values plus two, so the builder's bound is raised to fit.
    mutating func finish() -> JSONDocument {
        if pathBytes > Self.pathBytesMax { operations = [Operation(name: "replace", path: [], value: new)] }
        var builder = JSONBuilder(depthMax: .max)
        builder.beginArray()
        for operation in operations {
            builder.beginObject()
            builder.key("op")
            builder.string(operation.name)
            builder.key("path")
            builder.string(operation.path.span)
            if let value = operation.value {
                builder.key("value")
                builder.copy(value)
            }
            builder.endObject()
        }
        builder.endArray()
        do throws(JSONError) { return try builder.finish() } catch {
            // Balanced by construction, and copies of two documents fit where those fitted.
            preconditionFailure("the diff is not a document: \(error)")
        }
    }
}

/// A hash for every value of a subtree: equal values have equal hashes, whatever the order of their members.
struct SubtreeHashes {
    private var hashes: [UInt64]
    private let first: Int

    private struct Frame {
        let place: Int
        let end: Int
        let isObject: Bool
        var hash: UInt64
        var key: UInt64 = 0
        var isAtKey: Bool
    }

    init(_ root: JSONNode) {
        first = root.place
        hashes = [UInt64](repeating: 0, count: root.endPlace - root.place)
        fill(root)
    }

    subscript(_ node: JSONNode) -> UInt64 { hashes[node.place - first] }

    private mutating func fill(_ root: JSONNode) {
        let words = root.words
        let keys = TapeKeys(words: words, text: root.text)
        var frames: [Frame] = []
        var place = root.place
        while place < root.endPlace {
            let word = words[place]
            let tag = TapeWord.tag(word)
            if let top = frames.indices.last, frames[top].isAtKey {
                frames[top].key = keys.hash(place)
                frames[top].isAtKey = false
                place += 1
                continue
            }
            if tag >= TapeTag.array {
                let isObject = tag == TapeTag.object
                let end = place + TapeWord.span(word)
                frames.append(Frame(place: place, end: end, isObject: isObject, hash: tag, isAtKey: isObject))
                place += 1
            } else {
                settle(place, scalar(tag, place, words, keys), &frames)
                place += TapeWord.step(word)
            }
            while let last = frames.last, place >= last.end {
                frames.removeLast()
                settle(last.place, Self.mix(last.hash, tag: tag), &frames)
            }
        }
    }

    private func scalar(_ tag: UInt64, _ place: Int, _ words: TapeWords, _ keys: TapeKeys) -> UInt64 {
        if tag == TapeTag.string { return keys.hash(place) }
        let isNumber = tag &- TapeTag.int <= 2
        return Self.mix(isNumber ? words[place + 1] : 0, tag: tag &+ 1)
    }

    /// Notes a finished value's hash and mixes it into its container's: in order for arrays, in any order for objects.
    private mutating func settle(_ place: Int, _ hash: UInt64, _ frames: inout [Frame]) {
        hashes[place - first] = hash
        guard let top = frames.indices.last else { return }
        if frames[top].isObject {
            frames[top].hash &+= Self.mix(frames[top].key ^ Self.mix(hash, tag: 3), tag: 5)
            frames[top].isAtKey = true
        } else {
            frames[top].hash = Self.mix(frames[top].hash ^ hash, tag: 7)
        }
    }

    private static func mix(_ value: UInt64, tag: UInt64) -> UInt64 {
        let product = (value ^ tag &* 0x9E37_79B9_7F4A_7C15).multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
        return product.high ^ product.low
    }
}
