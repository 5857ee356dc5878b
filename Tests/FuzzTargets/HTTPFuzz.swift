import HTTP

/// HTTP: what a peer may send. The first byte says how the rest is cut; the cuts must not matter.
let httpFuzzTargets: [FuzzTarget] = unsafe [
    FuzzTarget(name: "http-request", run: { unsafe fuzzHTTPRequest($0) }),
    FuzzTarget(name: "http-response", run: { unsafe fuzzHTTPResponse($0) }),
]

/// What happened on a connection: a number for each event and the bytes of each body.
private struct Story: Equatable {
    var events: [Int] = []
    var bodies: [[UInt8]] = []
    var isOver = false
}

private func limits() -> HTTPLimits {
    var limits = HTTPLimits()
    limits.requestLineBytesMax = 256
    limits.headBytesMax = 512
    limits.fieldCountMax = 16
    limits.bodyBytesMax = 1024
    limits.trailerBytesMax = 64
    limits.chunkLineBytesMax = 32
    return limits
}

/// Reads any bytes as requests, whole and in pieces.
public func fuzzHTTPRequest(_ input: UnsafeRawBufferPointer) {
    let bytes = unsafe Array(input)
    let rest = Array(bytes.dropFirst())
    let whole = requestStory(rest, pieces: max(rest.count, 1))
    precondition(requestStory(rest, pieces: 1) == whole, "one byte at a time differs")
    precondition(requestStory(rest, pieces: Int(bytes.first ?? 0) + 1) == whole, "pieces differ")
}

private func requestStory(_ bytes: [UInt8], pieces size: Int) -> Story {
    var story = Story()
    var connection = ServerConnection(limits: limits())
    var buffer = ByteBuffer()
    var rest = bytes[...]
    while !rest.isEmpty, !story.isOver {
        buffer.append(Array(rest.prefix(size)))
        rest = rest.dropFirst(size)
        readRequests(&connection, &buffer, &story)
    }
    if !story.isOver {
        let action = buffer.withMutableBytes { connection.inputEnded(&$0) }
        precondition(action != .needMore && action != .request, "a connection that ended goes on")
    }
    return story
}

private func readRequests(_ connection: inout ServerConnection, _ buffer: inout ByteBuffer, _ story: inout Story) {
    while !story.isOver {
        let action = buffer.withMutableBytes { connection.received(&$0) }
        precondition(connection.keptBytes <= buffer.count)
        switch action {
        case .needMore:
            buffer.truncate(to: connection.keptBytes)
            return
        case .sendContinue: continue
        case .refuse(let error):
            story.events.append(1000 + Int(error.rawValue))
            story.isOver = true
        case .close: story.isOver = true
        case .request:
            let head = connection.head
            buffer.withBytes { bytes in
                story.bodies.append(Array(ByteRange(connection.body.lowerBound, connection.body.upperBound), bytes))
                story.bodies.append(Array(head.path, bytes))
                var cursor = head.fields
                var count = 0
                while cursor.next(in: bytes) != nil { count += 1 }
                precondition(count == head.fieldCount, "the fields are not those that were accepted")
            }
            story.events.append(Int(head.method.rawValue))
            if case .request(let dropped) = connection.answered() {
                buffer.dropFirst(dropped)
            } else {
                story.isOver = true
            }
        }
    }
}

/// Reads any bytes as responses, whole and in pieces, until the connection ends.
public func fuzzHTTPResponse(_ input: UnsafeRawBufferPointer) {
    let bytes = unsafe Array(input)
    let method: HTTPMethod = (bytes.first ?? 0) & 1 == 0 ? .post : .head
    let rest = Array(bytes.dropFirst())
    let whole = responseStory(rest, method, pieces: max(rest.count, 1))
    precondition(responseStory(rest, method, pieces: 1) == whole, "one byte at a time differs")
    precondition(responseStory(rest, method, pieces: Int(bytes.first ?? 0) / 2 + 1) == whole, "pieces differ")
}

private func responseStory(_ bytes: [UInt8], _ method: HTTPMethod, pieces size: Int) -> Story {
    var story = Story()
    var connection = ClientConnection(limits: limits())
    connection.requestSent(method)
    var buffer = ByteBuffer()
    var rest = bytes[...]
    while !rest.isEmpty, !story.isOver {
        buffer.append(Array(rest.prefix(size)))
        rest = rest.dropFirst(size)
        let action = buffer.withMutableBytes { connection.received(&$0) }
        precondition(connection.keptBytes <= buffer.count)
        note(action, connection, buffer, &story)
        buffer.truncate(to: connection.keptBytes)
    }
    if !story.isOver {
        let action = buffer.withMutableBytes { connection.inputEnded(&$0) }
        precondition(action != .needMore, "a connection that ended goes on")
        note(action, connection, buffer, &story)
    }
    return story
}

private func note(
    _ action: ClientConnection.Action, _ connection: ClientConnection, _ buffer: borrowing ByteBuffer,
    _ story: inout Story
) {
    switch action {
    case .needMore: return
    case .close: story.events.append(-1)
    case .fail(let error): story.events.append(1000 + Int(error.rawValue))
    case .response:
        story.events.append(connection.head.statusCode)
        let range = ByteRange(connection.body.lowerBound, connection.body.upperBound)
        buffer.withBytes { bytes in story.bodies.append(Array(range, bytes)) }
    }
    story.isOver = true
}

extension [UInt8] {
    fileprivate init(_ range: ByteRange, _ bytes: Span<UInt8>) { self = range.indices.map { bytes[$0] } }
}
