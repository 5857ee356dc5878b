import CEL
import CELKubernetes
import JSON

/// Why a line is no request.
struct EvalRequestError: Error {
    let description: String
}

/// One line of `eval --jsonl`, read.
struct EvalRequest {
    let expression: String
    let isCheckOnly: Bool
    private(set) var evaluation: Evaluation
    private let document: JSONDocument

    init(_ line: [UInt8], isKubernetes: Bool) throws(EvalRequestError) {
        do throws(JSONError) {
            document = try JSONDocument(parsing: line)
        } catch {
            throw EvalRequestError(description: "not JSON: \(error.reason.sentence) at \(error.offset)")
        }
        let root = document.root
        guard let expression = root["expr"]?.string else {
            throw EvalRequestError(description: "a request must be an object with a string \"expr\"")
        }
        self.expression = expression
        isCheckOnly = root["check_only"]?.bool ?? false
        evaluation = Evaluation(isKubernetes: root["kubernetes"]?.bool ?? isKubernetes)
        evaluation.isChecked = !(root["disable_check"]?.bool ?? false)
        evaluation.environment.container = root["container"]?.string ?? ""
        if root["disable_macros"]?.bool ?? false { evaluation.environment.macros = MacroTable() }
        try declareBindings(root)
        if let declarations = root["type_env"] {
            for declaration in declarations.elements { try declare(declaration) }
        }
        if let schemas = root["schemas"] {
            for (name, schema) in schemas.members { try declare(name.string ?? "", schema) }
        }
    }

    /// A variable with a schema is bound to plain JSON, which the schema says how to read.
    private mutating func declare(_ name: String, _ schema: JSONNode) throws(EvalRequestError) {
        let parsed: Schema
        do throws(SchemaError) { parsed = try Schema(schema) } catch {
            throw EvalRequestError(description: "the schema of \(name): \(error)")
        }
        guard evaluation.schemas.declare(name, parsed, in: &evaluation.environment) else {
            throw EvalRequestError(description: "the schema of \(name): no value can be reached by it")
        }
    }

    /// Variables that are bound but not declared can be anything.
    private mutating func declareBindings(_ root: JSONNode) throws(EvalRequestError) {
        guard let bindings = root["bindings"], !bindings.isNull else { return }
        guard bindings.isObject else { throw EvalRequestError(description: "\"bindings\" must be an object") }
        for member in bindings.members {
            if let name = member.key.string { evaluation.environment.declare(name, .dyn) }
        }
    }

    private mutating func declare(_ declaration: JSONNode) throws(EvalRequestError) {
        guard let name = declaration["name"]?.string else {
            throw EvalRequestError(description: "a declaration must have a \"name\"")
        }
        do throws(TypedEncodingError) {
            if declaration["kind"]?.string == "function" {
                var overloads: [OverloadDeclaration] = []
                guard let list = declaration["overloads"] else { return }
                for overload in list.elements { overloads.append(try Self.overload(overload)) }
                evaluation.environment.declare(FunctionDeclaration(name: name, overloads: overloads))
            } else if let type = declaration["type"] {
                evaluation.environment.declare(name, try TypedEncoding.readType(type))
            }
        } catch {
            throw EvalRequestError(description: "the declaration of \(name): \(error)")
        }
    }

    private static func overload(_ node: JSONNode) throws(TypedEncodingError) -> OverloadDeclaration {
        guard let id = node["id"]?.string, let result = node["result"] else { throw .malformed("overload") }
        var parameters: [CELType] = []
        if let list = node["params"] {
            for parameter in list.elements { parameters.append(try TypedEncoding.readType(parameter)) }
        }
        return OverloadDeclaration(
            id: id, isMember: node["member"]?.bool ?? false, parameters: parameters,
            result: try TypedEncoding.readType(result))
    }

    /// Gives the variables their values.
    func bind(_ evaluator: inout Evaluator) throws(EvalRequestError) {
        guard let bindings = document.root["bindings"], bindings.isObject else { return }
        for member in bindings.members {
            guard let name = member.key.string, let slot = evaluation.environment.slot(of: name) else { continue }
            if evaluation.schemas.has(name) {
                evaluation.schemas.bind(name, member.value, in: evaluation.environment, &evaluator)
                continue
            }
            do throws(TypedEncodingError) {
                evaluator.bind(slot, try TypedEncoding.read(member.value, &evaluator))
            } catch {
                throw EvalRequestError(description: "the binding of \(name): \(error)")
            }
        }
    }
}
