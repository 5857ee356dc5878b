public import CEL
public import JSON

/// What the rules of a schema say about an object.
public struct SchemaVerdict: Sendable {
    /// What is wrong with the object.
    public internal(set) var errors: [FieldError] = []
    /// What is wrong with it but was so before, where that is let pass.
    public internal(set) var warnings: [FieldError] = []
    /// What is left of the budget; negative where it was used up, and not all rules were run.
    public internal(set) var budgetLeft: Int64
}

extension SchemaRules {
    /// How an object is validated.
    public struct Options: Sendable {
        /// What all rules together may cost.
        public var budget: Int64 = SchemaRules.costPerObjectMax
        /// What one expression may cost.
        public var costPerCall: UInt64 = SchemaRules.costPerCallMax
        /// Whether what was wrong before may stay so where it did not change.
        public var ratchets = false
        /// Where the value is in the object that the caller knows.
        public var path = FieldPath.root

        /// As an API server validates a custom resource, but for letting old errors pass.
        public init() {}
    }

    /// Runs the rules for a value and, where there is one, for the value that it replaces.
    ///
    /// The evaluator's memory and limits are used; what it held before is gone.
    public func validate(
        _ object: JSONNode, replacing old: JSONNode? = nil, _ options: Options = Options(),
        in evaluator: inout Evaluator
    ) -> SchemaVerdict {
        var run = SchemaValidation(rules: self, options: options)
        let correlation =
            options.ratchets
            ? Correlation(current: CorrelatedValue(object, old, Schema.root), parent: nil) : Correlation()
        let limit = evaluator.costMax
        evaluator.costMax = options.costPerCall
        run.validate(0, options.path, object, old, correlation, &evaluator)
        evaluator.costMax = limit
        evaluator.reset()
        return run.verdict
    }
}

/// Walks an object beside the rules of its schema.
private struct SchemaValidation {
    let rules: SchemaRules
    var verdict: SchemaVerdict
    /// Whether values are what they were, by their places: many errors may ask about one value around them.
    private var unchanged: [UInt32: Bool] = [:]

    init(rules: SchemaRules, options: SchemaRules.Options) {
        self.rules = rules
        verdict = SchemaVerdict(budgetLeft: options.budget)
    }

    private var schema: Schema { rules.schema }
    private var isOverBudget: Bool { verdict.budgetLeft < 0 }

    /// Rules are about values that are there: a null has none.
    mutating func validate(
        _ index: Int, _ path: FieldPath, _ value: JSONNode, _ old: JSONNode?, _ correlation: Correlation,
        _ evaluator: inout Evaluator
    ) {
        if value.isNull { return }
        let old = old.flatMap { $0.isNull ? nil : $0 }
        let node = rules.nodes[index]
        runRules(node, path, value, old, correlation, &evaluator)
        if isOverBudget { return }
        for part in node.allOf {
            // What is wrong by a part of an `allOf` does not pass because it was so before.
            let parent = Correlation(current: nil, parent: correlation.parent)
            validate(part, path, value, old, parent, &evaluator)
            if isOverBudget { return }
        }
        if value.isArray { validateElements(node, path, value, old, correlation, &evaluator) }
        if value.isObject { validateMembers(node, path, value, old, correlation, &evaluator) }
    }

    private mutating func validateElements(
        _ node: SchemaRules.Node, _ path: FieldPath, _ list: JSONNode, _ old: JSONNode?, _ correlation: Correlation,
        _ evaluator: inout Evaluator
    ) {
        guard let items = node.items else { return }
        // Only in lists with keys can an element be told from the one it was before.
        let earlier = KeyedElements(schema.nodes[node.place], old)
        for (index, element) in list.elements.enumerated() {
            let before = earlier.find(element)
            let inner = correlation.index(element, before, schema)
            validate(items, path.index(index), element, before, inner, &evaluator)
            if isOverBudget { return }
        }
    }

