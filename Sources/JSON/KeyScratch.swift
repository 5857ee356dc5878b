/// Finds keys that an object has twice, in time linear in its text and memory that is kept for the next object.
///
/// Small objects are compared pair by pair. Larger ones go through an open-addressing table of key places; a text that
/// was made to collide is noticed by the length of a probe and sorted instead, so nothing makes this quadratic.
struct KeyScratch {
    private static let pairwiseMax = 8
    private static let probesMax = 64

    private var table: [UInt32] = []
    private var places: [UInt32] = []
    /// Whether some key of the object may be written in other ways, so that bytes do not tell keys apart.
    private var hasOtherSpellings = false

    /// The place of a key that repeats an earlier one; the object at `opening` is complete.
    mutating func firstDuplicate(ofObjectAt opening: Int, words: TapeWords, text: TextBytes) -> Int? {
        let keys = TapeKeys(words: words, text: text)
        collect(opening, keys)
        if places.count <= Self.pairwiseMax { return pairwise(keys) }
        return hashed(keys, marking: nil)
    }

    /// Takes members out of the object at `opening` whose key comes again later, and returns where the tape ends now.
    mutating func keepLast(ofObjectAt opening: Int, words: TapeWords, text: TextBytes) -> Int {
        let keys = TapeKeys(words: words, text: text)
        collect(opening, keys)
        places.reverse()
        var dead = [Bool](repeating: false, count: places.count)
        _ = hashed(keys, marking: { dead[$0] = true })
        return compact(opening, words, dead)
    }

    private mutating func collect(_ opening: Int, _ keys: TapeKeys) {
        places.removeAll(keepingCapacity: true)
        hasOtherSpellings = false
        let words = keys.words
        let end = opening + TapeWord.span(words[opening])
        var place = opening + 1
        while place < end {
            places.append(UInt32(truncatingIfNeeded: place))
            hasOtherSpellings = hasOtherSpellings || keys.hasOtherSpellings(place)
            place += 1 + TapeWord.step(words[place + 1])
        }
    }

    private func pairwise(_ keys: TapeKeys) -> Int? {
        for later in 1..<max(places.count, 1) {
            for earlier in 0..<later where keys.areEqual(Int(places[earlier]), Int(places[later])) {
                return Int(places[later])
            }
        }
        return nil
    }

    /// Looks every key up among those before it in `places`; tells `marking` of each repetition, or returns the first.
    private mutating func hashed(_ keys: TapeKeys, marking: ((Int) -> Void)?) -> Int? {
        let mask = prepareTable()
        for (order, place) in places.enumerated() {
            let hash = hasOtherSpellings ? keys.hash(Int(place)) : keys.rawHash(Int(place))
            var slot = Int(truncatingIfNeeded: hash) & mask
            var probes = 0
            while table[slot] != 0, !keys.areEqual(Int(places[Int(table[slot]) - 1]), Int(place)) {
                slot = (slot + 1) & mask
                probes += 1
                if probes > Self.probesMax { return sorted(keys, marking: marking) }
            }
            if table[slot] == 0 {
                table[slot] = UInt32(order + 1)
            } else if let marking {
                marking(order)
            } else {
                return Int(place)
            }
        }
        return nil
    }

    private mutating func prepareTable() -> Int {
        var capacity = 32
        while capacity < places.count * 2 { capacity *= 2 }
        table.removeAll(keepingCapacity: true)
        table.append(contentsOf: repeatElement(0, count: capacity))
        return capacity - 1
    }

    /// As `hashed`, by sorting: for keys that were made to collide.
    private func sorted(_ keys: TapeKeys, marking: ((Int) -> Void)?) -> Int? {
        let order = places.indices.sorted { left, right in
            let comparison = keys.compare(Int(places[left]), Int(places[right]))
            return comparison == 0 ? left < right : comparison < 0
        }
        var first: Int?
        for index in order.indices.dropFirst() {
            let place = Int(places[order[index]])
            guard keys.areEqual(Int(places[order[index - 1]]), place) else { continue }
            if let marking { marking(order[index]) }
            first = min(first ?? place, place)
        }
        return marking == nil ? first : nil
    }

    /// Closes the gaps that dead members leave; `dead` is in the order of `places`, which is backwards here.
    private func compact(_ opening: Int, _ words: TapeWords, _ dead: [Bool]) -> Int {
        let end = opening + TapeWord.span(words[opening])
        var write = opening + 1
        var count = 0
        for order in places.indices.reversed() {
            let start = Int(places[order])
            let next = order == 0 ? end : Int(places[order - 1])
            if dead[order] { continue }
            for place in start..<next {
                words[write] = words[place]
                write += 1
            }
            count += 1
        }
        words[opening] = TapeWord.container(TapeTag.object, count: count, span: write - opening)
        return write
    }
}

