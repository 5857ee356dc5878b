/// One member of a mapping that is about to be written.
struct YAMLEntry {
    var key: YAMLSlice
    /// It came through an alias: what it holds counts as expansion.
    var isExpansion: Bool
    var keyStart: Int32
    var value: Int32
}

// A mapping's entries: keys made strings, merges unfolded, duplicates refused or replaced.

extension YAMLDecoder {
    /// How deep mappings may be merged into one another; each level is a call, and no author needs even three.
    private static let mergeDepthMax = 64

    /// Appends the entries of the mapping to `entries`.
    mutating func gather(_ mapping: Int) throws(YAMLError) {
        let first = entries.count
        keys.start(at: first)
        try gather(mapping, into: first, depth: 0)
    }

    private mutating func gather(_ mapping: Int, into first: Int, depth: Int) throws(YAMLError) {
        var index = mapping + 1
        let end = Int(nodes[mapping].end)
        while index < end {
            let value = Int(nodes[index].end)
            if isMerge(nodes[index]) {
                try merge(value, into: first, depth: depth + 1)
            } else {
                try add(key: index, value: value, into: first)
            }
            index = Int(nodes[value].end)
        }
    }

    private func isMerge(_ node: YAMLNode) -> Bool {
        guard options.schema == .kubernetes, node.kind == .scalar, node.text.count == 2 else { return false }
        return (node.isImplicit || node.tag == .merge) && withBytes(node.text) { $0[0] == 0x3C && $0[1] == 0x3C }
    }

    /// Merges a mapping, or a sequence of them from the last to the first, so that the earlier ones win.
    private mutating func merge(_ index: Int, into first: Int, depth: Int) throws(YAMLError) {
        guard depth <= Self.mergeDepthMax else { throw fail(.tooDeep, at: nodes[index].start) }
        guard nodes[index].kind == .sequence else { return try mergeMapping(index, into: first, depth: depth) }
        try charge(nodes[index])
        var items: [Int] = []
        var item = index + 1
        while item < Int(nodes[index].end) {
            items.append(item)
            item = Int(nodes[item].end)
        }
        for item in items.reversed() { try mergeMapping(item, into: first, depth: depth) }
    }

    private mutating func mergeMapping(_ index: Int, into first: Int, depth: Int) throws(YAMLError) {
        let isAlias = nodes[index].kind == .alias
        let target = isAlias ? Int(nodes[index].target) : index
        guard nodes[target].kind == .mapping else { throw fail(.mergeNeedsMapping, at: nodes[index].start) }
        try charge(nodes[index])
        if isAlias { expansion.enter() }
        defer { if isAlias { expansion.leave() } }
        try charge(nodes[target])
        try gather(target, into: first, depth: depth)
    }

    private mutating func add(key index: Int, value: Int, into first: Int) throws(YAMLError) {
        try charge(nodes[index])
        var entry = try entry(key: index)
        entry.value = Int32(truncatingIfNeeded: value)
        entry.isExpansion = expansion.isActive
        if let place = find(entry, from: first) {
            if options.duplicateKeys == .refuse {
                throw fail(.duplicateKey, at: entry.keyStart, subject: "\"\(string(entry.key))\"")
            }
            entries[place].value = entry.value
            entries[place].keyStart = entry.keyStart
            entries[place].isExpansion = entry.isExpansion
        } else {
            entries.append(entry)
        }
    }

    /// The entry with the same key, if the mapping has one; otherwise the key is noted for those to come.
    private mutating func find(_ entry: YAMLEntry, from first: Int) -> Int? {
        let count = entries.count - first
        guard count >= YAMLKeyTable.threshold else {
            for place in first..<entries.count where isSame(entries[place], entry) { return place }
            return nil
        }
        while keys.count < count {
            let place = first + keys.count
            keys.insert(hash(entries[place]), place: place)
        }
        let hash = hash(entry)
        if let place = keys.find(hash, where: { isSame(entries[$0], entry) }) { return place }
        keys.insert(hash, place: entries.count)
        return nil
    }

    private func isSame(_ a: YAMLEntry, _ b: YAMLEntry) -> Bool {
        guard a.key.count == b.key.count else { return false }
        return withBytes(a.key) { left in
            withBytes(b.key) { right in
                for index in 0..<left.count where left[index] != right[index] { return false }
                return true
            }
        }
    }

    private func hash(_ entry: YAMLEntry) -> Int {
        var hasher = Hasher()
        withBytes(entry.key) { bytes in
            unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        }
        return hasher.finalize()
    }
}

/// A hash table of places in `entries`, for mappings with so many keys that comparing each with each would cost.
struct YAMLKeyTable {
    /// Below this many keys they are compared one by one.
    static let threshold = 16

    private var buckets: [Int32] = []
    private var hashes: [Int] = []
    private var first = 0
    private(set) var count = 0

    mutating func start(at first: Int) {
        self.first = first
        guard count > 0 else { return }
        count = 0
        hashes.removeAll(keepingCapacity: true)
        buckets.removeAll(keepingCapacity: true)
    }

    /// The place of the key that hashes so and is the same.
    func find(_ hash: Int, where isSame: (Int) -> Bool) -> Int? {
        var bucket = hash & (buckets.count - 1)
        while buckets[bucket] >= 0 {
            let index = Int(buckets[bucket])
            if hashes[index] == hash, isSame(first + index) { return first + index }
            bucket = (bucket + 1) & (buckets.count - 1)
        }
        return nil
    }

    /// Notes a key that is not in the table.
    mutating func insert(_ hash: Int, place: Int) {
        if (count + 1) * 2 > buckets.count { grow() }
        var bucket = hash & (buckets.count - 1)
        while buckets[bucket] >= 0 { bucket = (bucket + 1) & (buckets.count - 1) }
        buckets[bucket] = Int32(truncatingIfNeeded: place - first)
        hashes.append(hash)
        count += 1
    }

    private mutating func grow() {
        let size = max(64, buckets.count * 2)
        buckets = [Int32](repeating: -1, count: size)
        for (index, hash) in hashes.enumerated() {
            var bucket = hash & (size - 1)
            while buckets[bucket] >= 0 { bucket = (bucket + 1) & (size - 1) }
            buckets[bucket] = Int32(truncatingIfNeeded: index)
        }
    }
}
