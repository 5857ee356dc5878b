import CEL
import CELKubernetes
import JSON

/// What an expression says of a request of which only a part is known.
///
/// Parts that refer to nothing but what is known are evaluated; what they decide is put together by the rules of logic, so
/// that `a && b` is false where `a` is, whatever `b` may be.
struct ConditionProof {
    private let checked: CheckedExpression
    private let environment: Environment

    /// Nil for what does not compile.
    init?(_ text: String, hasParams: Bool) {
        environment = Environment.admission(AdmissionVariables(hasParams: hasParams, hasAuthorizer: true))
        guard case .success(let checked) = environment.compile(text) else { return nil }
        self.checked = checked
    }

    /// Whether it is true of the request. Of an expression that fails nothing is said.
    func holds(_ request: VitalRequest) -> Certainty {
        guard let document = try? request.document(), let object = try? request.object() else { return .unknown }
        let facts = Facts(request: request, document: document, object: object)
        return decide(checked.tree.root, facts)
    }

    private struct Facts {
        let request: VitalRequest
        let document: JSONDocument
        let object: JSONDocument
    }

    private func decide(_ id: ExpressionID, _ facts: Facts) -> Certainty {
        switch checked.tree[id] {
        case .call(Operator.logicalAnd, nil, let both) where both.count == 2:
            return decide(both[0], facts).and(decide(both[1], facts))
        case .call(Operator.logicalOr, nil, let both) where both.count == 2:
            return decide(both[0], facts).or(decide(both[1], facts))
        case .call(Operator.logicalNot, nil, let one) where one.count == 1: return decide(one[0], facts).opposite
        case .call(Operator.conditional, nil, let parts) where parts.count == 3:
            switch decide(parts[0], facts) {
            case .yes: return decide(parts[1], facts)
            case .no: return decide(parts[2], facts)
            case .unknown:
                let (one, other) = (decide(parts[1], facts), decide(parts[2], facts))
                return one == other ? one : .unknown
            }
        default: return isKnown(id, facts.request, []) ? evaluate(id, facts) : .unknown
        }
    }

    private func evaluate(_ id: ExpressionID, _ facts: Facts) -> Certainty {
        guard let program = try? environment.plan(checked, part: id) else { return .unknown }
        var evaluator = Evaluator(limits: Evaluator.Limits(cost: 1_000_000, arenaBytes: 8 << 20))
        let object = facts.request.operation == .delete ? "oldObject" : "object"
        for (name, document) in [("request", facts.document), (object, facts.object)] {
            if let slot = environment.slot(of: name) { evaluator.bind(slot, evaluator.value(of: document.root)) }
        }
        let value = evaluator.run(program)
        guard value.kind == .bool, evaluator.stop == nil else { return .unknown }
        return Certainty(value.boolValue)
    }

    // MARK: what is known

    private static let requestFields: Set<String> = [
        "operation", "namespace", "subResource", "requestSubResource", "dryRun", "userInfo.username",
        "userInfo.groups", "kind.group", "kind.version", "kind.kind", "resource.group", "resource.version",
        "resource.resource", "requestKind.group", "requestKind.version", "requestKind.kind", "requestResource.group",
        "requestResource.version", "requestResource.resource", "kind", "resource", "requestKind", "requestResource",
    ]

    private func isKnown(_ id: ExpressionID, _ request: VitalRequest, _ locals: Set<String>) -> Bool {
        let tree = checked.tree
        switch tree[id] {
        case .literal: return true
        case .identifier(let name): return locals.contains(name)
        case .select(let operand, _, _):
            if let path = RequestPath.path(id, tree) {
                return Self.requestFields.contains(path) || path == "name" && !request.name.isEmpty
            }
            return isObjectPath(id, request) || isKnown(operand, request, locals)
        case .call(_, let target, let arguments):
            return ((target.map { [$0] } ?? []) + arguments).allSatisfy { isKnown($0, request, locals) }
        case .list(let elements, _): return elements.allSatisfy { isKnown($0, request, locals) }
        case .map(let entries):
            return entries.allSatisfy { entry in
                isKnown(entry.value, request, locals) && entry.key.map { isKnown($0, request, locals) } ?? true
            }
        case .comprehension(let loop):
            let inner = locals.union([loop.variable, loop.secondVariable, loop.accumulator])
            return isKnown(loop.range, request, locals) && isKnown(loop.initial, request, locals)
                && [loop.condition, loop.step, loop.result].allSatisfy { isKnown($0, request, inner) }
        case .object, .missing: return false
        }
    }

    private func isObjectPath(_ id: ExpressionID, _ request: VitalRequest) -> Bool {
        let root = request.operation == .delete ? "oldObject" : "object"
        guard case .select(let operand, let field, _) = checked.tree[id] else { return false }
        if case .identifier(root) = checked.tree[operand] { return ["apiVersion", "kind"].contains(field) }
        guard case .select(let inner, "metadata", _) = checked.tree[operand],
            case .identifier(root) = checked.tree[inner]
        else { return false }
        return field == "namespace" && !request.isNamespace || field == "name" && !request.name.isEmpty
    }
}

extension VitalRequest {
    /// What is known of the object.
    fileprivate func object() throws(JSONError) -> JSONDocument {
        var builder = JSONBuilder()
        builder.beginObject()
        builder.member("apiVersion", group.isEmpty ? version : "\(group)/\(version)")
        builder.member("kind", kind)
        builder.key("metadata")
        builder.beginObject()
        if !name.isEmpty { builder.member("name", name) }
        if !namespace.isEmpty, !isNamespace { builder.member("namespace", namespace) }
        builder.endObject()
        builder.endObject()
        return try builder.finish()
    }
}
