import Foundation
import HTTP
import Reactor
import TLS
import TestSupport
import Testing

/// A client on a loop that the test turns.
final class TurnedClient {
    let loop: EventLoop
    let client: HTTPClient
    private let target: HTTPTarget

    init(_ url: String, _ change: (inout HTTPTarget) -> Void = { _ in }) throws {
        SignalWatch.ignoreBrokenPipes()
        loop = try EventLoop(clock: SystemClock())
        var target = HTTPTarget(try HTTPURL(url))
        change(&target)
        self.target = target
        client = HTTPClient(
            target, on: loop,
            resolver: Resolver(on: loop) {
                ResolverConfiguration(resolvConf: "", hosts: "127.0.0.1 localhost\n::1 localhost\n")
            })
    }

    func send(
        _ method: HTTPMethod = .post, _ body: String = "", path: String? = nil, seconds: Double = 10,
        completion: @escaping HTTPCall.Completion
    ) throws -> HTTPCall {
        let url = try path.map { try HTTPURL("http://\(target.url.authority)\($0)") } ?? target.url
        let writer = try RequestWriter(method, url)
        let deadline = loop.now + .microseconds(Int64(seconds * 1_000_000))
        return try client.send(writer, method, body: Array(body.utf8), deadline: deadline, completion: completion)
    }

    /// Sends and turns the loop until the outcome is there.
    func ask(
        _ method: HTTPMethod = .post, _ body: String = "", path: String? = nil, seconds: Double = 10
    ) throws -> Result<HTTPResponse, HTTPClientError> {
        var result: Result<HTTPResponse, HTTPClientError>?
        _ = try send(method, body, path: path, seconds: seconds) { result = $0 }
        turn { result != nil }
        return try #require(result)
    }

    func turn(until condition: () -> Bool) {
        let end = SystemClock().now + .seconds(20)
        let alarm = loop.arm(after: .seconds(20)) { _ in }
        while !condition(), SystemClock().now < end { loop.turn() }
        loop.cancel(alarm)
        #expect(condition())
    }

    deinit { client.close() }
}

extension HTTPResponse {
    var text: String { String(decoding: body, as: UTF8.self) }
}

extension Result where Failure == HTTPClientError {
    /// The failure's sentence; empty for a success.
    var complaint: String {
        switch self {
        case .success: ""
        case .failure(let error): error.sentence
        }
    }
}

