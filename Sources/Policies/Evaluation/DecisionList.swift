import Admission
import JSON

/// What became of a policy's validations, in their order; memory that is kept from one evaluation to the next.
struct DecisionList {
    struct Decision {
        var evaluation: PolicyTrace.Decision.Evaluation
        var message = ""
        var validation: Int?
        var cost: UInt64 = 0
    }

    var list: [Decision] = []

    var hasDenials: Bool {
        for index in list.indices where list[index].evaluation == .deny { return true }
        return false
    }

    mutating func removeAll() { list.removeAll(keepingCapacity: true) }

    /// Replaces everything by an error about all of it.
    mutating func fail(_ message: String) {
        removeAll()
        list.append(Decision(evaluation: .error, message: message))
    }
}

/// The audit annotations of one policy: values that several evaluations give to one key stand side by side.
struct AnnotationList {
    private static let valueBytesMax = 10 * 1024
    private var entries: [(key: String, values: [String])] = []

    mutating func removeAll() { entries.removeAll(keepingCapacity: true) }

    mutating func add(_ key: String, _ value: String) {
        let value = Self.bounded(value)
        guard let index = entries.firstIndex(where: { $0.key == key }) else {
            entries.append((key, [value]))
            return
        }
        if !entries[index].values.contains(value) { entries[index].values.append(value) }
    }

    private static func bounded(_ value: String) -> String {
        guard value.utf8.count > valueBytesMax else { return value }
        return String(decoding: value.utf8.prefix(valueBytesMax), as: UTF8.self)
    }

    /// Writes them into the answer. The API server puts the webhook's name before a key, which leaves no room for a
    /// slash: the policy's name and the key have a dot between them, and where that is too long the key stands alone.
    func publish(_ policy: String, _ response: inout ReviewResponse) {
        for index in entries.indices {
            let full = "\(policy).\(entries[index].key)"
            let key = full.utf8.count <= 63 ? full : entries[index].key
            response.annotate(key, entries[index].values.joined(separator: ", "))
        }
    }
}

extension PolicyTrace {
    mutating func addBinding(_ name: String, isMatched: Bool, _ reason: String) {
        guard !policies.isEmpty else { return }
        policies[policies.count - 1].bindings.append(Binding(name: name, isMatched: isMatched, reason: reason))
    }

    mutating func fail(_ problem: String) {
        change { $0.error = problem }
    }

    mutating func add(_ evaluation: Evaluation) {
        change { $0.evaluations.append(evaluation) }
    }

    private mutating func change(_ body: (inout Binding) -> Void) {
        guard let policy = policies.indices.last, let binding = policies[policy].bindings.indices.last else { return }
        body(&policies[policy].bindings[binding])
    }
}
