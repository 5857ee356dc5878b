/// The words of a subtree in order, keys included, each with the value bits of a number.
struct TapeWalk: Sequence, IteratorProtocol {
    struct Step {
        let word: UInt64
        let bits: UInt64?
        var isScalar: Bool { TapeWord.tag(word) < TapeTag.array }
    }

    private let words: TapeWords
    private var place: Int
    private let end: Int

    init(_ node: JSONNode) {
        words = node.words
        place = node.place
        end = node.endPlace
    }

    mutating func next() -> Step? {
        guard place < end else { return nil }
        let word = words[place]
        let isNumber = TapeWord.tag(word) &- TapeTag.int <= 2
        let bits = isNumber ? words[place &+ 1] : nil
        place &+= isNumber ? 2 : 1
        return Step(word: word, bits: bits)
    }
}

extension JSONNode {
    /// How many containers are nested here, this one included; counting stops above `limit`.
    func depth(upTo limit: Int) -> Int {
        let words = words
        let end = endPlace
        var place = place
        var ends: [Int] = []
        var deepest = 0
        while place < end, deepest <= limit {
            while let last = ends.last, place >= last { ends.removeLast() }
            let word = words[place]
            guard TapeWord.tag(word) >= TapeTag.array else {
                place &+= TapeWord.step(word)
                continue
            }
            ends.append(place &+ TapeWord.span(word))
            deepest = Swift.max(deepest, ends.count)
            place &+= 1
        }
        return deepest
    }
}
