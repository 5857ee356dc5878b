extension JSONNode {
    /// How numbers are compared.
    public enum NumberEquality: Sendable {
        /// The same kind and the same value: `1` is not `1.0`.
        case exact
        /// The same value, however it is written: RFC 6902's `test`.
        case numeric
        /// The same text, as the API server's patch library compares; built numbers have none and compare exactly.
        case textual
    }

    /// Whether both are the same value; the order of members does not matter.
    ///
    /// Pairs still to be compared are kept in an array, so nesting costs no stack.
    public func isEqual(to other: JSONNode, numbers: NumberEquality = .exact) -> Bool {
        var pending = [(self, other)]
        while let (left, right) = pending.popLast() {
            if left.count > 0 || right.count > 0 {
                guard left.kind == right.kind, left.count == right.count else { return false }
                guard left.isArray ? left.pairElements(right, &pending) : left.pairMembers(right, &pending) else {
                    return false
                }
            } else if !left.isEqualScalar(right, numbers) {
                return false
            }
        }
        return true
    }

    private func pairElements(_ other: JSONNode, _ pending: inout [(JSONNode, JSONNode)]) -> Bool {
        var others = other.elements
        for element in elements {
            guard let partner = others.next() else { return false }
            pending.append((element, partner))
        }
        return true
    }

    private func pairMembers(_ other: JSONNode, _ pending: inout [(JSONNode, JSONNode)]) -> Bool {
        let index = MemberIndex(other)
        for member in members {
            guard let partner = index.value(member.key) else { return false }
            pending.append((member.value, partner))
        }
        return true
    }

    private func isEqualScalar(_ other: JSONNode, _ numbers: NumberEquality) -> Bool {
        if isNumber, other.isNumber {
            switch numbers {
            case .exact: return kind == other.kind && words[place + 1] == other.words[other.place + 1]
            case .numeric: return hasSameNumber(as: other)
            case .textual:
                guard TapeWord.length(word) > 0, TapeWord.length(other.word) > 0 else {
                    return isEqualScalar(other, .exact)
                }
                return source == other.source
            }
        }
        guard kind == other.kind else { return false }
        return isString ? hasSameString(as: other) : bool == other.bool
    }

    /// Where either is a float both are compared as floats: that is what the text of the other would have become.
    private func hasSameNumber(as other: JSONNode) -> Bool {
        if kind == .double || other.kind == .double { return double == other.double }
        return kind == other.kind && words[place + 1] == other.words[other.place + 1]
    }
}

/// Finds members by key: by stepping in small objects, by a table in large ones, so that comparing two large objects is
/// not quadratic. The table's hashing is seeded, so keys cannot be made to collide.
struct MemberIndex {
    private static let steppedMax = 16

    private let object: JSONNode
    private var table: [[UInt8]: UInt32] = [:]

    init(_ object: JSONNode) {
        self.object = object
        guard object.isObject, object.count > Self.steppedMax else { return }
        table.reserveCapacity(object.count)
        for member in object.members { table[member.key.decodedBytes] = member.value.index }
    }

    func value(_ key: JSONNode) -> JSONNode? {
        if table.isEmpty { return object.value(forKey: key) }
        return table[key.decodedBytes].map { object.at(Int($0)) }
    }
}

extension JSONNode {
    /// The string's value in memory of its own.
    var decodedBytes: [UInt8] {
        var bytes: [UInt8] = []
        appendUTF8(to: &bytes)
        return bytes
    }
}
