import CEL
import CELKubernetes
import JSON

let celFuzzTargets: [FuzzTarget] = unsafe [
    FuzzTarget(name: "cel-compile", run: { unsafe fuzzCELCompile($0) }),
    FuzzTarget(name: "cel-run", run: { unsafe fuzzCELRun($0) }),
]

private let environment: Environment = {
    var environment = Environment.kubernetes()
    environment.declare("object", .dyn)
    return environment
}()

/// Reads any bytes as an expression, checks it, estimates its cost and makes it ready to run.
public func fuzzCELCompile(_ input: UnsafeRawBufferPointer) {
    let text = unsafe String(decoding: input, as: UTF8.self)
    guard case .success(let checked) = environment.compile(text) else { return }
    let cost = checked.estimatedCost(KubernetesCosts())
    precondition(cost.min <= cost.max || cost.max == 0, "an estimate's ends are in order")
    _ = try? environment.plan(checked)
}

/// Runs an expression on a document, with a zero byte between them; checked and unchecked, it must end within its limits.
public func fuzzCELRun(_ input: UnsafeRawBufferPointer) {
    let bytes = unsafe Array(input)
    let middle = bytes.firstIndex(of: 0) ?? bytes.count
    let text = String(decoding: bytes[..<middle], as: UTF8.self)
    guard let document = try? JSONDocument(parsing: Array(bytes[middle...].dropFirst())) else { return }
    guard case .success(let checked) = environment.compile(text), let program = try? environment.plan(checked) else {
        return
    }
    var evaluator = Evaluator(limits: .init(cost: 50_000, arenaBytes: 1 << 20))
    evaluator.bind(0, evaluator.value(of: document.root))
    let first = evaluator.run(program)
    let message = first.isError ? first.errorMessage : first.typeName
    let cost = evaluator.cost
    evaluator.reset()
    evaluator.bind(0, evaluator.value(of: document.root))
    let second = evaluator.run(program)
    precondition((second.isError ? second.errorMessage : second.typeName) == message, "a second run gives the same")
    precondition(evaluator.cost == cost, "a second run costs the same")
}