@Suite struct ClientTests {
    @Test func oneConnectionServesMany() throws {
        let server = try RunningServer()
        let client = try TurnedClient("http://\(server.address)/echo")
        for number in 0..<50 { #expect(try client.ask(.post, "n\(number)").get().text == "n\(number)") }
        #expect(client.client.counters.connections == 1 && client.client.counters.reused == 49)
        #expect(client.loop.timerCount == 1)
        #expect(try client.ask(path: "/none").get().head.statusCode == 404)
    }

    @Test func aKeptConnectionIsNoWayToAnAddressThatIsNotAllowedAnyMore() throws {
        final class Permission { var isGiven = true }
        let permission = Permission()
        let server = try RunningServer()
        let client = try TurnedClient("http://\(server.address)/echo") { $0.allows = { _ in permission.isGiven } }
        #expect(try client.ask(.post, "a").get().text == "a")
        permission.isGiven = false
        #expect(try client.ask(.post, "b").complaint.contains("allowed targets"))
        #expect(client.client.connectionCount == 0)
        permission.isGiven = true
        #expect(try client.ask(.post, "c").get().text == "c")
        #expect(client.client.counters.connections == 2 && client.client.counters.reused == 0)
    }

    @Test func aRetiredClientFinishesWhatItHasAndKeepsNothing() throws {
        let server = try RunningServer()
        let client = try TurnedClient("http://\(server.address)/later") { $0.connectionsMax = 1 }
        var texts: [String] = []
        let calls = try (0..<3).map { number in
            try client.send(.post, "\(number)") { texts.append((try? $0.get().text) ?? "failed") }
        }
        client.client.retire()
        client.turn { texts.count == 3 }
        #expect(texts == ["0", "1", "2"] && client.client.connectionCount == 0)
        #expect(client.client.counters.connections == 3 && client.loop.sourceCount == 0)
        withExtendedLifetime(calls) {}
    }

    @Test func connectionsAreLimitedAndTheRestWaits() throws {
        let server = try RunningServer()
        let client = try TurnedClient("http://\(server.address)/later") {
            $0.connectionsMax = 3
            $0.queueMax = 10
        }
        var texts: [String] = []
        var failures: [String] = []
        let calls = try (0..<20).map { number in
            try client.send(.post, "\(number)") { result in
                if case .success(let response) = result { texts.append(response.text) }
                failures += [result.complaint].filter { !$0.isEmpty }
            }
        }
        client.turn { texts.count + failures.count == 20 }
        #expect(texts.count == 13 && failures.count == 7)
        #expect(failures.allSatisfy { $0 == "too many requests wait for a connection" })
        #expect(client.client.counters.connections == 3)
        #expect(calls.allSatisfy { !$0.isPending })
    }

    @Test func theDeadlineEndsARequest() throws {
        let server = try RunningServer()
        let client = try TurnedClient("http://\(server.address)/never")
        let start = SystemClock().now
        #expect(try client.ask(seconds: 0.1).complaint == "there was no answer in time")
        #expect(SystemClock().now - start < .seconds(2))
        #expect(client.client.connectionCount == 0 && client.loop.timerCount == 0)
        // A client that has ended its side might still wait for its answer; only answering shows that it has gone.
        #expect(server.wait { $0.liveTickets == 1 })
        server.answerTickets()
        #expect(server.wait { $0.connections == 0 && $0.liveTickets == 0 })
    }

    @Test func aCancelledRequestIsForgotten() throws {
        let server = try RunningServer()
        let client = try TurnedClient("http://\(server.address)/never") { $0.connectionsMax = 1 }
        var complaints: [String] = []
        let calls = try (0..<2).map { _ in try client.send { complaints.append($0.complaint) } }
        calls[1].cancel()
        #expect(complaints == ["the request was cancelled"])
        client.turn { client.loop.sourceCount > 0 }
        calls[0].cancel()
        calls[0].cancel()
        #expect(complaints.count == 2 && client.client.connectionCount == 0)
    }

    @Test func responsesAreCapped() throws {
        let server = try RunningServer()
        let client = try TurnedClient("http://\(server.address)/big")
        #expect(try client.ask().complaint == "the answer is longer than allowed")
        let roomy = try TurnedClient("http://\(server.address)/big") { $0.limits.bodyBytesMax = 8 << 20 }
        #expect(try roomy.ask().get().body.count == 4 << 20)
        let echo = try TurnedClient("http://\(server.address)/echo") { $0.limits.bodyBytesMax = 8 << 20 }
        let body = String(repeating: "0123456789", count: 300_000)
        #expect(try echo.ask(.post, body).get().text == body)
    }

    @Test func theGuardDecidesAboutAddresses() throws {
        let server = try RunningServer()
        var asked: [IPAddress] = []
        let client = try TurnedClient("http://localhost:\(server.address.port)/echo") {
            $0.allows = { address in
                asked.append(address)
                return !address.isV4
            }
        }
        // Only the IPv6 address may be used, and nobody listens there.
        #expect(try client.ask().complaint.contains("refused"))
        #expect(asked.contains(.loopbackV4))
        let none = try TurnedClient("http://\(server.address)/echo") { $0.allows = { _ in false } }
        #expect(try none.ask().complaint == "the host's address 127.0.0.1 is not among the allowed targets")
        #expect(server.state.counters.accepted == 0)
    }

    @Test func anotherAddressIsTriedWhenOneFails() throws {
        let server = try RunningServer()
        let client = try TurnedClient("http://localhost:\(server.address.port)/echo")
        #expect(try client.ask(.post, "x").get().text == "x")
    }

    @Test func aKeptConnectionThatWasClosedIsReplaced() throws {
        let server = try RunningServer { $0.idleTimeout = .milliseconds(50) }
        let client = try TurnedClient("http://\(server.address)/echo")
        for number in 0..<5 {
            #expect(try client.ask(.post, "\(number)").get().text == "\(number)")
            usleep(120_000)
        }
        #expect(client.client.counters.connections >= 4)
    }

    @Test func nobodyThereIsAnError() throws {
        let client = try TurnedClient("http://127.0.0.1:1/x")
        #expect(try client.ask().complaint == "connect to 127.0.0.1:1: Connection refused")
        #expect(client.client.counters.failures == 1)
        let nameless = try TurnedClient("http://a..b/x")
        #expect(try nameless.ask().complaint == "the URL's host is no name that can be looked up")
    }

    @Test func worksOnceItIsClosed() throws {
        let client = try TurnedClient("http://127.0.0.1:1/x")
        client.client.close()
        #expect(try client.ask().complaint == "the request was cancelled")
    }
}
