import HTTP

/// A server connection with the buffer that its owner would keep, fed in pieces of any size.
struct ServerWire {
    /// What a connection made of its bytes.
    enum Event: Equatable, CustomStringConvertible {
        case request(String, path: String, body: [UInt8], closes: Bool)
        case refused(RequestError)
        case closed

        var description: String {
            switch self {
            case .request(let method, let path, let body, let closes):
                "\(method) \(path) \(body.count) bytes\(closes ? ", closes" : "")"
            case .refused(let error): "refused: \(error) (\(error.status.code))"
            case .closed: "closed"
            }
        }
    }

    var connection: ServerConnection
    var buffer = [UInt8]()
    var events: [Event] = []
    var continues = 0
    private var isOver = false

    init(limits: HTTPLimits = HTTPLimits()) { connection = ServerConnection(limits: limits) }

    mutating func feed(_ piece: some Sequence<UInt8>) {
        if isOver { return }
        buffer += piece
        run { connection, span in connection.received(&span) }
    }

    mutating func end() {
        if isOver { return }
        run { connection, span in connection.inputEnded(&span) }
    }

    private mutating func run(_ call: (inout ServerConnection, inout MutableSpan<UInt8>) -> ServerConnection.Action) {
        var action = look(call)
        while true {
            switch action {
            case .needMore:
                buffer.removeLast(buffer.count - connection.keptBytes)
                return
            case .sendContinue: continues += 1
            case .request: if !answer() { return }
            case .refuse(let error):
                events.append(.refused(error))
                isOver = true
                return
            case .close:
                events.append(.closed)
                isOver = true
                return
            }
            action = look { connection, span in connection.received(&span) }
        }
    }

    private mutating func look(
        _ call: (inout ServerConnection, inout MutableSpan<UInt8>) -> ServerConnection.Action
    ) -> ServerConnection.Action {
        var bytes: [UInt8] = []
        swap(&bytes, &buffer)
        defer { swap(&bytes, &buffer) }
        var span = bytes.mutableSpan
        return call(&connection, &span)
    }

    private mutating func answer() -> Bool {
        let head = connection.head
        events.append(
            .request(
                head.methodName.string(in: buffer.span), path: head.path.string(in: buffer.span),
                body: Array(buffer[connection.body]), closes: connection.closesAfterAnswer))
        switch connection.answered() {
        case .request(let dropped): buffer.removeFirst(dropped)
        case .close:
            events.append(.closed)
            isOver = true
        }
        return !isOver
    }

    /// What happens to these bytes when they come in pieces of that size (0: all at once) and nothing follows.
    static func events(_ bytes: [UInt8], pieces size: Int = 0, limits: HTTPLimits = HTTPLimits()) -> [Event] {
        var wire = ServerWire(limits: limits)
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = rest.prefix(size == 0 ? rest.count : size)
            wire.feed(piece)
            rest = rest.dropFirst(piece.count)
        }
        return wire.events
    }

    static func events(_ text: String, pieces size: Int = 0, limits: HTTPLimits = HTTPLimits()) -> [Event] {
        events(Array(text.utf8), pieces: size, limits: limits)
    }
}
