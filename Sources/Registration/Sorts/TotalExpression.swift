import CEL
import CELKubernetes

/// Tells expressions that have a value for every request.
///
/// An expression that may fail cannot be left to the API server: there a failure is settled by the failure policy of the
/// webhook, here by the rule's own mode, which people may change while it serves, and nothing that goes unchecked is silent.
enum TotalExpression {
    /// Of every request that an API server sends these are known: the texts, and the groups that every authenticator
    /// gives. `kind` and `resource` are those that the webhook's rules name, which may not be those that the rule names.
    private static let fields: Set<String> = [
        "operation", "userInfo.username", "userInfo.groups", "requestKind.group", "requestKind.version",
        "requestKind.kind", "requestResource.group", "requestResource.version", "requestResource.resource",
    ]
    private static let tested: Set<String> = ["name", "namespace", "subResource", "requestSubResource", "dryRun"]
    private static let operators: Set<String> = [
        Operator.logicalAnd, Operator.logicalOr, Operator.logicalNot, Operator.equals, Operator.notEquals,
        Operator.conditional, "@in",
    ]
    private static let methods: Set<String> = ["startsWith", "endsWith", "contains"]

    static func isTotal(_ text: String) -> Bool {
        let environment = Environment.admission(AdmissionVariables(hasAuthorizer: true))
        guard case .success(let checked) = environment.compile(text), checked.resultType == .bool else { return false }
        return isTotal(checked.tree.root, checked.tree)
    }

    private static func isTotal(_ id: ExpressionID, _ tree: SyntaxTree) -> Bool {
        switch tree[id] {
        case .literal: return true
        case .list(let elements, let optionals): return optionals.isEmpty && elements.allSatisfy { isTotal($0, tree) }
        case .select(_, _, let isTest):
            guard let path = RequestPath.path(id, tree) else { return false }
            return fields.contains(path) || isTest && tested.contains(path)
        case .call(let function, nil, let arguments):
            return operators.contains(function) && arguments.allSatisfy { isTotal($0, tree) }
        case .call(let function, let target?, let arguments):
            return methods.contains(function) && ([target] + arguments).allSatisfy { isTotal($0, tree) }
        default: return false
        }
    }
}

/// Reads chains of selections from `request`.
enum RequestPath {
    /// `userInfo.username` for `request.userInfo.username`; nil for what is no such chain.
    static func path(_ id: ExpressionID, _ tree: SyntaxTree) -> String? {
        var fields: [String] = []
        var id = id
        while true {
            switch tree[id] {
            case .identifier("request"): return fields.isEmpty ? nil : fields.reversed().joined(separator: ".")
            case .select(let operand, let field, let isTest):
                if isTest, !fields.isEmpty { return nil }
                fields.append(field)
                id = operand
            default: return nil
            }
        }
    }
}
