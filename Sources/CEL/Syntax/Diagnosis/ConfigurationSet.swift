/// One way to be somewhere in the network while an alternative is being tried.
struct Configuration: Hashable {
    let state: Int
    /// The alternative, from one.
    let alternative: Int
    /// Where the calls on the way return to.
    var stacks: Set<Int>
    /// The rule that decides has ended on the way.
    var isBeyond = false
    /// It came out of a call without precedence, which a tighter loop inside must not claim.
    var keepsItsPlace = false
}

/// All the ways to be somewhere after the same tokens.
struct ConfigurationSet: Hashable {
    private(set) var all: [Configuration] = []
    private var places: [Int: Int] = [:]
    /// Stacks tell their surroundings apart.
    let isFull: Bool

    init(isFull: Bool) { self.isFull = isFull }

    static func == (one: Self, other: Self) -> Bool { one.isFull == other.isFull && one.all == other.all }

    func hash(into hasher: inout Hasher) { hasher.combine(all) }

    /// Adds a configuration, as one with those that are in the same place for the same alternative.
    mutating func add(_ new: Configuration, _ stacks: borrowing CallStacks) {
        let key = new.state << 4 | new.alternative
        guard let index = places[key] else {
            places[key] = all.count
            all.append(new)
            return
        }
        all[index].isBeyond = all[index].isBeyond || new.isBeyond
        all[index].keepsItsPlace = all[index].keepsItsPlace || new.keepsItsPlace
        for stack in new.stacks { add(stack, at: index, stacks) }
    }

    private mutating func add(_ stack: Int, at index: Int, _ stacks: borrowing CallStacks) {
        var kept = all[index].stacks
        all[index].stacks = []
        if isFull {
            kept.insert(stack)
        } else if !kept.contains(where: { stacks.covers($0, stack) }) {
            kept = kept.filter { !stacks.covers(stack, $0) }
            kept.insert(stack)
        }
        all[index].stacks = kept
    }

    /// The alternative that is the only one left.
    var onlyAlternative: Int? {
        guard let first = all.first?.alternative else { return nil }
        return all.allSatisfy { $0.alternative == first } ? first : nil
    }

    /// The alternatives that share each place and stacks.
    var conflicts: [Set<Int>] {
        struct Place: Hashable {
            let state: Int
            let stacks: Set<Int>
        }
        var found: [Place: Set<Int>] = [:]
        for one in all { found[Place(state: one.state, stacks: one.stacks), default: []].insert(one.alternative) }
        return Array(found.values)
    }

    /// Whether some state is reached by one alternative only, so that looking further can still decide.
    var hasStateOfOneAlternative: Bool {
        var found: [Int: Set<Int>] = [:]
        for one in all { found[one.state, default: []].insert(one.alternative) }
        return found.values.contains { $0.count == 1 }
    }
}
