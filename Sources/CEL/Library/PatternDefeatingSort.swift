/// Sorts keys, and values along with them, in the very order that Go's `sort.Slice` gives.
///
/// That sort is not stable from thirteen elements on: where equal keys end up is decided by its choice of pivots and its
/// generator of pseudo-random numbers. A policy can see that order, so every choice here is the same: pattern-defeating
/// quicksort (arXiv 2106.05123) with insertion sort for short runs and heap sort after too many bad pivots.
@safe struct PatternDefeatingSort {
    let keys: UnsafeMutableBufferPointer<Value>
    let values: UnsafeMutableBufferPointer<Value>
    private var comparisons = 0
    private var isStopped = false

    private static let insertionMax = 12
    private static let ninetherMin = 50
    private static let swapsMax = 12

    private enum Hint {
        case unknown, increasing, decreasing
    }

    @unsafe init(keys: UnsafeMutableBufferPointer<Value>, values: UnsafeMutableBufferPointer<Value>) {
        unsafe self.keys = keys
        unsafe self.values = values
    }

    /// False where the run must stop.
    mutating func run(_ evaluator: inout Evaluator) -> Bool {
        let count = unsafe keys.count
        sort(0, count, badPivotsLeft: Int.bitWidth - count.leadingZeroBitCount, &evaluator)
        return !isStopped
    }

    private func isLess(_ one: Int, _ other: Int) -> Bool {
        let result = unsafe Arithmetic.order(keys[one], keys[other]) { $0 < 0 }
        return result.isTrue
    }

    private func swap(_ one: Int, _ other: Int) {
        unsafe keys.swapAt(one, other)
        unsafe values.swapAt(one, other)
    }

    private mutating func sort(_ from: Int, _ to: Int, badPivotsLeft: Int, _ evaluator: inout Evaluator) {
        var (start, end, left) = (from, to, badPivotsLeft)
        var wasBalanced = true
        var wasPartitioned = true
        while true {
            let length = end - start
            if isStopped || evaluator.mustStop(after: length + 1) {
                isStopped = true
                return
            }
            if length <= Self.insertionMax { return insertionSort(start, end) }
            if left == 0 { return heapSort(start, end) }
            if !wasBalanced {
                breakPatterns(start, end)
                left -= 1
            }
            var (pivot, hint) = choosePivot(start, end)
            if hint == .decreasing {
                reverse(start, end)
                pivot = end - 1 - (pivot - start)
                hint = .increasing
            }
            if wasBalanced, wasPartitioned, hint == .increasing, partialInsertionSort(start, end) { return }
            if start > 0, !isLess(start - 1, pivot) {
                start = partitionEqual(start, end, pivot)
                continue
            }
            let middle: Int
            (middle, wasPartitioned) = partition(start, end, pivot)
            let (leftLength, rightLength) = (middle - start, end - middle)
            wasBalanced = min(leftLength, rightLength) >= length / 8
            if leftLength < rightLength {
                sort(start, middle, badPivotsLeft: left, &evaluator)
                start = middle + 1
            } else {
                sort(middle + 1, end, badPivotsLeft: left, &evaluator)
                end = middle
            }
        }
    }

    private func insertionSort(_ start: Int, _ end: Int) {
        for index in stride(from: start + 1, to: end, by: 1) {
            var place = index
            while place > start, isLess(place, place - 1) {
                swap(place, place - 1)
                place -= 1
            }
        }
    }

    private func reverse(_ start: Int, _ end: Int) {
        var (low, high) = (start, end - 1)
        while low < high {
            swap(low, high)
            low += 1
            high -= 1
        }
    }
}

// MARK: heap sort

extension PatternDefeatingSort {
    private func heapSort(_ start: Int, _ end: Int) {
        let count = end - start
        for root in stride(from: (count - 1) / 2, through: 0, by: -1) { siftDown(root, count, start) }
        for last in stride(from: count - 1, through: 0, by: -1) {
            swap(start, start + last)
            siftDown(0, last, start)
        }
    }

