public import Reactor

/// The bounds that one loop's server keeps.
public struct HTTPServerOptions: Sendable {
    /// The bounds of each request.
    public var limits = HTTPLimits()
    /// How long a client may take for the TLS handshake.
    public var handshakeTimeout = Nanoseconds.seconds(10)
    /// How long a request may take to arrive,
    public var requestGrace = Nanoseconds.seconds(10)
    /// and how many bytes of it must arrive per second to have more time than that,
    public var requestBytesPerSecondMin = 16 << 10
    /// and how long it may take at most.
    public var requestTimeMax = Nanoseconds.seconds(60)
    /// How long a connection is kept without a request: more than the 90 s for which the API server's pool keeps one.
    public var idleTimeout = Nanoseconds.seconds(120)
    /// How long a client may take to make room for more of an answer.
    public var writeTimeout = Nanoseconds.seconds(30)
    /// How long a connection lives before the next answer on it says that it is the last,
    public var connectionAgeMax = Nanoseconds.seconds(1800)
    /// give or take a random part of up to so many percent, so that not all come back at once.
    public var connectionAgeJitterPercent = 20
    /// Connections per loop; beyond it the one that has been idle longest makes room.
    public var connectionsMax = 10_000
    /// Requests per loop whose handlers answer later; beyond it 503.
    public var inFlightMax = 1024
    /// How long a request may wait for its turn on the loop before it is answered 503.
    public var queueDelayMax = Nanoseconds.seconds(1)
    /// Bytes of incomplete requests and unsent answers per loop; beyond it 503.
    public var bufferedBytesMax = 256 << 20
    /// How long what a refused client still sends is read and thrown away, so that it gets to see the refusal.
    public var lingerTime = Nanoseconds.seconds(2)
    /// Connections that wait to be accepted.
    public var backlog: Int32 = 1024

    /// The bounds as they are unless someone changes them.
    public init() {}
}

/// What happened on one loop's server so far; plain numbers that only the loop's thread may look at.
public struct HTTPServerCounters: Sendable {
    /// Connections accepted.
    public var accepted: UInt64 = 0
    /// Connections closed at once because there were no descriptors left or no room.
    public var shed: UInt64 = 0
    /// Connections closed while idle to make room for others.
    public var evicted: UInt64 = 0
    /// TLS handshakes completed.
    public var handshakes: UInt64 = 0
    /// TLS handshakes that failed or took too long.
    public var handshakeFailures: UInt64 = 0
    /// Requests given to the handler.
    public var requests: UInt64 = 0
    /// Requests refused because of what they are.
    public var refused: UInt64 = 0
    /// Requests refused because they came too slowly.
    public var slow: UInt64 = 0
    /// Requests refused because of the size of their bodies.
    public var tooLarge: UInt64 = 0
    /// Requests that had begun when the server's time was over, answered 503.
    public var abandoned: UInt64 = 0
    /// Requests answered 503 for lack of room or time.
    public var overloaded: UInt64 = 0
    /// Answers that found their client gone, or too slow to take them.
    public var undelivered: UInt64 = 0
    /// Bytes of requests.
    public var bytesRead: UInt64 = 0
    /// Bytes of answers.
    public var bytesWritten: UInt64 = 0

    /// Nothing has happened.
    public init() {}
}
