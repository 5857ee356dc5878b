import CEL
import JSON

/// One expression evaluated for a person.
struct EvalReport {
    let expression: String
    let options: EvalCommand.Options
    private var evaluation: Evaluation
    private let input: JSONDocument?

    init(expression: String, input: JSONDocument?, _ options: EvalCommand.Options) {
        self.expression = expression
        self.options = options
        self.input = input
        evaluation = Evaluation(isKubernetes: options.isKubernetes)
        for name in names { evaluation.environment.declare(name, .dyn) }
    }

    private var names: [String] {
        input?.withRoot { root in root.members.compactMap { $0.key.string } } ?? []
    }

    /// Prints what was asked for.
    func print() -> ExitStatus {
        switch evaluation.compile(expression) {
        case .failure(let failure):
            Console.error(failure.description + "\n")
            return .bad
        case .success(let checked):
            if options.mode == .tree {
                Console.print(checked.outline)
                return .fine
            }
            do throws(PlanFailure) {
                return run(try evaluation.environment.plan(checked), checked)
            } catch {
                Console.error("error: \(error)\n")
                return .bad
            }
        }
    }

    private func run(_ program: Program, _ checked: CheckedExpression) -> ExitStatus {
        if options.mode == .program {
            Console.print(program.listing)
            return .fine
        }
        var evaluator = evaluation.evaluator
        bind(&evaluator)
        let value = evaluator.run(program)
        let status = print(value, &evaluator)
        if options.mode == .explanation { explain(checked) }
        if options.showsCost {
            let estimate = evaluation.estimatedCost(of: checked)
            Console.print("cost: \(evaluator.cost), estimated \(estimate.min) to \(estimate.max)\n")
        }
        return status
    }

    private func bind(_ evaluator: inout Evaluator) {
        guard let input else { return }
        // The document outlives the evaluator: both belong to this report.
        for member in input.root.members {
            guard let name = member.key.string, let slot = evaluation.environment.slot(of: name) else { continue }
            evaluator.bind(slot, evaluator.value(of: member.value))
        }
    }

    private func print(_ value: Value, _ evaluator: inout Evaluator) -> ExitStatus {
        guard !value.isError else {
            Console.error("error: \(Evaluation.failure(of: value, evaluator))\n")
            return .bad
        }
        guard options.isJSON else {
            Console.print(ValueText.text(of: value, &evaluator) + "\n")
            return .fine
        }
        var writer = JSONWriter()
        do throws(TypedEncodingError) {
            try TypedEncoding.write(value, to: &writer, &evaluator)
        } catch {
            Console.error("error: \(error)\n")
            return .bad
        }
        Console.print(writer.bytes + [UInt8(ascii: "\n")])
        return .fine
    }

    // MARK: explanations

    /// More of a value is not shown beside its expression.
    private static let shownBytesMax = 200

    /// Prints every part of the expression with what it gives; the inside of a loop has no one value and is left out.
    private func explain(_ checked: CheckedExpression) {
        for (id, depth) in checked.parts {
            let indent = String(repeating: "  ", count: depth)
            Console.print("\(indent)\(checked.tree.text(of: id))  →  \(outcome(of: id, checked))\n")
        }
    }

    private func outcome(of id: ExpressionID, _ checked: CheckedExpression) -> String {
        do throws(PlanFailure) {
            var evaluator = evaluation.evaluator
            bind(&evaluator)
            let value = evaluator.run(try evaluation.environment.plan(checked, part: id))
            guard !value.isError else { return "error: \(Evaluation.failure(of: value, evaluator))" }
            return ValueText.text(of: value, &evaluator, bytesMax: Self.shownBytesMax)
        } catch {
            return "error: \(error)"
        }
    }
}
