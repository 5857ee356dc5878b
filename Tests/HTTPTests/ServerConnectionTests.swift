import HTTP
import TestSupport
import Testing

@Suite struct ServerConnectionTests {
    static let apiServer =
        "POST /validate?timeout=5s HTTP/1.1\r\nHost: portcullis.portcullis-system.svc:443\r\n"
        + "User-Agent: kube-apiserver-admission\r\nContent-Length: 7\r\nAccept: application/json, */*\r\n"
        + "Content-Type: application/json\r\nAccept-Encoding: gzip\r\n\r\n{\"a\":1}"

    @Test func readsWhatTheAPIServerSends() {
        var parser = RequestParser(limits: HTTPLimits())
        let bytes = Array(Self.apiServer.utf8)
        #expect((try? parser.parse(bytes.span)) == true)
        let head = parser.head
        #expect(head.method == .post)
        #expect(head.path.string(in: bytes.span) == "/validate")
        #expect(head.query.string(in: bytes.span) == "timeout=5s")
        #expect(head.host.string(in: bytes.span) == "portcullis.portcullis-system.svc:443")
        #expect(head.contentType.string(in: bytes.span) == "application/json")
        #expect(head.accept.string(in: bytes.span) == "application/json, */*")
        #expect(head.contentLength == 7 && head.fieldCount == 6 && head.byteCount == bytes.count - 7)
        #expect(!head.authorization.isPresent && !head.traceparent.isPresent)
        #expect(head.value(of: "user-agent", in: bytes.span).string(in: bytes.span) == "kube-apiserver-admission")
        #expect(!head.value(of: "absent", in: bytes.span).isPresent)
    }

    static let accepted: [(String, [ServerWire.Event])] = [
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", [.request("GET", path: "/", body: [], closes: false)]),
        ("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", [.request("GET", path: "/", body: [], closes: false)]),
        ("GET / HTTP/1.7\r\nHost: a\r\n\r\n", [.request("GET", path: "/", body: [], closes: false)]),
        ("GET / HTTP/1.0\r\n\r\n", [.request("GET", path: "/", body: [], closes: true), .closed]),
        (
            "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
            [.request("GET", path: "/", body: [], closes: false)]
        ),
        (
            "GET / HTTP/1.0\r\nConnection: close\r\nConnection: keep-alive\r\n\r\n",
            [.request("GET", path: "/", body: [], closes: true), .closed]
        ),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: x, CLOSE\r\n\r\nGET",
            [.request("GET", path: "/", body: [], closes: true), .closed]
        ),
        ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", [.request("OPTIONS", path: "*", body: [], closes: false)]),
        ("BREW /%41 HTTP/1.1\r\nHOST:\t[::1]:80 \r\n\r\n", [.request("BREW", path: "/%41", body: [], closes: false)]),
        (
            "GET http://A:80/x HTTP/1.1\r\nhost: a:80\r\n\r\n", [.request("GET", path: "/x", body: [], closes: false)]
        ),
        (
            "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 003\r\n\r\nabc",
            [.request("PUT", path: "/", body: Array("abc".utf8), closes: false)]
        ),
        (
            "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n5;x=\"y\"\r\nhello\r\n00001\r\n!\r\n0\r\n"
                + "Content-Length: 3\r\n\r\n",
            [.request("PUT", path: "/", body: Array("hello!".utf8), closes: false)]
        ),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nContent-Encoding: identity\r\nX: \u{E9}\t!\r\nEmpty:\r\n\r\n",
            [.request("GET", path: "/", body: [], closes: false)]
        ),
    ]

    @Test(arguments: accepted) func acceptsHoweverItIsCut(_ text: String, _ events: [ServerWire.Event]) {
        for size in [0, 1, 2, 5] { #expect(ServerWire.events(text, pieces: size) == events) }
    }

    @Test func asksForTheBodyOnceAndOnlyOfThoseWhoWait() {
        let head = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n"
        var wire = ServerWire()
        wire.feed(head.utf8)
        #expect(wire.continues == 1 && wire.events.isEmpty)
        wire.feed("h".utf8)
        wire.feed("i".utf8)
        #expect(wire.continues == 1 && wire.events.count == 1)
        var hasty = ServerWire()
        hasty.feed((head + "h").utf8)
        hasty.feed("i".utf8)
        #expect(hasty.continues == 0 && hasty.events.count == 1)
        var old = ServerWire()
        old.feed(head.replacing("1.1", with: "1.0").utf8)
        #expect(old.continues == 0)
        var chunked = ServerWire()
        chunked.feed(head.replacing("Content-Length: 2", with: "Transfer-Encoding: chunked").utf8)
        chunked.feed("2\r\nhi\r\n0\r\n\r\n".utf8)
        #expect(chunked.continues == 1 && chunked.events.count == 1)
    }

    @Test func countsRequestsAndDrains() {
        var limits = HTTPLimits()
        limits.requestsPerConnectionMax = 2
        let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        #expect(
            ServerWire.events(get + get + get, limits: limits) == [
                .request("GET", path: "/", body: [], closes: false), .request("GET", path: "/", body: [], closes: true),
                .closed,
            ])
        var wire = ServerWire()
        wire.connection.isDraining = true
        wire.feed(get.utf8)
        #expect(wire.events == [.request("GET", path: "/", body: [], closes: true), .closed])
    }

    @Test func answersWhatCameBeforeTheEnd() {
        let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        let request = ServerWire.Event.request("GET", path: "/", body: [], closes: false)
        var wire = ServerWire()
        wire.feed(get.utf8)
        wire.end()
        #expect(wire.events == [request, .closed])
        wire = ServerWire()
        wire.feed("GET / HT".utf8)
        wire.end()
        #expect(wire.events == [.refused(.endedEarly)])
        wire = ServerWire()
        wire.end()
        #expect(wire.events == [.closed])
    }

    @Test func aSlowRequestIsToldSoAndAnIdleConnectionIsJustClosed() {
        var wire = ServerWire()
        #expect(wire.connection.timedOut() == .close)
        wire = ServerWire()
        wire.feed("P".utf8)
        #expect(wire.connection.timedOut() == .refuse(.tooSlow))
    }

    @Test func saysHowMuchRoomABodyNeeds() {
        var wire = ServerWire()
        let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n"
        wire.feed(head.utf8)
        #expect(wire.connection.wantedBytes == head.utf8.count + 5000)
    }

    @Test func aBodyInTinyChunksNeedsNoMoreRoomThanItself() {
        var wire = ServerWire()
        wire.feed("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
        let head = wire.buffer.count
        for round in 0..<1000 {
            wire.feed("1;e=f\r\nx\r\n".utf8)
            #expect(wire.buffer.count <= head + round + 1)
        }
        wire.feed("0\r\n\r\n".utf8)
        #expect(wire.events.count == 1)
    }
}