    private mutating func validateMembers(
        _ node: SchemaRules.Node, _ path: FieldPath, _ object: JSONNode, _ old: JSONNode?, _ correlation: Correlation,
        _ evaluator: inout Evaluator
    ) {
        let before = schema.nodes[node.place].isCorrelatableMap ? old : nil
        for (key, member) in object.members {
            guard let name = key.string else { continue }
            let earlier = before?.value(forKey: key)
            let inner = correlation.key(name, schema)
            if let additional = node.additional {
                validate(additional, path.key(name), member, earlier, inner, &evaluator)
                if isOverBudget { return }
            }
            if let property = node.properties[name] {
                validate(property, path.child(name), member, earlier, inner, &evaluator)
                if isOverBudget { return }
            }
        }
    }
}

// MARK: rules

extension SchemaValidation {
    private mutating func report(_ kind: FieldError.Kind, _ path: FieldPath, type: String, _ detail: String) {
        let value = kind.showsValue ? FieldError.quoted(type) : nil
        verdict.errors.append(FieldError(kind, path, value: value, detail))
    }

    /// Reports what ends the validation.
    private mutating func stop(_ path: FieldPath, type: String, _ detail: String) {
        report(.invalid, path, type: type, detail)
        verdict.budgetLeft = -1
    }

    private static let overBudget =
        "validation failed due to running out of cost budget, no further validation rules will be run"

    private mutating func runRules(
        _ node: SchemaRules.Node, _ path: FieldPath, _ value: JSONNode, _ old: JSONNode?, _ correlation: Correlation,
        _ evaluator: inout Evaluator
    ) {
        let type = schema.nodes[node.place].type
        if let problem = node.problem {
            return report(.invalid, path, type: type, "rule compiler initialization error: \(problem)")
        }
        if node.rules.isEmpty { return }
        if verdict.budgetLeft <= 0 { return stop(path, type: type, Self.overBudget) }
        for rule in node.rules {
            if let problem = rule.problem {
                report(.invalid, path, type: type, "rule compile error: \(problem)")
                continue
            }
            guard let program = rule.program else { continue }
            let isOptional = rule.source.optionalOldSelf == true
            // A rule about a change has nothing to say where nothing was there.
            if rule.usesOldSelf, old == nil, !isOptional { continue }
            bind(node, value, old, isOptional: isOptional, &evaluator)
            let result = evaluator.run(program)
            guard pay(evaluator.cost) else { return stop(path, type: type, Self.overBudget) }
            if result.isError || evaluator.stop != nil {
                reportFailure(result, evaluator.stop, rule.source, path, type)
                if isOverBudget { return }
                continue
            }
            if result.kind == .bool, result.boolValue { continue }
            reportViolation(rule, node, path, value, old, correlation, &evaluator)
            if isOverBudget { return }
        }
    }

    /// Takes a cost from the budget; false where that is not enough.
    private mutating func pay(_ cost: UInt64) -> Bool {
        guard let cost = Int64(exactly: cost), cost <= verdict.budgetLeft else { return false }
        verdict.budgetLeft -= cost
        return true
    }

    private func bind(
        _ node: SchemaRules.Node, _ value: JSONNode, _ old: JSONNode?, isOptional: Bool,
        _ evaluator: inout Evaluator
    ) {
        evaluator.reset()
        let shape = node.isResource && node.place == Schema.root ? rules.rootShape : node.place
        evaluator.bind(rules.slots.current, evaluator.value(of: value, as: shape, in: rules.shapes))
        let before = old.map { evaluator.value(of: $0, as: shape, in: rules.shapes) }
        if isOptional {
            evaluator.bind(rules.slots.old, before.map { evaluator.optional($0) } ?? .none)
        } else if let before {
            evaluator.bind(rules.slots.old, before)
        }
    }

