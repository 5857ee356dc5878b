import JSON

/// The expressions of the document of a policy or a hook, by the fields that they stand in.
struct RuleExpressions {
    /// What an expression is for, as far as budgets go by it.
    enum Role { case condition, validation, message, annotation, mutation }

    let variables: [(name: String, field: Field)]
    let parts: [(role: Role, field: Field)]

    /// Reads a document that is sound.
    init(_ root: JSONNode) {
        let spec = Field(root: root)["spec"]
        let hook = spec["run"]["cel"]
        func list(_ name: String) -> [Field] { (hook.isPresent ? hook : spec)[name].elements(FieldErrors()) }
        let conditions = spec["matchConditions"].isPresent ? spec : spec["match"]
        variables = list("variables").map { ($0["name"].text(FieldErrors()), $0["expression"]) }
        var parts: [(role: Role, field: Field)] = conditions["matchConditions"].elements(FieldErrors())
            .map { (.condition, $0["expression"]) }
        for field in list("validations") {
            parts.append((.validation, field["expression"]))
            if field["messageExpression"].isPresent { parts.append((.message, field["messageExpression"])) }
        }
        parts += list("auditAnnotations").map { (.annotation, $0["valueExpression"]) }
        for field in list("mutations") {
            for form in ["applyConfiguration", "jsonPatch"] where field[form].isPresent {
                parts.append((.mutation, field[form]["expression"]))
            }
        }
        self.parts = parts
    }

    var variableTexts: [(name: String, text: String)] {
        variables.map { ($0.name, $0.field.text(FieldErrors())) }
    }
}
