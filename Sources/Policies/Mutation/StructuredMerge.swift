/// Merges what was applied into what is there, part by part as the schema says: server-side apply's merge.
///
/// Both values must have been found valid; then there is always a result.
enum StructuredMerge {
    private static let depthMax = 512

    /// The merged value. Lists keep the order of what is there unless what was applied says otherwise.
    static func merge(_ live: MergeValue, _ applied: MergeValue, _ type: MergeType) -> MergeValue {
        merged(live, applied, type, depthMax) ?? .null
    }

    private static func merged(
        _ live: MergeValue?, _ applied: MergeValue?, _ type: MergeType, _ depthLeft: Int
    ) -> MergeValue? {
        guard depthLeft > 0, let deciding = applied ?? live else { return applied ?? live }
        switch deciding.form {
        case .bool, .number, .string, .foreign: return deciding
        case .list: return type.list.map { mergedList(live, applied, $0, depthLeft) } ?? deciding
        case .map: return mergedMap(live, applied, type, depthLeft)
        case .null:
            // A null has every form: beside a map or a list it is an empty one.
            if type.allowsMap { return mergedMap(live, applied, type, depthLeft) }
            if type.scalar != nil { return deciding }
            return type.list.map { mergedList(live, applied, $0, depthLeft) } ?? deciding
        }
    }

    private static func mergedMap(
        _ live: MergeValue?, _ applied: MergeValue?, _ type: MergeType, _ depthLeft: Int
    ) -> MergeValue? {
        let (mine, theirs) = (live?.nonEmpty(.map), applied?.nonEmpty(.map))
        // Two empty ones are a leaf, so that a null stays one.
        if type.mapRelation == .atomic || (mine == nil && theirs == nil) { return applied ?? live }
        var members: [MergeValue.Member] = []
        func add(_ name: String, _ mine: MergeValue?, _ theirs: MergeValue?) {
            guard let field = type.namedField(name) ?? type.otherField,
                let value = merged(mine, theirs, field, depthLeft - 1)
            else { return }
            members.append(MergeValue.Member(name: name, value: value))
        }
        for member in mine?.members ?? [] { add(member.name, member.value, theirs?[member.name]) }
        for member in theirs?.members ?? [] where mine?[member.name] == nil { add(member.name, nil, member.value) }
        return members.isEmpty ? nil : .map(members)
    }

    private static func mergedList(
        _ live: MergeValue?, _ applied: MergeValue?, _ list: MergeType.ListForm, _ depthLeft: Int
    ) -> MergeValue? {
        let (mine, theirs) = (live?.nonEmpty(.list), applied?.nonEmpty(.list))
        if list.relation == .atomic || (mine == nil && theirs == nil) { return applied ?? live }
        guard let theirs else { return mine }
        let left = IndexedElements(mine?.elements ?? [], list)
        let right = IndexedElements(theirs.elements, list)
        let order = ElementOrder.order(left, right)
        let elements = order.compactMap { step in
            switch step {
            case .live(let index): merged(left.elements[index], nil, list.element, depthLeft - 1)
            case .both(let key): merged(left.byKey[key], right.byKey[key], list.element, depthLeft - 1)
            }
        }
        return elements.isEmpty ? nil : .list(elements)
    }
}

extension MergeValue {
    /// The value where it is of that form and has anything in it.
    fileprivate func nonEmpty(_ wanted: Form) -> MergeValue? { form == wanted && count > 0 ? self : nil }
}

/// The elements of a list with what tells them apart.
struct IndexedElements {
    let elements: [MergeValue]
    /// By the bytes of the step: texts that only look the same are different keys.
    let keys: [[UInt8]]
    /// An element that comes several times is not merged with another: nothing of it is known.
    let byKey: [[UInt8]: MergeValue]

    init(_ elements: [MergeValue], _ list: MergeType.ListForm) {
        var known: [(MergeValue, [UInt8])] = []
        var byKey: [[UInt8]: MergeValue] = [:]
        for element in elements {
            guard let step = try? ListStep.step(to: element, in: list) else { continue }
            let key = Array(step.utf8)
            byKey[key] = byKey[key] == nil ? element : .null
            known.append((element, key))
        }
        self.elements = known.map(\.0)
        keys = known.map(\.1)
        self.byKey = byKey
    }
}

/// In which order the elements of two lists come out of their merge.
enum ElementOrder {
    enum Step {
        /// An element that only the list that is there has, by its place.
        case live(Int)
        /// An element of the applied list, merged with that of the other where there is one.
        case both([UInt8])
    }

    /// The elements that both have come in the order of the applied list; those of the list that is there stay before
    /// the element that they stood before.
    static func order(_ live: IndexedElements, _ applied: IndexedElements) -> [Step] {
        var steps: [Step] = []
        var shared = applied.keys.filter { live.byKey[$0] != nil }[...]
        var next = shared.popFirst()
        var done: Set<[UInt8]> = []
        var (left, right) = (0, 0)
        while left < live.keys.count || right < applied.keys.count {
            if left < live.keys.count, right < applied.keys.count {
                let key = live.keys[left]
                if key == applied.keys[right] {
                    done.insert(key)
                    steps.append(.both(key))
                    left += 1
                    right += 1
                    next = shared.popFirst()
                    continue
                }
                if applied.byKey[key] != nil, let next, next != key {
                    // Shared, but its turn comes later.
                    left += 1
                    continue
                }
            }
            if left < live.keys.count {
                let key = live.keys[left]
                if applied.byKey[key] == nil {
                    steps.append(.live(left))
                    left += 1
                    continue
                }
                if done.contains(key) { left += 1 }
            }
            if right < applied.keys.count {
                let key = applied.keys[right]
                done.insert(key)
                steps.append(.both(key))
                right += 1
                if next == key { next = shared.popFirst() }
            }
        }
        return steps
    }
}