/// The keys of a tape, compared by value however they are spelt.
struct TapeKeys {
    let words: TapeWords
    let text: TextBytes

    @inline(__always) func source(_ word: UInt64) -> TextBytes {
        text.slice(TapeWord.offset(word), TapeWord.length(word))
    }

    func areEqual(_ left: Int, _ right: Int) -> Bool {
        let first = words[left]
        let second = words[right]
        if source(first) == source(second) { return true }
        return (first | second) & TapeWord.codedFlag != 0 && compare(left, right) == 0
    }

    /// Below, at or above zero as the left key sorts before, with or after the right one, by bytes.
    func compare(_ left: Int, _ right: Int) -> Int {
        var first = KeyBytes(source(words[left]), isCoded: TapeWord.isCoded(words[left]))
        var second = KeyBytes(source(words[right]), isCoded: TapeWord.isCoded(words[right]))
        while true {
            let one = first.next()
            let other = second.next()
            if one != other { return one < other ? -1 : 1 }
            if one < 0 { return 0 }
        }
    }

    /// Whether the key at `place` is among those of its object from `earlier` on.
    func isRepeated(_ place: Int, since earlier: Int) -> Bool {
        var earlier = earlier
        while earlier < place {
            if areEqual(earlier, place) { return true }
            earlier += 1 + TapeWord.step(words[earlier + 1])
        }
        return false
    }

    /// Whether a string is written in a way that another one with the same value need not share: with a `\u` or `\/`
    /// escape, or with bytes that are not UTF-8. All other escapes are the only way to write what they mean, but for `\u`.
    func hasOtherSpellings(_ place: Int) -> Bool {
        let word = words[place]
        guard TapeWord.isCoded(word) else { return false }
        let bytes = source(word)
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte >= 0x80 { return true }
            if byte == UInt8(ascii: "\\"), index + 1 < bytes.count {
                index += 1
                if bytes[index] == UInt8(ascii: "u") || bytes[index] == UInt8(ascii: "/") { return true }
            }
            index += 1
        }
        return false
    }

    /// A hash of the key's value however it is spelt.
    func hash(_ place: Int) -> UInt64 {
        let word = words[place]
        guard TapeWord.isCoded(word) else { return Self.hash(source(word)) }
        var bytes = DecodedBytes(source(word))
        var state: UInt64 = 0
        var eight: UInt64 = 0
        var count: UInt64 = 0
        while let byte = bytes.next() {
            eight |= UInt64(byte) << (count % 8 * 8)
            count += 1
            if count % 8 == 0 {
                state = Self.mix(state ^ eight)
                eight = 0
            }
        }
        return Self.finish(state, tail: eight, count: count)
    }

    /// A hash of the bytes between the quotes.
    func rawHash(_ place: Int) -> UInt64 { Self.hash(source(words[place])) }

    /// Mixes every byte; quality matters more than secrecy, since collisions are survived.
    static func hash(_ bytes: TextBytes) -> UInt64 {
        var state: UInt64 = 0
        var index = 0
        while index &+ 8 <= bytes.count {
            state = mix(state ^ bytes.eight(at: index))
            index &+= 8
        }
        var tail: UInt64 = 0
        var shift: UInt64 = 0
        while index < bytes.count {
            tail |= UInt64(bytes[index]) &<< shift
            shift &+= 8
            index &+= 1
        }
        return finish(state, tail: tail, count: UInt64(truncatingIfNeeded: bytes.count))
    }

    private static func finish(_ state: UInt64, tail: UInt64, count: UInt64) -> UInt64 {
        mix(mix(state ^ tail) ^ count &* 0xD6E8_FEB8_6659_FD93)
    }

    @inline(__always) private static func mix(_ value: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
        return product.high ^ product.low
    }
}

/// A key's bytes one at a time, -1 at the end.
private struct KeyBytes {
    private let text: TextBytes
    private var index = 0
    private var decoded: DecodedBytes?

    init(_ text: TextBytes, isCoded: Bool) {
        self.text = text
        decoded = isCoded ? DecodedBytes(text) : nil
    }

    mutating func next() -> Int {
        if decoded != nil { return decoded?.next().map(Int.init) ?? -1 }
        guard index < text.count else { return -1 }
        defer { index += 1 }
        return Int(text[index])
    }
}