/// Random requests, whole and broken, cut at random: the cuts must not matter.
@Suite struct ServerConnectionCutTests {
    static func stream(_ random: inout SeededRandom) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<random.below(4) + 1 {
            let body = (0..<random.below(40)).map { _ in UInt8(random.below(256)) }
            bytes += "POST /\(random.below(1000))?a=\(random.below(9)) HTTP/1.1\r\nHost: a\r\n".utf8
            for field in 0..<random.below(4) { bytes += "X-\(field): \(random.next())\r\n".utf8 }
            if random.oneIn(2) {
                bytes += "Content-Length: \(body.count)\r\n\r\n".utf8
                bytes += body
            } else {
                bytes += "Transfer-Encoding: chunked\r\n\r\n".utf8
                var rest = body[...]
                while !rest.isEmpty {
                    let chunk = rest.prefix(random.below(rest.count) + 1)
                    bytes += String(chunk.count, radix: 16, uppercase: random.oneIn(2)).utf8
                    bytes += random.oneIn(3) ? ";a=b\r\n".utf8 : "\r\n".utf8
                    bytes += chunk
                    bytes += "\r\n".utf8
                    rest = rest.dropFirst(chunk.count)
                }
                bytes += random.oneIn(3) ? "0\r\nT: v\r\n\r\n".utf8 : "0\r\n\r\n".utf8
            }
        }
        return bytes
    }

    @Test(arguments: 0..<20) func cutsDoNotMatter(seed: UInt64) {
        for round in 0..<40 {
            var random = SeededRandom(seed: seed &* 1000 &+ UInt64(round))
            var bytes = Self.stream(&random)
            let isBroken = random.oneIn(2)
            if isBroken {
                bytes[random.below(bytes.count)] = random.pick([0, 0x0A, 0x0D, 0x20, 0x3A, 0x2C, 0x35, 0xFF])
            }
            let whole = ServerWire.events(bytes)
            if !isBroken { #expect(whole.allSatisfy { if case .request = $0 { true } else { false } }) }
            #expect(ServerWire.events(bytes, pieces: 1) == whole)
            var wire = ServerWire()
            var rest = bytes[...]
            while !rest.isEmpty {
                let piece = rest.prefix(random.below(30) + 1)
                wire.feed(piece)
                rest = rest.dropFirst(piece.count)
            }
            #expect(wire.events == whole)
        }
    }
}
