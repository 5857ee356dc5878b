import CEL

extension Library {
    /// Questions to an authorizer.
    static let authorizerFunctions: [Function] =
        [
            Function("path") { evaluator, arguments in
                guard let (authorizer, path) = receiver(arguments, AuthorizerValue.family, AuthorizerValue.self) else {
                    return evaluator.noOverload("path", arguments)
                }
                if isBlank(path) { return .error("path must not be empty") }
                return evaluator.opaque(PathCheck.family, PathCheck(authorizer: authorizer, path: path))
            },
            Function("group") { evaluator, arguments in
                guard let (authorizer, group) = receiver(arguments, AuthorizerValue.family, AuthorizerValue.self)
                else { return evaluator.noOverload("group", arguments) }
                return evaluator.opaque(GroupCheck.family, GroupCheck(authorizer: authorizer, group: group))
            },
            Function("serviceAccount", stopsAtFirstError: true) { evaluator, arguments in
                guard arguments.are(.opaque, .string, .string), arguments[0].isOf(AuthorizerValue.family) else {
                    return evaluator.noOverload("serviceAccount", arguments)
                }
                return serviceAccount(arguments, &evaluator)
            },
            Function("resource") { evaluator, arguments in
                guard let (group, resource) = receiver(arguments, GroupCheck.family, GroupCheck.self) else {
                    return evaluator.noOverload("resource", arguments)
                }
                if isBlank(resource) { return .error("resource must not be empty") }
                let check = ResourceCheck(authorizer: group.authorizer, group: group.group, resource: resource)
                return evaluator.opaque(ResourceCheck.family, check)
            },
            Function("check") { evaluator, arguments in
                if let (check, verb) = receiver(arguments, PathCheck.family, PathCheck.self) {
                    return check.authorizer.decide(verb, .path(check.path.text), &evaluator)
                }
                guard let (check, verb) = receiver(arguments, ResourceCheck.family, ResourceCheck.self) else {
                    return evaluator.noOverload("check", arguments)
                }
                return check.authorizer.decide(verb, check.target, &evaluator)
            },
            refinement("subresource") { $0.subresource = $1 }, refinement("namespace") { $0.namespace = $1 },
            refinement("name") { $0.name = $1 },
        ] + [
            decision("allowed") { Value($0.isAllowed) }, decision("errored") { Value($0.isErrored) },
            decision("reason") { Value(.string, $0.reason) }, decision("error") { Value(.string, $0.error) },
        ]

    /// Selectors in questions to an authorizer.
    static let authorizerSelectorFunctions: [Function] = [
        refinement("fieldSelector") { $0.fieldSelector = $1 }, refinement("labelSelector") { $0.labelSelector = $1 },
    ]

    /// The value before the dot, of a family, and the string in the parentheses; nil for other arguments.
    private static func receiver<Payload: BitwiseCopyable>(
        _ arguments: Arguments, _ family: OpaqueFamily, _ type: Payload.Type
    ) -> (Payload, ByteView)? {
        guard arguments.are(.opaque, .string), arguments[0].isOf(family) else { return nil }
        return (arguments[0].payload(as: type), arguments[1].bytes)
    }

    private static func refinement(
        _ name: String, _ set: @escaping @Sendable (inout ResourceCheck, ByteView) -> Void
    ) -> Function {
        Function(name) { evaluator, arguments in
            guard let (check, text) = receiver(arguments, ResourceCheck.family, ResourceCheck.self) else {
                return evaluator.noOverload(name, arguments)
            }
            var refined = check
            set(&refined, text)
            return evaluator.opaque(ResourceCheck.family, refined)
        }
    }

    private static func decision(_ name: String, _ part: @escaping @Sendable (Decision) -> Value) -> Function {
        Function(name) { evaluator, arguments in
            guard arguments.count == 1, arguments[0].isOf(Decision.family) else {
                return evaluator.noOverload(name, arguments)
            }
            return part(arguments[0].payload(as: Decision.self))
        }
    }

    private static func serviceAccount(_ arguments: Arguments, _ evaluator: inout Evaluator) -> Value {
        var problems = FormatProblems()
        NameFormat.subdomain(arguments[2].bytes, &problems, &evaluator)
        if !problems.isEmpty { return .error("Invalid service account name") }
        NameFormat.label(arguments[1].bytes, &problems, &evaluator)
        if !problems.isEmpty { return .error("Invalid service account namespace") }
        var authorizer = arguments[0].payload(as: AuthorizerValue.self)
        authorizer.namespace = arguments[1].bytes
        authorizer.name = arguments[2].bytes
        return evaluator.opaque(AuthorizerValue.family, authorizer)
    }

    private static func isBlank(_ text: ByteView) -> Bool {
        text.text.unicodeScalars.allSatisfy(\.properties.isWhitespace)
    }
}
