public import Reactor
import Synchronization

/// How a hook did over the last five minutes: written by one loop's thread without waiting, read by whoever asks.
///
///     10 slices of 30 s, each   epoch    the slice's number since the clock began, plus one; 0: never used
///                               good     calls that gave a verdict
///                               bad      calls that failed
///                               late     those of them that failed for want of time
///                               cell …   calls by duration: 4 cells for each doubling from 256 ns to 68 s
///
/// Every word is an atomic that is loaded and stored relaxed: the loop is the only writer. Who reads while a slice begins
/// anew may see a part of the old one, which is off by a moment and nothing else.
public final class HookWindow: Sendable {
    private static let slices = 10
    private static let sliceNanoseconds: UInt64 = 30_000_000_000
    private static let cells = 113
    private static let cellsFrom = 4
    private static let sliceWords = cellsFrom + cells

    private let words: Words
    /// Since the loop began to ask the hook: calls that gave a verdict, and calls that failed.
    private let allGood = Atomic<UInt64>(0)
    private let allBad = Atomic<UInt64>(0)

    /// The memory, which nobody but the window uses.
    @safe private struct Words: @unchecked Sendable {
        let start: UnsafeMutablePointer<Atomic<UInt32>>
    }

    /// A window in which nothing was called.
    public init() {
        let count = Self.slices * Self.sliceWords
        let start = UnsafeMutablePointer<Atomic<UInt32>>.allocate(capacity: count)
        for index in 0..<count { unsafe (start + index).initialize(to: Atomic(0)) }
        words = unsafe Words(start: start)
    }

    deinit { unsafe words.start.deallocate() }

    @inline(__always) private func load(_ index: Int) -> UInt32 {
        unsafe words.start[index].load(ordering: .relaxed)
    }

    @inline(__always) private func store(_ index: Int, _ value: UInt32) {
        unsafe words.start[index].store(value, ordering: .relaxed)
    }

    /// A call is over.
    public func record(_ took: Nanoseconds, isGood: Bool, isLate: Bool, at now: Instant) {
        let tick = now.nanoseconds / Self.sliceNanoseconds
        let start = Int(tick % UInt64(Self.slices)) * Self.sliceWords
        let epoch = UInt32(truncatingIfNeeded: tick &+ 1)
        if load(start) != epoch { begin(start, epoch) }
        add(start + (isGood ? 1 : 2))
        if isGood { Self.add(allGood) } else { Self.add(allBad) }
        if isLate { add(start + 3) }
        add(start + Self.cellsFrom + Self.cell(took))
    }

    @inline(never) private func begin(_ start: Int, _ epoch: UInt32) {
        for index in 1..<Self.sliceWords { store(start + index, 0) }
        store(start, epoch)
    }

    @inline(__always) private func add(_ index: Int) { store(index, load(index) &+ 1) }

    @inline(__always) private static func add(_ count: borrowing Atomic<UInt64>) {
        count.store(count.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
    }

    @inline(__always) private static func cell(_ took: Nanoseconds) -> Int {
        let units = UInt64(max(took.count, 0)) >> 8
        guard units > 0 else { return 0 }
        let octave = 63 - units.leadingZeroBitCount
        let quarter = octave >= 2 ? units >> UInt64(octave - 2) & 3 : units << UInt64(2 - octave) & 3
        return min(1 + octave * 4 + Int(quarter), cells - 1)
    }

    /// Where a cell begins, in nanoseconds.
    private static func lowest(_ cell: Int) -> Double {
        guard cell > 0 else { return 0 }
        let (octave, quarter) = (cell - 1).quotientAndRemainder(dividingBy: 4)
        return 256 * Double(1 << octave) * (1 + Double(quarter) / 4)
    }
}

extension HookWindow {
    /// What several loops saw of one hook over the last five minutes, and in all.
    public struct Summary: Sendable {
        /// Calls that gave a verdict.
        public var good: UInt64 = 0
        /// Calls that failed.
        public var bad: UInt64 = 0
        /// Those of them that failed for want of time.
        public var late: UInt64 = 0
        /// Calls that gave a verdict, since the server started.
        public var allGood: UInt64 = 0
        /// Calls that failed, since the server started.
        public var allBad: UInt64 = 0
        private var cells = [UInt32](repeating: 0, count: HookWindow.cells)

        /// Nothing.
        public init() {}

        /// The share of calls that gave a verdict; nil without any.
        public var successRatio: Double? { good + bad == 0 ? nil : Double(good) / Double(good + bad) }

        /// The duration that such a share of the calls did not pass, in seconds, to within a cell (a quarter at most);
        /// nil without any calls.
        public func seconds(quantile: Double) -> Double? {
            let all = good + bad
            guard all > 0 else { return nil }
            let wanted = max(quantile * Double(all), 1)
            var seen = 0.0
            for cell in cells.indices where cells[cell] > 0 {
                let here = Double(cells[cell])
                if seen + here >= wanted {
                    let low = HookWindow.lowest(cell)
                    return (low + (HookWindow.lowest(cell + 1) - low) * (wanted - seen) / here) / 1e9
                }
                seen += here
            }
            return HookWindow.lowest(HookWindow.cells) / 1e9
        }

        fileprivate mutating func add(_ window: HookWindow, _ start: Int) {
            good += UInt64(window.load(start + 1))
            bad += UInt64(window.load(start + 2))
            late += UInt64(window.load(start + 3))
            var sums = cells.mutableSpan
            for cell in sums.indices { sums[cell] &+= window.load(start &+ HookWindow.cellsFrom &+ cell) }
        }
    }

    /// Adds what this loop saw to a summary.
    public func add(to summary: inout Summary, at now: Instant) {
        summary.allGood += allGood.load(ordering: .relaxed)
        summary.allBad += allBad.load(ordering: .relaxed)
        let tick = now.nanoseconds / Self.sliceNanoseconds
        let last = UInt32(truncatingIfNeeded: tick &+ 1)
        for slice in 0..<Self.slices {
            let start = slice * Self.sliceWords
            let epoch = load(start)
            guard epoch > 0, last &- epoch < UInt32(Self.slices) else { continue }
            summary.add(self, start)
        }
    }
}
