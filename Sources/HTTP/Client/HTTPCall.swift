public import Reactor

/// One request on its way, from the queue to its response.
public final class HTTPCall: TimerHandler {
    /// How the outcome is delivered, on the loop's thread and once.
    public typealias Completion = (Result<HTTPResponse, HTTPClientError>) -> Void

    let method: HTTPMethod
    let deadline: Instant
    /// Head and body.
    let request: [UInt8]
    private weak var client: HTTPClient?
    private var completion: Completion?
    private var timer: Timer?
    private let loop: EventLoop
    /// The connection that has it.
    weak var channel: ClientChannel?
    /// A kept connection may have been closed by the server in the very moment of its use; then a new one is tried, once.
    var mayRetry = true

    init(
        _ method: HTTPMethod, _ request: [UInt8], deadline: Instant, client: HTTPClient, loop: EventLoop,
        completion: @escaping Completion
    ) {
        self.method = method
        self.request = request
        self.deadline = deadline
        self.client = client
        self.loop = loop
        self.completion = completion
        timer = loop.arm(at: deadline, self)
    }

    /// Whether the outcome is still to come.
    public var isPending: Bool { completion != nil }

    /// Gives the request up; its completion is called with `cancelled`.
    public func cancel() { giveUp(.cancelled) }

    /// The deadline has come.
    public func fired(_ timer: Timer, on loop: EventLoop) {
        self.timer = nil
        giveUp(.timedOut)
    }

    private func giveUp(_ error: HTTPClientError) {
        guard isPending else { return }
        client?.forget(self)
        let channel = self.channel
        finish(.failure(error))
        channel?.abandon()
    }

    func finish(_ result: Result<HTTPResponse, HTTPClientError>) {
        loop.cancel(&timer)
        channel = nil
        completion.take()?(result)
    }
}
