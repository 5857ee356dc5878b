/// Which elements of two arrays belong together: equal ones by a longest common subsequence, and between those the ones
/// that are most alike, so that a changed element is patched and not replaced.
///
/// Exact matching costs the product of the lengths; where that is too much, elements that occur once on both sides are
/// taken as anchors first (patience), and what remains between them is matched if it is small enough, else by position.
struct ArrayAlignment {
    /// An element that changed in place.
    struct Pair {
        let old: Int
        let new: Int
    }

    private static let exactCellsMax = 1 << 16
    private static let similarCellsMax = 1 << 10
    /// Elements whose hashes collide are compared with this many at most; beyond that they count as unlike all others.
    private static let collisionsMax = 16

    let old: [JSONNode]
    let new: [JSONNode]
    private(set) var changed: [Pair] = []
    private(set) var removed: [Int] = []
    private(set) var added: [Int] = []

    private let oldHashes: SubtreeHashes
    private let newHashes: SubtreeHashes
    /// Elements are equal exactly if they have the same number here.
    private var oldClasses: [Int] = []
    private var newClasses: [Int] = []

    init(_ old: JSONNode, _ new: JSONNode, _ oldHashes: SubtreeHashes, _ newHashes: SubtreeHashes) {
        self.old = Array(old.elements)
        self.new = Array(new.elements)
        self.oldHashes = oldHashes
        self.newHashes = newHashes
        classify()
        align(0..<self.old.count, 0..<self.new.count)
        removed.sort()
        added.sort()
    }

    private mutating func classify() {
        var classes: [UInt64: [(node: JSONNode, number: Int)]] = [:]
        var count = 0
        func number(_ node: JSONNode, _ hash: UInt64) -> Int {
            let alike = classes[hash] ?? []
            if let found = alike.first(where: { $0.node.isEqual(to: node) }) { return found.number }
            count += 1
            if alike.count < Self.collisionsMax { classes[hash, default: []].append((node, count)) }
            return count
        }
        oldClasses = old.map { number($0, oldHashes[$0]) }
        newClasses = new.map { number($0, newHashes[$0]) }
    }

    private mutating func align(_ olds: Range<Int>, _ news: Range<Int>) {
        let (olds, news) = trimmed(olds, news)
        let fits = olds.count.multipliedReportingOverflow(by: news.count)
        let matches =
            !fits.overflow && fits.partialValue <= Self.exactCellsMax
            ? longestCommon(olds, news) : anchors(olds, news)
        var lastOld = olds.lowerBound
        var lastNew = news.lowerBound
        for match in matches {
            between(lastOld..<match.old, lastNew..<match.new)
            lastOld = match.old + 1
            lastNew = match.new + 1
        }
        between(lastOld..<olds.upperBound, lastNew..<news.upperBound)
    }

    /// What is left when equal elements at both ends are put aside.
    private func trimmed(_ olds: Range<Int>, _ news: Range<Int>) -> (Range<Int>, Range<Int>) {
        var start = 0
        let least = min(olds.count, news.count)
        while start < least, oldClasses[olds.lowerBound + start] == newClasses[news.lowerBound + start] { start += 1 }
        var end = 0
        while end < least - start, oldClasses[olds.upperBound - 1 - end] == newClasses[news.upperBound - 1 - end] {
            end += 1
        }
        return (
            olds.lowerBound + start..<olds.upperBound - end, news.lowerBound + start..<news.upperBound - end
        )
    }

    private func longestCommon(_ olds: Range<Int>, _ news: Range<Int>) -> [Pair] {
        if olds.isEmpty || news.isEmpty { return [] }
        let width = news.count + 1
        var lengths = [Int32](repeating: 0, count: (olds.count + 1) * width)
        for row in (0..<olds.count).reversed() {
            for column in (0..<news.count).reversed() {
                let cell = row * width + column
                lengths[cell] =
                    oldClasses[olds.lowerBound + row] == newClasses[news.lowerBound + column]
                    ? lengths[cell + width + 1] + 1 : max(lengths[cell + width], lengths[cell + 1])
            }
        }
        var matches: [Pair] = []
        var row = 0
        var column = 0
        while row < olds.count, column < news.count {
            let cell = row * width + column
            if oldClasses[olds.lowerBound + row] == newClasses[news.lowerBound + column] {
                matches.append(Pair(old: olds.lowerBound + row, new: news.lowerBound + column))
                row += 1
                column += 1
            } else if lengths[cell + width] >= lengths[cell + 1] {
                row += 1
            } else {
                column += 1
            }
        }
        return matches
    }

