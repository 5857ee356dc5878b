internal import HTTP
internal import Reactor

/// What is said to an endpoint, and what is made of its answer.
protocol EndpointDialect {
    /// The head of a request; `time` is what is left until the invocation's deadline.
    func head(_ time: Nanoseconds) throws(RequestWriter.Problem) -> RequestWriter

    /// The body of the request.
    func body(_ invocation: HookInvocation, now: Instant) -> [UInt8]

    /// What a successful response's body says.
    func result(_ body: [UInt8], for invocation: HookInvocation) throws(HookFailure) -> HookResult
}
