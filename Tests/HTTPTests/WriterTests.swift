import HTTP
import JSON
import Testing

@Suite struct WriterTests {
    private func text(_ write: (inout ByteBuffer) -> Void) -> String {
        var buffer = ByteBuffer()
        write(&buffer)
        return buffer.text
    }

    @Test func writesHeadAndBody() {
        let response = ResponseWriter(status: .ok)
        #expect(
            text { response.write(Array("{}".utf8).span, to: &$0) }
                == "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}")
    }

    @Test func writesWhatAServerSaysOnlySometimes() {
        var response = ResponseWriter(status: .serviceUnavailable, closes: true)
        response.retryAfterSeconds = 0
        response.date = HTTPDate(secondsSince1970: 784_111_777)
        response.allow = [.get, .post, HTTPMethodSet(.options)]
        response.forbidsCaching = true
        #expect(
            text { response.write([UInt8]().span, to: &$0) } == """
                HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r
                Retry-After: 0\r\nAllow: GET, HEAD, POST, OPTIONS\r\nCache-Control: no-store\r
                Connection: close\r\n\r\n
                """)
    }

    @Test func noContentHasNoLength() {
        #expect(
            text { ResponseWriter(status: .noContent).write([UInt8]().span, to: &$0) }
                == "HTTP/1.1 204 No Content\r\n\r\n")
    }

    @Test func anOldClientIsToldThatItMayGoOn() {
        var response = ResponseWriter(status: .ok)
        response.keepsOldConnection = true
        #expect(text { response.writeHead(bodyBytes: 0, to: &$0) }.hasSuffix("Connection: keep-alive\r\n\r\n"))
        response.closes = true
        #expect(text { response.writeHead(bodyBytes: 0, to: &$0) }.hasSuffix("Length: 0\r\nConnection: close\r\n\r\n"))
    }

    static let dates: [(Int64, String)] = [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"), (1_735_689_599, "Tue, 31 Dec 2024 23:59:59 GMT"),
        (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"), (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
        (-5, "Thu, 01 Jan 1970 00:00:00 GMT"),
    ]

    @Test(arguments: dates) func writesDates(_ seconds: Int64, _ expected: String) {
        #expect(text { HTTPDate(secondsSince1970: seconds).write(to: &$0) } == expected)
    }

    @Test func errorsAreStatusObjects() {
        var writer = JSONWriter()
        var body = StatusBody(.tooManyRequests)
        body.retryAfterSeconds = 1
        body.write("try \"again\"", to: &writer)
        #expect(
            writer.text == #"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","#
                + #""message":"try \"again\"","reason":"TooManyRequests","details":{"retryAfterSeconds":1},"code":429}"#
        )
        for error in RequestError.allCases {
            writer.reset()
            StatusBody.write(error, to: &writer)
            let document = try? JSONDocument(parsing: writer.bytes)
            #expect(document.map { $0.withRoot { $0["code"]?.int } } == Int64(error.status.code))
        }
    }

    @Test func aBufferGrowsAndDrops() {
        var buffer = ByteBuffer()
        buffer.dropFirst(3)
        #expect(buffer.isEmpty && buffer.bytes == [])
        for number in [0, 7, -12, Int.max, Int.min] {
            buffer.append(decimal: number)
            buffer.append(" ")
        }
        #expect(buffer.text == "0 7 -12 \(Int.max) \(Int.min) ")
        buffer.dropFirst(2)
        buffer.truncate(to: 5)
        #expect(buffer.text == "7 -12")
        buffer.dropFirst(100)
        #expect(buffer.isEmpty && buffer.capacity > 0)
        let written = buffer.append(room: 4) { room in
            room[0] = 65
            return 1
        }
        #expect(written == 1 && buffer.text == "A")
        buffer.releaseMemory()
        #expect(buffer.isEmpty && buffer.capacity == 0)
    }

    @Test func writesRequests() throws {
        let url = try HTTPURL("https://Scanner.security.svc:8443/review?x=1")
        let writer = try RequestWriter(.post, url, fields: [("Authorization", "Bearer x")])
        var buffer = ByteBuffer()
        try writer.write(bodyBytes: 5, fields: [("Idempotency-Key", "k")], to: &buffer)
        #expect(
            buffer.text == "POST /review?x=1 HTTP/1.1\r\nHost: scanner.security.svc:8443\r\nAuthorization: Bearer x\r\n"
                + "Idempotency-Key: k\r\nContent-Length: 5\r\n\r\n")
    }

    static let refusedFields: [(String, String, RequestWriter.Problem)] = [
        ("", "x", .name("")), ("a b", "x", .name("a b")), ("a:", "x", .name("a:")), ("é", "x", .name("é")),
        ("a", "x\r\nHost: b", .value("a")), ("a", "x\n", .value("a")), ("a", "\u{0}", .value("a")),
        ("a", "é", .value("a")), ("a", " x", .value("a")), ("a", "x ", .value("a")),
        ("Host", "x", .reserved("Host")), ("CONTENT-LENGTH", "1", .reserved("CONTENT-LENGTH")),
        ("transfer-encoding", "chunked", .reserved("transfer-encoding")),
    ]

    @Test(arguments: refusedFields) func refusesFields(
        _ name: String, _ value: String, _ problem: RequestWriter.Problem
    ) throws {
        let url = try HTTPURL("http://a/")
        #expect(throws: problem) { try RequestWriter(.get, url, fields: [(name, value)]) }
        #expect(!problem.sentence.isEmpty)
    }
}
