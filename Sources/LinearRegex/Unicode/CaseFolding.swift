/// Simple case folding: the orbits of code points that differ only in case, as Unicode's CaseFolding.txt has them.
enum CaseFolding {
    /// A code point and the one that follows it in its orbit.
    private struct Step {
        let point: Int32
        let next: Int32
    }

    private static let steps: [Step] = {
        var steps: [Step] = []
        var numbers = PackedNumbers(UnicodeTables.folds)
        var end: Int32 = 0
        while let gap = numbers.next(), let more = numbers.next(), let stride = numbers.next(),
            let zigzag = numbers.next()
        {
            let delta = zigzag & 1 == 0 ? zigzag >> 1 : -((zigzag + 1) >> 1)
            let first = end + gap
            for index in 0...more {
                steps.append(Step(point: first + index * stride, next: first + index * stride + delta))
            }
            end = first + more * stride + 1
        }
        return steps
    }()

    /// The index of the first step at or after `point`.
    private static func index(of point: Int32) -> Int {
        var low = 0
        var high = steps.count
        while low < high {
            let middle = (low + high) / 2
            if steps[middle].point < point { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The next code point in the orbit of `point`: itself where it has no other case.
    static func next(_ point: Int32) -> Int32 {
        let index = index(of: point)
        return index < steps.count && steps[index].point == point ? steps[index].next : point
    }

    /// The least code point in the orbit of `point`.
    static func least(_ point: Int32) -> Int32 {
        var least = point
        var other = next(point)
        while other != point {
            least = min(least, other)
            other = next(other)
        }
        return least
    }

    /// Calls `body` with every other member of the orbits that a span touches; some more than once.
    static func forEachOther(in span: ClosedRange<Int32>, _ body: (Int32) -> Void) {
        var index = index(of: span.lowerBound)
        while index < steps.count, steps[index].point <= span.upperBound {
            var other = steps[index].next
            while other != steps[index].point {
                body(other)
                other = next(other)
            }
            index += 1
        }
    }
}
