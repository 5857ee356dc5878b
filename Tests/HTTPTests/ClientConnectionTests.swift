import HTTP
import TestSupport
import Testing

/// What a client makes of the bytes that a server sends in pieces before it ends the connection.
private func outcome(
    _ text: String, pieces size: Int = 0, method: HTTPMethod = .post, limits: HTTPLimits = HTTPLimits()
) -> String {
    var connection = ClientConnection(limits: limits)
    connection.requestSent(method)
    var buffer: [UInt8] = []
    var rest = Array(text.utf8)[...]
    func show(_ action: ClientConnection.Action) -> String? {
        switch action {
        case .needMore: return nil
        case .response:
            let body = String(decoding: buffer[connection.body], as: UTF8.self)
            return "\(connection.head.statusCode) \(body)\(connection.isReusable ? "" : " (last)")"
        case .fail(let error): return "\(error)"
        case .close: return "close"
        }
    }
    while !rest.isEmpty {
        let piece = rest.prefix(size == 0 ? rest.count : size)
        rest = rest.dropFirst(piece.count)
        buffer += piece
        var span = buffer.mutableSpan
        let action = connection.received(&span)
        if let shown = show(action) { return shown }
        buffer.removeLast(buffer.count - connection.keptBytes)
    }
    var span = buffer.mutableSpan
    let action = connection.inputEnded(&span)
    return show(action) ?? "nothing"
}

@Suite struct ClientConnectionTests {
    static let responses: [(String, String)] = [
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "200 hi"),
        ("HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi", "200 hi"),
        ("HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", "200 "),
        ("HTTP/1.1 204 No Content\r\n\r\n", "204 "),
        ("HTTP/1.1 304 x\r\nContent-Length: 10\r\n\r\n", "304 "),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n1;a\r\n!\r\n0\r\nX: y\r\n\r\n", "200 hi!"),
        ("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi", "200 hi (last)"),
        ("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", "200 hi (last)"),
        ("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi", "200 hi"),
        ("HTTP/1.1 200 OK\r\n\r\nuntil the end", "200 until the end (last)"),
        ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", "503 "),
        ("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", "200 x"),
        ("", "endedEarly"), ("HTTP/1.1 200 OK\r\nContent-Le", "endedEarly"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi", "endedEarly"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n", "endedEarly"),
        ("HTTP/1.1 101 Switching Protocols\r\n\r\n", "interim"),
        (String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 9), "interim"),
        ("HTTP/2.0 200 OK\r\n\r\n", "version"), ("HTTP/1.1 20 OK\r\n\r\n", "statusLine"),
        ("HTTP/1.1 2000 OK\r\n\r\n", "statusLine"), ("HTTP/1.1  200 OK\r\n\r\n", "statusLine"),
        ("HTTP/1.1 099 x\r\n\r\n", "statusLine"), ("ICY 200 OK hello\r\n\r\n", "statusLine"),
        ("<html></html>\n", "statusLine"), ("SSH-2.0-OpenSSH_9.2\r\n", "statusLine"),
        ("HTTP/1.1 200 OK\nContent-Length: 0\n\n", "statusLine"),
        ("HTTP/1.1 200 OK\r\nA : b\r\n\r\n", "head"), ("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", "head"),
        ("HTTP/1.1 200 OK\r\nA: \u{0}\r\n\r\n", "head"), ("HTTP/1.1 200 OK\r\nnonsense\r\n\r\n", "head"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", "length"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\nx", "length"),
        ("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nx", "length"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "length"),
        ("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "length"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nx", "coding"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "coding"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "chunk"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n", "bodyTooLong"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", "bodyTooLong"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n999999\r\n", "bodyTooLong"),
        ("HTTP/1.1 200 OK\r\nA: \(String(repeating: "x", count: 17000))\r\n\r\n", "headTooLong"),
        ("HTTP/1.1 200 OK\r\n\(String(repeating: "a: b\r\n", count: 101))\r\n", "headTooLong"),
    ]

    @Test(arguments: responses) func readsHoweverItIsCut(_ text: String, _ expected: String) {
        for size in [0, 1, 3] { #expect(outcome(text, pieces: size) == expected) }
    }

    @Test func headHasNoBody() {
        #expect(outcome("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", method: .head) == "200 ")
        #expect(outcome("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", method: .head) == "200 ")
    }

    @Test func moreThanWasAskedForEndsTheConnection() {
        #expect(outcome("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\n") == "200 x (last)")
        var connection = ClientConnection()
        var bytes = Array("HTTP/1.1 408 x\r\n".utf8)
        var span = bytes.mutableSpan
        #expect(connection.received(&span) == .fail(.unsolicited))
    }

    @Test func bodiesUntilTheEndHaveALimit() {
        var limits = HTTPLimits()
        limits.bodyBytesMax = 4
        #expect(outcome("HTTP/1.1 200 OK\r\n\r\n1234", limits: limits) == "200 1234 (last)")
        #expect(outcome("HTTP/1.1 200 OK\r\n\r\n12345", limits: limits) == "bodyTooLong")
    }

    @Test func oneConnectionServesManyRequests() {
        var connection = ClientConnection()
        for round in 0..<3 {
            #expect(connection.isReusable)
            connection.requestSent(.post)
            #expect(!connection.isReusable)
            var bytes = Array("HTTP/1.1 429 x\r\nRetry-After: \(round)\r\nContent-Length: 0\r\n\r\n".utf8)
            var span = bytes.mutableSpan
            #expect(connection.received(&span) == .response)
            #expect(connection.head.retryAfterSeconds(in: bytes.span) == round)
        }
        var nothing: [UInt8] = []
        var span = nothing.mutableSpan
        #expect(connection.inputEnded(&span) == .close)
    }

    @Test func everyErrorHasASentence() {
        for error in ResponseError.allCases { #expect(error.sentence.utf8CodeUnitCount > 10) }
    }
}
