/// What the API server says, with the words of the real one.
struct Answer: Sendable {
    var code: Int
    var body: Value
    var retryAfter: Int?
    /// What is no JSON, where the real one has none.
    var plain: String?

    init(_ code: Int, _ body: Value) {
        self.code = code
        self.body = body
    }

    /// `metav1.Status`.
    init(_ code: Int, _ reason: String, _ message: String, details: Value = .null) {
        self.code = code
        body = [
            "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Failure", "message": .string(message),
            "code": .int(Int64(code)),
        ]
        if !reason.isEmpty { body["reason"] = .string(reason) }
        body["details"] = details
    }

    static let unauthorized = Answer(401, "Unauthorized", "Unauthorized")

    /// What the real one says of paths that no API group has.
    static var noSuchPath: Answer {
        var answer = Answer(404, .null)
        answer.plain = "404 page not found\n"
        return answer
    }

    static let noSuchResource = Answer(
        404, "NotFound", "the server could not find the requested resource", details: [:])

    static func badRequest(_ message: String) -> Answer { Answer(400, "BadRequest", message) }

    static func notFound(_ kind: KindTable.Entry, _ name: String) -> Answer {
        Answer(404, "NotFound", "\(kind.qualified) \"\(name)\" not found", details: kind.details(name))
    }

    static func exists(_ kind: KindTable.Entry, _ name: String) -> Answer {
        Answer(409, "AlreadyExists", "\(kind.qualified) \"\(name)\" already exists", details: kind.details(name))
    }

    static func conflict(_ kind: KindTable.Entry, _ name: String, _ why: String) -> Answer {
        Answer(
            409, "Conflict", "Operation cannot be fulfilled on \(kind.qualified) \"\(name)\": \(why)",
            details: kind.details(name))
    }

    static let modified = "the object has been modified; please apply your changes to the latest version and try again"

    static func forbidden(_ target: RequestTarget, _ user: String, _ verb: String) -> Answer {
        let scope = target.namespace.map { "in the namespace \"\($0)\"" } ?? "at the cluster scope"
        let named = target.name.map { "\(target.qualified) \"\($0)\"" } ?? target.qualified
        return Answer(
            403, "Forbidden",
            "\(named) is forbidden: User \"\(user)\" cannot \(verb) resource \"\(target.plural)\" in API group "
                + "\"\(target.group)\" \(scope)",
            details: target.details)
    }

    /// One or several fields are wrong: `field: kind: detail`.
    static func invalid(_ kind: String, _ group: String, _ name: String, _ problems: [FieldProblem]) -> Answer {
        let qualified = group.isEmpty ? kind : "\(kind).\(group)"
        let all = problems.map { "\($0.field): \($0.body)" }
        let text = all.count == 1 ? all[0] : "[\(all.joined(separator: ", "))]"
        var details: Value = [
            "kind": .string(kind), "name": .string(name),
            "causes": .array(
                problems.map {
                    ["reason": .string($0.type), "message": .string($0.body), "field": .string($0.field)]
                }),
        ]
        if !group.isEmpty { details["group"] = .string(group) }
        return Answer(422, "Invalid", "\(qualified) \"\(name)\" is invalid: \(text)", details: details)
    }

    static func unsupportedMediaType(_ accepted: [String]) -> Answer {
        Answer(
            415, "UnsupportedMediaType",
            "the body of the request was in an unknown format - accepted media types include: "
                + accepted.joined(separator: ", "), details: [:])
    }
}

/// One complaint about a field, as `field.Error` words it.
struct FieldProblem: Equatable, Sendable {
    let field: String
    let type: String
    let body: String

    static func required(_ field: String, _ detail: String = "") -> FieldProblem {
        FieldProblem(
            field: field, type: "FieldValueRequired",
            body: detail.isEmpty ? "Required value" : "Required value: \(detail)")
    }

    static func invalid(_ field: String, _ value: String, _ detail: String) -> FieldProblem {
        FieldProblem(field: field, type: "FieldValueInvalid", body: "Invalid value: \(value): \(detail)")
    }

    static func unsupported(_ field: String, _ value: String, _ choices: [String]) -> FieldProblem {
        let list = choices.sorted().map { "\"\($0)\"" }.joined(separator: ", ")
        return FieldProblem(
            field: field, type: "FieldValueNotSupported",
            body: "Unsupported value: \"\(value)\": supported values: \(list)")
    }

    static func forbidden(_ field: String, _ detail: String) -> FieldProblem {
        FieldProblem(field: field, type: "FieldValueForbidden", body: "Forbidden: \(detail)")
    }

    static func tooLong(_ field: String, _ detail: String) -> FieldProblem {
        FieldProblem(field: field, type: "FieldValueTooLong", body: "Too long: \(detail)")
    }
}