    private mutating func reportFailure(
        _ result: Value, _ stopped: Evaluator.Stop?, _ rule: SchemaRule, _ path: FieldPath, _ type: String
    ) {
        let message = result.errorMessage
        if stopped == .cost {
            let detail =
                "'\(message)': no further validation rules will be run due to call cost exceeds limit for rule: "
                + rule.shown
            return stop(path, type: type, detail)
        }
        if message.hasPrefix("no such overload") {
            let detail =
                "'\(message)': call arguments did not match a supported operator, function or macro signature "
                + "for rule: \(rule.shown)"
            return report(.invalid, path, type: type, detail)
        }
        report(.invalid, path, type: type, "\(message) evaluating rule: \(rule.shown)")
    }

    private mutating func isUnchanged(_ correlation: Correlation) -> Bool {
        guard let known = correlation.current ?? correlation.parent else { return false }
        if let answer = unchanged[known.value.index] { return answer }
        let answer = known.isUnchanged(schema)
        unchanged[known.value.index] = answer
        return answer
    }

    private mutating func reportViolation(
        _ rule: CompiledSchemaRule, _ node: SchemaRules.Node, _ path: FieldPath, _ value: JSONNode, _ old: JSONNode?,
        _ correlation: Correlation, _ evaluator: inout Evaluator
    ) {
        let type = schema.nodes[node.place].type
        let place = rule.fieldPath.map { path.child($0.description) } ?? path
        let error: FieldError
        switch message(rule, node, value, old, &evaluator) {
        case .text(let detail):
            let shown = type == "object" || type == "array" ? nil : FieldError.shown(value)
            error = FieldError(rule.source.errorKind, place, value: shown, detail)
        case .overBudget(let detail): error = .invalid(place, text: type, detail)
        }
        if !rule.usesOldSelf, isUnchanged(correlation) {
            verdict.warnings.append(error)
        } else {
            verdict.errors.append(error)
        }
    }
}

// MARK: messages

extension SchemaValidation {
    private enum Message {
        case text(String)
        case overBudget(String)
    }

    private static let messageBytesMax = 5 * 1024

    /// What a rule says that is not kept; where making it fails, what the rule says without it.
    private mutating func message(
        _ rule: CompiledSchemaRule, _ node: SchemaRules.Node, _ value: JSONNode, _ old: JSONNode?,
        _ evaluator: inout Evaluator
    ) -> Message {
        guard let program = rule.messageProgram else { return .text(rule.source.ownMessage) }
        // The expression sees `oldSelf` as rules do that have no optional one.
        bind(node, value, old, isOptional: false, &evaluator)
        let result = evaluator.run(program)
        let source = FieldError.quoted(rule.source.messageExpression)
        guard pay(evaluator.cost) else {
            verdict.budgetLeft = -1
            return .overBudget(
                "messageExpression evaluation failed due to running out of cost budget, no further validation rules "
                    + "will be run")
        }
        if evaluator.stop == .cost {
            verdict.budgetLeft = -1
            return .overBudget(
                "no further validation rules will be run due to call cost exceeds limit for messageExpression: \(source)"
            )
        }
        guard !result.isError, result.kind == .string else { return .text(rule.source.ownMessage) }
        let text = result.text.trimmingSpace()
        let isUsable = !text.isEmpty && text.utf8.count <= Self.messageBytesMax && !text.utf8.contains(0x0A)
        return .text(isUsable ? text : rule.source.ownMessage)
    }
}

extension SchemaRule {
    /// The rule as errors call it.
    var shown: String { (message.isEmpty ? rule : message).trimmingSpace() }

    var ownMessage: String { message.isEmpty ? "failed rule: \(shown)" : message.trimmingSpace() }

    var errorKind: FieldError.Kind {
        switch reason {
        case "FieldValueForbidden": .forbidden
        case "FieldValueRequired": .required
        case "FieldValueDuplicate": .duplicate
        default: .invalid
        }
    }
}
