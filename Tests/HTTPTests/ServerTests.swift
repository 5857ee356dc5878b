import Glibc
import HTTP
import Reactor
import Testing

@Suite struct ServerTests {
    @Test func answersOneAfterTheOtherOnOneConnection() throws {
        let server = try RunningServer()
        let client = try RawClient(server.address)
        for number in 0..<200 {
            let answer = client.ask("/echo", "number \(number)")
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(answer.hasSuffix("\r\n\r\nnumber \(number)"))
        }
        let state = server.state
        #expect(state.counters.requests == 200 && state.counters.accepted == 1 && state.connections == 1)
    }

    @Test func pipelinedRequestsAreAnsweredInOrder() throws {
        let server = try RunningServer()
        let client = try RawClient(server.address)
        let paths = ["/echo", "/later", "/echo", "/early", "/later", "/echo"]
        let requests = paths.enumerated().map { index, path in
            "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n<\(index)"
        }
        client.send(requests.joined() + "GET /none HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        let answers = try #require(client.readToEnd())
        let order = answers.split(separator: "\r\n\r\n").dropFirst().map { $0.prefix(2) }
        #expect(order == ["<0", "<1", "<2", "eH", "<4", "<5"])
        #expect(answers.hasSuffix("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
    }

    @Test func aRequestMayArriveByteByByteOrInChunks() throws {
        let server = try RunningServer()
        let client = try RawClient(server.address)
        for byte in "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nslow!".utf8 { client.send([byte]) }
        #expect(client.readResponse().hasSuffix("\r\n\r\nslow!"))
        let other = try RawClient(server.address)
        other.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        other.send("6;x=y\r\n world\r\n0\r\n\r\n")
        #expect(other.readResponse().hasSuffix("\r\n\r\nhello world"))
    }

    @Test func largeBodiesGoBothWays() throws {
        let server = try RunningServer()
        let client = try RawClient(server.address)
        let body = String(repeating: "0123456789abcdef", count: 3 << 16)
        for _ in 0..<3 { #expect(client.ask("/echo", body).hasSuffix(body)) }
        #expect(client.ask("/big").utf8.count > 4 << 20)
        #expect(server.wait { $0.connections == 1 })
    }

    @Test func theClientWaitsForLeaveToSendItsBody() throws {
        let server = try RunningServer()
        let client = try RawClient(server.address)
        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        #expect(client.read(25))
        #expect(client.text == "HTTP/1.1 100 Continue\r\n\r\n")
        client.send("abc")
        #expect(client.read(26))
        #expect(client.readResponse().hasSuffix("abc"))
    }

    @Test func aHalfClosedClientIsStillAnswered() throws {
        let server = try RunningServer()
        for path in ["/echo", "/later"] {
            let client = try RawClient(server.address)
            client.send("POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
            client.endInput()
            #expect(client.readToEnd()?.hasSuffix("\r\n\r\nabc") == true)
        }
        let partial = try RawClient(server.address)
        partial.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\na")
        partial.endInput()
        #expect(partial.readToEnd()?.hasPrefix("HTTP/1.1 400 ") == true)
        #expect(server.wait { $0.connections == 0 })
    }

    @Test func whatIsRefusedIsToldWhyAndTheConnectionCloses() throws {
        let server = try RunningServer { $0.limits.bodyBytesMax = 1000 }
        let client = try RawClient(server.address)
        // More than the socket's buffers hold: the refusal must survive that the rest is not read.
        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\n")
        client.send([UInt8](repeating: 0x61, count: 500_000))
        let answer = try #require(client.readToEnd())
        #expect(answer.hasPrefix("HTTP/1.1 413 Content Too Large\r\n"))
        #expect(answer.contains("Connection: close\r\n"))
        #expect(answer.contains(#""code":413"#))
        #expect(server.state.counters.tooLarge == 1)
    }

    @Test func aSlowSenderIsAnswered408() throws {
        let server = try RunningServer {
            $0.requestGrace = .milliseconds(150)
            $0.idleTimeout = .seconds(100)
        }
        let fast = try RawClient(server.address)
        #expect(fast.ask("/echo", "x").hasSuffix("x"))
        let slow = try RawClient(server.address)
        slow.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Le")
        #expect(slow.readToEnd()?.hasPrefix("HTTP/1.1 408 Request Timeout\r\n") == true)
        let body = try RawClient(server.address)
        body.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc")
        #expect(body.readToEnd()?.hasPrefix("HTTP/1.1 408 Request Timeout\r\n") == true)
        #expect(server.state.counters.slow == 2)
        #expect(fast.ask("/echo", "y").hasSuffix("y"))
    }

    @Test func idleConnectionsEnd() throws {
        let server = try RunningServer { $0.idleTimeout = .milliseconds(100) }
        let client = try RawClient(server.address)
        #expect(client.ask("/echo", "x").hasSuffix("x"))
        #expect(client.readToEnd() != nil)
        let silent = try RawClient(server.address)
        #expect(silent.readToEnd() == "")
    }

    @Test func aReaderThatDoesNotReadIsCutOff() throws {
        let server = try RunningServer { $0.writeTimeout = .milliseconds(200) }
        let client = try RawClient(server.address)
        for _ in 0..<8 { client.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n") }
        #expect(server.wait { $0.connections == 0 })
        #expect(server.state.counters.undelivered >= 1)
        #expect(server.state.counters.requests < 8)
    }

    @Test func requestsPerConnectionAndItsAgeAreLimited() throws {
        let counted = try RunningServer { $0.limits.requestsPerConnectionMax = 3 }
        let client = try RawClient(counted.address)
        for _ in 0..<2 { #expect(!client.ask("/echo", "x").contains("Connection: close")) }
        #expect(client.ask("/echo", "x").contains("Connection: close"))
        #expect(client.readToEnd() != nil)
        let aged = try RunningServer { $0.connectionAgeMax = .milliseconds(10) }
        let old = try RawClient(aged.address)
        #expect(aged.wait { _ in true })
        _ = old.ask("/later")
        _ = old.ask("/later")
        #expect(old.readToEnd()?.contains("Connection: close") == true)
    }

    @Test func aVanishedClientMakesItsTicketInert() throws {
        let server = try RunningServer()
        let (gone, there) = (try RawClient(server.address), try RawClient(server.address))
        for client in [gone, there] { client.send("GET /never HTTP/1.1\r\nHost: a\r\n\r\n") }
        #expect(server.wait { $0.liveTickets == 2 && $0.inFlight == 2 })
        gone.reset()
        #expect(server.wait { $0.liveTickets == 1 && $0.inFlight == 1 && $0.connections == 1 })
        server.answerTickets()
        #expect(there.readResponse().hasPrefix("HTTP/1.1 200 OK\r\n"))
        let state = server.state
        #expect(state.inFlight == 0 && state.liveTickets == 0 && state.counters.undelivered == 1)
    }

    @Test func tooManyInFlightAreTurnedAway() throws {
        let server = try RunningServer { $0.inFlightMax = 2 }
        let clients = try (0..<3).map { _ in try RawClient(server.address) }
        for client in clients.prefix(2) { client.send("GET /never HTTP/1.1\r\nHost: a\r\n\r\n") }
        #expect(server.wait { $0.inFlight == 2 })
        let answer = clients[2].ask("/echo", "x")
        #expect(answer.hasPrefix("HTTP/1.1 503 Service Unavailable\r\n"))
        #expect(answer.contains("Retry-After: 1\r\n"))
        server.answerTickets()
        #expect(clients[2].ask("/echo", "x").hasSuffix("x"))
    }

    @Test func whoComesWhenThereIsNoRoomDisplacesWhoIsIdle() throws {
        let server = try RunningServer { $0.connectionsMax = 5 }
        let clients = try (0..<12).map { _ in
            let client = try RawClient(server.address)
            #expect(client.ask("/echo", "x").hasSuffix("x"))
            return client
        }
        let state = server.state
        #expect(state.connections == 5 && state.counters.evicted == 7)
        withExtendedLifetime(clients) {}
    }

    @Test func drainingFinishesWhatHasBegun() throws {
        let server = try RunningServer()
        let (busy, idle) = (try RawClient(server.address), try RawClient(server.address))
        #expect(idle.ask("/echo", "x").hasSuffix("x"))
        busy.send("GET /never HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(server.wait { $0.inFlight == 1 })
        server.drain(idle: .milliseconds(300))
        #expect(throws: SystemError.self) { try RawClient(server.address) }
        let last = idle.ask("/echo", "y")
        #expect(last.hasSuffix("y") && last.contains("Connection: close"))
        #expect(!server.isDrained)
        server.answerTickets()
        #expect(busy.readToEnd()?.contains("Connection: close") == true)
        #expect(server.wait { $0.connections == 0 })
        #expect(server.isDrained)
    }

    @Test func whoeverHasBegunWhenTheTimeIsOverIsSentElsewhere() throws {
        let server = try RunningServer()
        let (waiting, partial) = (try RawClient(server.address), try RawClient(server.address))
        waiting.send("GET /never HTTP/1.1\r\nHost: a\r\n\r\n")
        partial.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf")
        #expect(server.wait { $0.inFlight == 1 && $0.connections == 2 })
        usleep(50_000)
        server.close()
        for client in [waiting, partial] {
            let answer = client.readToEnd() ?? ""
            #expect(answer.hasPrefix("HTTP/1.1 503 "))
            #expect(answer.contains("Retry-After: 0\r\n") && answer.contains("Connection: close\r\n"))
        }
        let state = server.state
        #expect(state.counters.abandoned == 2 && state.inFlight == 0 && state.connections == 0)
    }

    /// The loop stands still while requests come; who has waited too long is told to ask again.
    @Test func whoWaitedTooLongForTheLoopIsTurnedAway() throws {
        let server = try RunningServer { $0.queueDelayMax = .milliseconds(100) }
        let clients = try (0..<4).map { _ in try RawClient(server.address) }
        for client in clients { #expect(client.ask("/echo", "x").hasSuffix("x")) }
        server.stall(milliseconds: 200) {
            for client in clients {
                client.forget()
                client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\ny")
            }
        }
        for client in clients {
            #expect(client.readResponse().contains("HTTP/1.1 503 "))
            #expect(client.text.contains("Retry-After: 1\r\n"))
        }
        #expect(clients[0].ask("/echo", "z").hasSuffix("z"))
        #expect(server.state.counters.overloaded == 4)
        let patient = try RunningServer { $0.queueDelayMax = .seconds(60) }
        let client = try RawClient(patient.address)
        patient.stall(milliseconds: 200) {
            client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\ny")
        }
        #expect(client.readResponse().hasSuffix("y") && patient.state.counters.overloaded == 0)
    }

    @Test func idleConnectionsEndWhileDraining() throws {
        let server = try RunningServer()
        let idle = try RawClient(server.address)
        #expect(idle.ask("/echo", "x").hasSuffix("x"))
        server.drain(idle: .milliseconds(50))
        #expect(idle.readToEnd() != nil)
        #expect(server.wait { _ in server.isDrained })
    }
}
