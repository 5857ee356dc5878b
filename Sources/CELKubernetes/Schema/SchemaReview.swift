public import CEL

extension Schema {
    /// What is wrong with the rules of a custom resource's schema, as an API server finds when it is given the
    /// definition: rules that do not compile, that may cost too much, or that look at what cannot be known.
    ///
    /// Expressions are compiled in an environment that has everything but `self` and `oldSelf`. `path` is that of the
    /// schema in its definition. That the schema itself is sound is not looked at.
    public func reviewRules(in base: Environment = .kubernetes(), at path: FieldPath) -> [FieldError] {
        guard !nodes.isEmpty else { return [] }
        var review = SchemaReview(schema: self, base: base)
        review.visit(SchemaReview.Visit(place: Schema.root, path: path, isRoot: true, cardinality: 1))
        review.reportTotal(at: path)
        return review.schemaErrors + review.expressionErrors
    }
}

/// Walks a schema from the leaves up, as what is wrong beneath a rule is reported before the rule.
private struct SchemaReview {
    let schema: Schema
    let base: Environment
    /// What is wrong with the form of rules; no rule around such a one is compiled.
    var schemaErrors: [FieldError] = []
    var expressionErrors: [FieldError] = []
    private var costs = RuleCosts()

    /// One node, and what is known about it from those around it.
    struct Visit {
        let place: Int
        let path: FieldPath
        var isRoot = false
        /// Whether rules of nodes here are compiled at all.
        var isCompiled = true
        /// Where the nearest type is known from that of the node around it.
        var type: TypedPlace?
        var isInScope = false
        /// How many values there may be in one object; nil where there is no bound.
        var cardinality: UInt64?
        /// The list or map within which nobody can tell what a value was before.
        var uncorrelatable: FieldPath?
    }

    init(schema: Schema, base: Environment) {
        self.schema = schema
        self.base = base
    }

    mutating func visit(_ visit: Visit) {
        let before = schemaErrors.count
        let node = schema.nodes[visit.place]
        var visit = visit
        visit.isInScope = visit.isInScope || !node.rules.isEmpty
        if visit.isCompiled, visit.isInScope, visit.type == nil {
            visit.type = TypedPlace(schema, visit.place, isResource: visit.isRoot || node.isEmbeddedResource)
        }
        visitParts(visit, node)
        for (index, rule) in node.rules.enumerated() {
            checkForm(rule, visit, at: visit.path.child("x-kubernetes-validations").index(index))
        }
        guard visit.isCompiled, !node.rules.isEmpty, schemaErrors.count == before else { return }
        compile(node.rules, visit)
    }

    private mutating func visitParts(_ visit: Visit, _ node: Schema.Node) {
        var part = Visit(place: 0, path: visit.path)
        part.isCompiled = visit.isCompiled
        part.isInScope = visit.isInScope
        part.uncorrelatable = visit.uncorrelatable
        part.cardinality = node.occurrences.flatMap { factor in
            visit.cardinality.map { RuleCosts.product($0, factor) }
        }
        if let additional = node.additionalSchema {
            self.visit(part.at(additional, visit.path.child("additionalProperties"), visit.type?.element))
        }
        for (name, property) in node.properties {
            var inner = part.at(
                property, visit.path.child("properties").key(name),
                PropertyName.escaped(name).flatMap { visit.type?.field($0) })
            if !node.isCorrelatableMap { inner.uncorrelatable = inner.uncorrelatable ?? visit.path }
            self.visit(inner)
        }
        for (index, nested) in node.allOf.enumerated() {
            var inner = part.at(nested, visit.path.child("allOf").index(index), nil)
            inner.isCompiled = false
            self.visit(inner)
        }
        if let items = node.items {
            var inner = part.at(items, visit.path.child("items"), visit.type?.element)
            if node.listType != "map" { inner.uncorrelatable = inner.uncorrelatable ?? visit.path }
            self.visit(inner)
        }
    }
}

extension SchemaReview.Visit {
    /// The same, at a part of the node.
    fileprivate func at(_ place: Int, _ path: FieldPath, _ type: TypedPlace?) -> SchemaReview.Visit {
        var visit = SchemaReview.Visit(place: place, path: path)
        (visit.isCompiled, visit.isInScope, visit.type) = (isCompiled, isInScope, type)
        (visit.cardinality, visit.uncorrelatable) = (cardinality, uncorrelatable)
        return visit
    }
}

extension Schema.Node {
    /// How many values each of those within this one may stand for; nil where there is no bound.
    fileprivate var occurrences: UInt64? {
        switch type {
        case "object" where additional != .unsaid: propertiesMax.map { UInt64(max(0, $0)) }
        case "array": itemsMax.map { UInt64(max(0, $0)) }
        default: 1
        }
    }
}

// MARK: the form of a rule

extension SchemaReview {
    private static let reasons = [
        "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired",
    ]

    private static func hasLineBreaks(_ text: String) -> Bool { text.utf8.contains { $0 == 0x0A || $0 == 0x0D } }

