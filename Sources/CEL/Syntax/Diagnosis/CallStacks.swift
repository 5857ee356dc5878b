/// Where calls of rules return to: stacks that share their lower parts, each known by a number.
///
/// In a prediction that does not look at its surroundings the empty stack stands for every one of them.
struct CallStacks {
    private struct Frame: Hashable {
        let state: Int
        let below: Int
    }

    /// The stack without a frame.
    static let empty = 0

    private var frames: [Frame] = []
    private var numbers: [Frame: Int] = [:]

    mutating func push(_ state: Int, on below: Int) -> Int {
        let frame = Frame(state: state, below: below)
        if let number = numbers[frame] { return number }
        frames.append(frame)
        numbers[frame] = frames.count
        return frames.count
    }

    /// The topmost frame of a stack that is not empty, and what is beneath it.
    func pop(_ stack: Int) -> (state: Int, below: Int) { (frames[stack - 1].state, frames[stack - 1].below) }

    /// Whether `stack` has the frames of `wide` on top, so that `wide`, open at its bottom, covers it.
    func covers(_ wide: Int, _ stack: Int) -> Bool {
        var (wide, stack) = (wide, stack)
        while wide != Self.empty {
            guard wide != stack else { return true }
            guard stack != Self.empty, frames[wide - 1].state == frames[stack - 1].state else { return false }
            (wide, stack) = (frames[wide - 1].below, frames[stack - 1].below)
        }
        return true
    }
}
