internal import HTTP
internal import Reactor

/// Asks an HTTP endpoint: a hook's service, another admission webhook or a language model.
///
/// Each attempt is one request. Redirects are not followed, no proxy is used, and only addresses that the guard lets through
/// are connected to.
final class HTTPExecutor: HookExecutor {
    private let endpoint: Endpoint
    private let dialect: any EndpointDialect
    private var isClosed = false

    init(_ endpoint: Endpoint, _ dialect: any EndpointDialect) {
        self.endpoint = endpoint
        self.dialect = dialect
    }

    func start(_ invocation: HookInvocation, completion: @escaping Completion) -> any HookAttempt {
        let attempt = HTTPAttempt(completion)
        do throws(HookFailure) {
            try send(invocation, attempt)
        } catch {
            attempt.finish(.failure(error))
        }
        return attempt
    }

    private func send(_ invocation: HookInvocation, _ attempt: HTTPAttempt) throws(HookFailure) {
        let loop = endpoint.loop
        let time = invocation.deadline - loop.now
        guard !isClosed else { throw HookFailure(.error, "the hook is not in use any more") }
        guard time > .zero else { throw HookFailure(.timeout, "there was no time left to ask", isRetryable: true) }
        let body = dialect.body(invocation, now: loop.now)
        let fields = try endpoint.fields(for: invocation, body: body)
        do throws(RequestWriter.Problem) {
            let head = try dialect.head(time)
            let dialect = self.dialect
            attempt.call = try endpoint.currentClient().send(
                head, .post, body: body, fields: fields, deadline: invocation.deadline
            ) { [weak attempt, wall = loop.clock] result in
                attempt?.finish(
                    EndpointOutcome.of(result, seconds: wall.wall / 1_000_000_000) { (body) throws(HookFailure) in
                        try dialect.result(body, for: invocation)
                    })
            }
        } catch {
            throw HookFailure(.error, error.sentence)
        }
    }

    func close() {
        isClosed = true
        endpoint.close()
    }
}

/// A request on its way.
private final class HTTPAttempt: HookAttempt {
    private var completion: HookExecutor.Completion?
    /// The request, once it was given to the client; it may be over by then.
    var call: HTTPCall?

    init(_ completion: @escaping HookExecutor.Completion) { self.completion = completion }

    func finish(_ result: Result<HookResult, HookFailure>) {
        call = nil
        completion.take()?(result)
    }

    func cancel() {
        completion = nil
        call.take()?.cancel()
    }
}