    /// Elements that occur once on either side, in the longest order common to both.
    private func anchors(_ olds: Range<Int>, _ news: Range<Int>) -> [Pair] {
        var places: [Int: (old: Int, new: Int, olds: Int, news: Int)] = [:]
        for index in olds { places[oldClasses[index], default: (0, 0, 0, 0)].olds += 1 }
        for index in news { places[newClasses[index], default: (0, 0, 0, 0)].news += 1 }
        for index in olds { places[oldClasses[index]]?.old = index }
        for index in news { places[newClasses[index]]?.new = index }
        let pairs = olds.compactMap { index -> Pair? in
            guard let place = places[oldClasses[index]], place.olds == 1, place.news == 1 else { return nil }
            return Pair(old: place.old, new: place.new)
        }
        return Self.longestIncreasing(pairs)
    }

    /// The longest run of pairs whose `new` indices rise; their `old` indices do already.
    private static func longestIncreasing(_ pairs: [Pair]) -> [Pair] {
        var tails: [Int] = []
        var previous = [Int](repeating: -1, count: pairs.count)
        for (index, pair) in pairs.enumerated() {
            var low = 0
            var high = tails.count
            while low < high {
                let middle = (low + high) / 2
                if pairs[tails[middle]].new < pair.new { low = middle + 1 } else { high = middle }
            }
            if low > 0 { previous[index] = tails[low - 1] }
            if low == tails.count { tails.append(index) } else { tails[low] = index }
        }
        var run: [Pair] = []
        var at = tails.last ?? -1
        while at >= 0 {
            run.append(pairs[at])
            at = previous[at]
        }
        return run.reversed()
    }
}

extension ArrayAlignment {
    /// Elements that have no equal: pairs those that are alike; the others are gone or new.
    private mutating func between(_ olds: Range<Int>, _ news: Range<Int>) {
        let (olds, news) = trimmed(olds, news)
        if olds.isEmpty || news.isEmpty {
            removed.append(contentsOf: olds)
            added.append(contentsOf: news)
        } else if olds.count == 1 && news.count == 1 || olds.count * news.count > Self.similarCellsMax {
            let both = min(olds.count, news.count)
            for step in 0..<both { changed.append(Pair(old: olds.lowerBound + step, new: news.lowerBound + step)) }
            removed.append(contentsOf: olds.lowerBound + both..<olds.upperBound)
            added.append(contentsOf: news.lowerBound + both..<news.upperBound)
        } else {
            pairAlike(olds, news)
        }
    }

    /// The cheapest script over three moves: change one into the other, remove, add.
    private mutating func pairAlike(_ olds: Range<Int>, _ news: Range<Int>) {
        let width = news.count + 1
        var costs = [Int](repeating: 0, count: (olds.count + 1) * width)
        var changes = costs
        for row in (0..<olds.count).reversed() { costs[row * width + news.count] = (olds.count - row) * Self.removal }
        for column in (0..<news.count).reversed() {
            costs[olds.count * width + column] =
                costs[olds.count * width + column + 1] + addition(news.lowerBound + column)
        }
        for row in (0..<olds.count).reversed() {
            let before = old[olds.lowerBound + row]
            let members = MemberIndex(before)
            for column in (0..<news.count).reversed() {
                let cell = row * width + column
                changes[cell] = change(before, members, new[news.lowerBound + column])
                costs[cell] = min(
                    changes[cell] + costs[cell + width + 1], Self.removal + costs[cell + width],
                    addition(news.lowerBound + column) + costs[cell + 1])
            }
        }
        var row = 0
        var column = 0
        while row < olds.count || column < news.count {
            let cell = row * width + column
            if row < olds.count, column < news.count, costs[cell] == changes[cell] + costs[cell + width + 1] {
                changed.append(Pair(old: olds.lowerBound + row, new: news.lowerBound + column))
                row += 1
                column += 1
            } else if row < olds.count, costs[cell] == Self.removal + costs[cell + width] {
                removed.append(olds.lowerBound + row)
                row += 1
            } else {
                added.append(news.lowerBound + column)
                column += 1
            }
        }
    }

    /// Costs are counted in tape words, which stand for the size of a patch; every operation has this much of its own.
    private static var removal: Int { 4 }

    private func addition(_ index: Int) -> Int { Self.removal + TapeWord.step(new[index].word) }

    /// About what the patch from one to the other takes; looks one level deep.
    private func change(_ old: JSONNode, _ before: MemberIndex, _ new: JSONNode) -> Int {
        let whole = Self.removal + TapeWord.step(new.word)
        guard old.isObject, new.isObject else { return old.kind == new.kind ? whole - 1 : whole }
        var common = 0
        var cost = 0
        for member in new.members {
            let previous = before.value(member.key)
            if previous != nil { common += 1 }
            guard let previous, oldHashes[previous] == newHashes[member.value] else {
                cost += Self.removal + TapeWord.step(member.value.word)
                continue
            }
        }
        return cost + (old.count - common) * Self.removal
    }
}
