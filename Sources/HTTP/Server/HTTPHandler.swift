public import Reactor
public import TLS

/// Whoever answers requests. One handler belongs to one loop and is called on its thread only; it must not block.
public protocol HTTPHandler: AnyObject {
    /// Answers a request, whose head and body lie in `bytes` until this returns: either at once, by writing a whole response
    /// to `output`, or later, with a ticket taken from `exchange`.
    func handle(
        _ head: RequestHead, body: Range<Int>, in bytes: Span<UInt8>, _ exchange: HTTPExchange,
        output: inout ByteBuffer
    ) -> HTTPProgress

    /// A connection's handshake was over so long after the connection was accepted.
    func handshakeEnded(after duration: Nanoseconds)

    /// It took so long to encrypt answers and to hand them to the kernel.
    func answersWritten(in duration: Nanoseconds)
}

extension HTTPHandler {
    /// Nobody measures unless they say so.
    public func handshakeEnded(after duration: Nanoseconds) {}

    /// Nobody measures unless they say so.
    public func answersWritten(in duration: Nanoseconds) {}
}

/// What a handler did with a request.
public enum HTTPProgress: Sendable {
    /// The response has been written.
    case answered
    /// A ticket has been taken; the response follows through it.
    case later
}

/// A request's circumstances.
public struct HTTPExchange {
    let channel: ServerChannel
    /// When the request's first byte arrived.
    public let arrival: Instant
    /// Whether the connection ends with the answer, which the answer then has to say.
    public let closes: Bool

    /// The way to answer after the handler has returned.
    public func ticket() -> HTTPTicket { HTTPTicket(channel: channel, number: channel.requestNumber) }

    /// What the client's certificate says; nil where it showed none.
    public var client: Certificate.Facts? { channel.client }
}

/// The right to answer one request later, on the same loop. Once the client has gone, or the request was answered, it does
/// nothing any more.
public struct HTTPTicket {
    let channel: ServerChannel
    let number: UInt64

    /// Whether somebody still waits for the answer.
    public var isLive: Bool { channel.isAwaiting(number) }

    /// Answers: `write` is given the buffer for a whole response, and whether the connection ends with it.
    public func answer(_ write: (_ output: inout ByteBuffer, _ closes: Bool) -> Void) {
        channel.answer(number, write)
    }
}
