internal import HTTP
internal import Reactor

/// The executor contract over HTTP: an invocation in, a result out.
struct ContractDialect: EndpointDialect {
    private let writer: RequestWriter

    init(_ plan: EndpointPlan) throws(RequestWriter.Problem) {
        writer = try RequestWriter(.post, plan.url, fields: plan.headers)
    }

    func head(_ time: Nanoseconds) -> RequestWriter { writer }

    func body(_ invocation: HookInvocation, now: Instant) -> [UInt8] { invocation.json(now: now) }

    func result(_ body: [UInt8], for invocation: HookInvocation) throws(HookFailure) -> HookResult {
        try HookResult(parsing: body, phase: invocation.phase)
    }
}
