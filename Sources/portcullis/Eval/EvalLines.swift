import CEL
import JSON

/// `eval --jsonl`: requests line by line, each answered with one line.
///
///     {"expr":…,"bindings":{name: typed value},"type_env":[…],"container":…,"kubernetes":bool,"disable_check":bool,
///      "disable_macros":bool,"check_only":bool,"schemas":{name: schema of a variable that is bound to plain JSON}}
///     {"value": typed value} | {"eval_error": message} | {"compile_error": [messages]}, with "type" and "cost" beside
enum EvalLines {
    /// Answers every line; a line that is no request is answered too, and makes the outcome bad.
    static func run(isKubernetes: Bool) -> ExitStatus {
        var lines = InputLines()
        var status = ExitStatus.fine
        while let line = lines.next() {
            guard line.contains(where: { $0 > 0x20 }) else { continue }
            do throws(EvalRequestError) {
                Console.print(try answer(try EvalRequest(line, isKubernetes: isKubernetes)))
            } catch {
                var writer = JSONWriter()
                writer.beginObject()
                writer.key("request_error")
                writer.string(error.description)
                writer.endObject()
                Console.print(writer.bytes + [UInt8(ascii: "\n")])
                status = .bad
            }
        }
        return status
    }

    private static func answer(_ request: EvalRequest) throws(EvalRequestError) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        switch request.evaluation.compile(request.expression) {
        case .failure(let failure): compileError(failure.messages, to: &writer)
        case .success(let checked): try answer(request, checked, to: &writer)
        }
        writer.endObject()
        return writer.bytes + [UInt8(ascii: "\n")]
    }

    private static func compileError(_ messages: [String], to writer: inout JSONWriter) {
        writer.key("compile_error")
        writer.beginArray()
        for message in messages { writer.string(message) }
        writer.endArray()
    }

    private static func answer(
        _ request: EvalRequest, _ checked: CheckedExpression, to writer: inout JSONWriter
    ) throws(EvalRequestError) {
        var cost: UInt64?
        switch Result(catching: { () throws(PlanFailure) in try request.evaluation.environment.plan(checked) }) {
        case .failure(let failure): compileError([failure.description], to: &writer)
        case .success(let program):
            if !request.isCheckOnly { cost = try run(program, request, to: &writer) }
        }
        writer.key("type")
        TypedEncoding.write(checked.resultType, to: &writer)
        writer.key("cost")
        writer.beginObject()
        if let cost {
            writer.key("runtime")
            writer.uint(cost)
        }
        estimate(request.evaluation.estimatedCost(of: checked), to: &writer)
        writer.endObject()
    }

    /// Writes what a program gives, and returns what it cost.
    private static func run(
        _ program: Program, _ request: EvalRequest, to writer: inout JSONWriter
    ) throws(EvalRequestError) -> UInt64 {
        var evaluator = request.evaluation.evaluator
        try request.bind(&evaluator)
        let value = evaluator.run(program)
        outcome(value, &evaluator, to: &writer)
        return evaluator.cost
    }

    private static func outcome(_ value: Value, _ evaluator: inout Evaluator, to writer: inout JSONWriter) {
        var failure = value.isError ? Evaluation.failure(of: value, evaluator) : nil
        if failure == nil {
            var encoded = JSONWriter()
            do throws(TypedEncodingError) {
                try TypedEncoding.write(value, to: &encoded, &evaluator)
                writer.key("value")
                encoded.withBytes { bytes in writer.verbatim(bytes) }
            } catch {
                failure = error.description
            }
        }
        if let failure {
            writer.key("eval_error")
            writer.string(failure)
        }
    }

    private static func estimate(_ estimate: Estimate, to writer: inout JSONWriter) {
        writer.key("estimated")
        writer.beginArray()
        writer.string(String(estimate.min))
        writer.string(String(estimate.max))
        writer.endArray()
    }
}