    private func siftDown(_ from: Int, _ count: Int, _ start: Int) {
        var root = from
        while true {
            var child = 2 * root + 1
            if child >= count { return }
            if child + 1 < count, isLess(start + child, start + child + 1) { child += 1 }
            if !isLess(start + root, start + child) { return }
            swap(start + root, start + child)
            root = child
        }
    }
}

// MARK: partitions and pivots

extension PatternDefeatingSort {
    /// Smaller keys before the pivot, the others behind it; and whether they were so already.
    private func partition(_ start: Int, _ end: Int, _ pivot: Int) -> (Int, Bool) {
        swap(start, pivot)
        var (low, high) = (start + 1, end - 1)
        var isFirst = true
        while true {
            while low <= high, isLess(low, start) { low += 1 }
            while low <= high, !isLess(high, start) { high -= 1 }
            if low > high { break }
            isFirst = false
            swap(low, high)
            low += 1
            high -= 1
        }
        swap(high, start)
        return (high, isFirst)
    }

    /// Keys equal to the pivot first, greater ones behind them; there are no smaller ones.
    private func partitionEqual(_ start: Int, _ end: Int, _ pivot: Int) -> Int {
        swap(start, pivot)
        var (low, high) = (start + 1, end - 1)
        while true {
            while low <= high, !isLess(start, low) { low += 1 }
            while low <= high, isLess(start, high) { high -= 1 }
            if low > high { return low }
            swap(low, high)
            low += 1
            high -= 1
        }
    }

    /// Mends up to five places that are out of order; true where all is in order then.
    private func partialInsertionSort(_ start: Int, _ end: Int) -> Bool {
        var index = start + 1
        for _ in 0..<5 {
            while index < end, !isLess(index, index - 1) { index += 1 }
            if index == end { return true }
            if end - start < Self.ninetherMin { return false }
            swap(index, index - 1)
            if index - start >= 2 { shiftLeft(index - 1) }
            if end - index >= 2 { shiftRight(index + 1, end) }
        }
        return false
    }

    private func shiftLeft(_ from: Int) {
        var place = from
        while place >= 1, isLess(place, place - 1) {
            swap(place, place - 1)
            place -= 1
        }
    }

    private func shiftRight(_ from: Int, _ end: Int) {
        var place = from
        while place < end, isLess(place, place - 1) {
            swap(place, place - 1)
            place += 1
        }
    }

    /// Scatters three elements, by numbers that follow from the length alone.
    private func breakPatterns(_ start: Int, _ end: Int) {
        let length = end - start
        guard length >= 8 else { return }
        var random = UInt64(length)
        let mask = (UInt64(1) << UInt64(Int.bitWidth - length.leadingZeroBitCount)) - 1
        let middle = start + length / 4 * 2
        for index in middle - 1...middle + 1 {
            random ^= random << 13
            random ^= random >> 7
            random ^= random << 17
            var other = Int(random & mask)
            if other >= length { other -= length }
            swap(index, start + other)
        }
    }

    private func choosePivot(_ start: Int, _ end: Int) -> (Int, Hint) {
        let length = end - start
        let quarter = length / 4
        var swaps = 0
        var places = (start + quarter, start + quarter * 2, start + quarter * 3)
        if length >= 8 {
            if length >= Self.ninetherMin {
                places.0 = median(places.0 - 1, places.0, places.0 + 1, &swaps)
                places.1 = median(places.1 - 1, places.1, places.1 + 1, &swaps)
                places.2 = median(places.2 - 1, places.2, places.2 + 1, &swaps)
            }
            places.1 = median(places.0, places.1, places.2, &swaps)
        }
        return (places.1, swaps == 0 ? .increasing : swaps == Self.swapsMax ? .decreasing : .unknown)
    }

    private func median(_ one: Int, _ two: Int, _ three: Int, _ swaps: inout Int) -> Int {
        var (low, middle, high) = (one, two, three)
        order(&low, &middle, &swaps)
        order(&middle, &high, &swaps)
        order(&low, &middle, &swaps)
        return middle
    }

    private func order(_ one: inout Int, _ other: inout Int, _ swaps: inout Int) {
        guard isLess(other, one) else { return }
        swaps += 1
        Swift.swap(&one, &other)
    }
}
