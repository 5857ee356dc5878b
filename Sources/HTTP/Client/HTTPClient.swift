public import Reactor

/// One loop's connections to one target: requests take a kept connection, or a new one while there may be more of them, or
/// wait for one. Redirects are not followed, and no proxy is used.
public final class HTTPClient {
    /// What happened so far.
    public struct Counters: Sendable {
        /// Connections made.
        public var connections: UInt64 = 0
        /// Connections that could not be made.
        public var failures: UInt64 = 0
        /// Requests given to a connection.
        public var requests: UInt64 = 0
        /// Requests that took a kept connection.
        public var reused: UInt64 = 0
        /// Requests sent again because a kept connection turned out to be closed.
        public var retried: UInt64 = 0
    }

    /// Whom it talks to.
    public let target: HTTPTarget
    /// What happened so far.
    public internal(set) var counters = Counters()
    let loop: EventLoop
    let resolver: Resolver
    /// Connections that have no request, the one used last at the end.
    private var idle: [ClientChannel] = []
    private var busy: [ObjectIdentifier: ClientChannel] = [:]
    private var queue: [HTTPCall] = []
    private var isClosed = false
    private var isRetired = false

    /// A client of `target` on `loop`.
    public init(_ target: HTTPTarget, on loop: EventLoop, resolver: Resolver) {
        self.target = target
        self.loop = loop
        self.resolver = resolver
    }

    /// Open connections and those being made.
    public var connectionCount: Int { idle.count + busy.count }

    /// Sends a request; `completion` is called on the loop, possibly before this returns.
    @discardableResult
    public func send(
        _ writer: RequestWriter, _ method: HTTPMethod = .post, body: [UInt8],
        fields: [(name: StaticString, value: String)] = [], deadline: Instant, completion: @escaping HTTPCall.Completion
    ) throws(RequestWriter.Problem) -> HTTPCall {
        var buffer = ByteBuffer(capacity: body.count + 512)
        try writer.write(bodyBytes: method == .get || method == .head ? nil : body.count, fields: fields, to: &buffer)
        buffer.append(body)
        let call = HTTPCall(
            method, buffer.bytes, deadline: deadline, client: self, loop: loop, completion: completion)
        start(call)
        return call
    }

    private func start(_ call: HTTPCall) {
        if isClosed { return call.finish(.failure(.cancelled)) }
        if let channel = takeIdle() {
            counters.reused += 1
            busy[ObjectIdentifier(channel)] = channel
            return channel.send(call)
        }
        if connectionCount < target.connectionsMax { return connect(for: call) }
        guard queue.count < target.queueMax else { return call.finish(.failure(.overloaded)) }
        queue.append(call)
    }

    private func connect(for call: HTTPCall) {
        let channel = ClientChannel(of: self)
        busy[ObjectIdentifier(channel)] = channel
        channel.connect(for: call)
    }

    /// A request whose kept connection was closed under it gets a new one.
    func retry(_ call: HTTPCall) {
        call.mayRetry = false
        counters.retried += 1
        connect(for: call)
    }

    private func takeIdle() -> ClientChannel? {
        while let channel = idle.popLast() {
            if channel.isFresh, channel.isAllowed { return channel }
            channel.close()
        }
        return nil
    }

    /// The channel's request is done and the channel can take another.
    func released(_ channel: ClientChannel) {
        guard busy.removeValue(forKey: ObjectIdentifier(channel)) != nil else { return }
        guard !isClosed, !isRetired, channel.isFresh else {
            channel.close()
            return startNext()
        }
        if let call = nextCall() {
            counters.reused += 1
            busy[ObjectIdentifier(channel)] = channel
            channel.send(call)
        } else {
            idle.append(channel)
        }
    }

    /// The channel is closed.
    func lost(_ channel: ClientChannel) {
        if busy.removeValue(forKey: ObjectIdentifier(channel)) == nil { idle.removeAll { $0 === channel } }
        startNext()
    }

    private func startNext() {
        while connectionCount < target.connectionsMax, let call = nextCall() { connect(for: call) }
    }

    private func nextCall() -> HTTPCall? { queue.isEmpty ? nil : queue.removeFirst() }

    func forget(_ call: HTTPCall) { queue.removeAll { $0 === call } }

    /// Keeps no connection any more: another client has taken this one's place. Requests under way and waiting go on.
    public func retire() {
        isRetired = true
        for channel in idle { channel.close() }
        idle = []
    }

    /// Closes every connection; requests under way and waiting are cancelled.
    public func close() {
        isClosed = true
        for call in queue { call.cancel() }
        for channel in Array(busy.values) { channel.fail(.cancelled) }
        for channel in idle { channel.close() }
        idle = []
    }
}