    private mutating func checkForm(_ rule: SchemaRule, _ visit: Visit, at path: FieldPath) {
        checkMessage(rule, at: path)
        if !rule.messageExpression.isEmpty, rule.messageExpression.trimmingSpace().isEmpty {
            let detail = "messageExpression must be non-empty if specified"
            schemaErrors.append(FieldError(.required, path.child("messageExpression"), detail))
        }
        if let reason = rule.reason, !Self.reasons.contains(reason) {
            let known = "supported values: " + Self.reasons.map(FieldError.quoted).joined(separator: ", ")
            schemaErrors.append(
                FieldError(.notSupported, path.child("reason"), value: FieldError.quoted(reason), known))
        }
        checkFieldPath(rule, visit, at: path.child("fieldPath"))
    }

    private mutating func checkMessage(_ rule: SchemaRule, at path: FieldPath) {
        let message = rule.message.trimmingSpace()
        let expression = rule.rule.trimmingSpace()
        if expression.isEmpty {
            schemaErrors.append(FieldError(.required, path.child("rule"), "rule is not specified"))
        } else if !rule.message.isEmpty, message.isEmpty {
            schemaErrors.append(
                .invalid(path.child("message"), text: rule.message, "must be non-empty if specified"))
        } else if Self.hasLineBreaks(message) {
            schemaErrors.append(.invalid(path.child("message"), text: rule.message, "must not contain line breaks"))
        } else if Self.hasLineBreaks(expression), message.isEmpty {
            let detail = "message must be specified if rule contains line breaks"
            schemaErrors.append(FieldError(.required, path.child("message"), detail))
        }
    }

    private mutating func checkFieldPath(_ rule: SchemaRule, _ visit: Visit, at path: FieldPath) {
        let text = rule.fieldPath
        guard !text.isEmpty else { return }
        if text.trimmingSpace().isEmpty {
            schemaErrors.append(.invalid(path, text: text, "must be non-empty if specified"))
        }
        if Self.hasLineBreaks(text) {
            schemaErrors.append(.invalid(path, text: text, "must not contain line breaks"))
        }
        do throws(FieldPathText.Problem) {
            _ = try FieldPathText.read(text, schema, from: visit.place)
        } catch {
            schemaErrors.append(.invalid(path, text: text, "must be a valid path"))
        }
    }
}

// MARK: what a rule does

extension SchemaReview {
    private mutating func compile(_ rules: [SchemaRule], _ visit: Visit) {
        let path = visit.path.child("x-kubernetes-validations")
        guard let type = visit.type else {
            let detail =
                "internal error: failed to construct type information for x-kubernetes-validations rules: "
                + "unable to convert structural schema to CEL declarations"
            return expressionErrors.append(FieldError(.internal, path, detail))
        }
        let compiler = SchemaRuleCompiler(type.types, type.place, in: base)
        for (index, rule) in rules.enumerated() {
            report(compiler.compile(rule, schema, at: visit.place), visit, at: path.index(index))
        }
    }

    private mutating func report(_ rule: CompiledSchemaRule, _ visit: Visit, at path: FieldPath) {
        let cost = RuleCosts.product(rule.costMax, visit.cardinality ?? rule.cardinalityMax)
        observe("estimated rule cost", cost, at: path.child("rule"))
        if let problem = rule.problem {
            expressionErrors.append(
                FieldError(.invalid, path.child("rule"), value: rule.source.shownAsValue, problem))
        }
        if let problem = rule.messageProblem {
            expressionErrors.append(
                FieldError(.invalid, path.child("messageExpression"), value: rule.source.shownAsValue, problem))
        } else if rule.messageProgram != nil {
            observe("estimated messageExpression cost", rule.messageCostMax, at: path.child("messageExpression"))
        }
        if rule.usesOldSelf, let uncorrelatable = visit.uncorrelatable {
            let detail = "oldSelf cannot be used on the uncorrelatable portion of the schema within \(uncorrelatable)"
            expressionErrors.append(.invalid(path.child("rule"), text: rule.source.rule, detail))
        } else if !rule.usesOldSelf, let isOptional = rule.source.optionalOldSelf {
            expressionErrors.append(
                FieldError(
                    .invalid, path.child("optionalOldSelf"), value: "\(isOptional)",
                    "may not be set if oldSelf is not used in rule"))
        }
    }

    private mutating func observe(_ name: String, _ cost: UInt64, at path: FieldPath) {
        if cost > RuleCosts.expressionMax {
            let detail = RuleCosts.excess(name, cost, RuleCosts.expressionMax)
            expressionErrors.append(FieldError(.forbidden, path, detail))
        }
        costs.add(cost, at: path)
    }

    mutating func reportTotal(at path: FieldPath) {
        guard costs.total > RuleCosts.schemaMax else { return }
        for rule in costs.mostExpensive {
            let detail = "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema"
            expressionErrors.append(FieldError(.forbidden, rule.path, detail))
        }
        let name = "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema"
        expressionErrors.append(
            FieldError(.forbidden, path, RuleCosts.excess(name, costs.total, RuleCosts.schemaMax)))
    }
}
