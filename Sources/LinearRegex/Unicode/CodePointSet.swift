/// A span of code points, both ends included.
struct CodePointRange: Equatable, Sendable {
    var low: Int32
    var high: Int32
}

/// A set of code points: its ranges are sorted, apart, and never touch.
struct CodePointSet: Equatable, Sendable {
    /// The last code point of Unicode.
    static let last: Int32 = 0x10FFFF

    private(set) var ranges: [CodePointRange] = []
    /// True while `ranges` may be out of order, between `insert` and `normalize`.
    private var isLoose = false

    init() {}

    init(_ ranges: [CodePointRange]) {
        self.ranges = ranges
        isLoose = true
        normalize()
    }

    init(_ low: Int32, _ high: Int32) { ranges = [CodePointRange(low: low, high: high)] }

    static let everything = CodePointSet(0, last)
    static let notNewline = CodePointSet([.init(low: 0, high: 9), .init(low: 11, high: last)])

    var isEmpty: Bool { ranges.isEmpty }

    /// Adds a span; call `normalize` before anything reads the set.
    mutating func insert(_ low: Int32, _ high: Int32) {
        if let end = ranges.last, !isLoose {
            if low >= end.low, low <= end.high + 1 {
                ranges[ranges.count - 1].high = max(end.high, high)
                return
            }
            isLoose = low < end.low
        }
        ranges.append(CodePointRange(low: low, high: high))
    }

    mutating func insert(_ other: CodePointSet) {
        for range in other.ranges { insert(range.low, range.high) }
    }

    /// Adds a span and everything that is the same as a part of it in another case.
    mutating func insertFolded(_ low: Int32, _ high: Int32) {
        insert(low, high)
        CaseFolding.forEachOther(in: low...high) { insert($0, $0) }
    }

    /// Sorts and merges.
    mutating func normalize() {
        guard isLoose else { return }
        isLoose = false
        ranges.sort { $0.low < $1.low || ($0.low == $1.low && $0.high > $1.high) }
        var kept = 0
        for range in ranges.dropFirst() {
            if range.low <= ranges[kept].high + 1 {
                ranges[kept].high = max(ranges[kept].high, range.high)
            } else {
                kept += 1
                ranges[kept] = range
            }
        }
        ranges.removeLast(max(0, ranges.count - kept - 1))
    }

    /// Everything that is not in this set.
    func inverted() -> CodePointSet {
        var result = CodePointSet()
        var next: Int32 = 0
        for range in ranges {
            if next < range.low { result.insert(next, range.low - 1) }
            next = range.high + 1
        }
        if next <= Self.last { result.insert(next, Self.last) }
        return result
    }

    /// This set and everything that differs from a member only in case.
    func folded() -> CodePointSet {
        var result = self
        for range in ranges {
            CaseFolding.forEachOther(in: range.low...range.high) { result.insert($0, $0) }
        }
        result.normalize()
        return result
    }

    func contains(_ point: Int32) -> Bool {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].high < point { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].low <= point
    }
}
