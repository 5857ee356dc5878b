import Foundation
import HTTP
import Hooks
import Policies
import Reactor
import TLS
import Telemetry
import TestSupport
import Testing

@Suite struct HTTPExecutorTests {
    @Test func asksAndIsAnswered() throws {
        let seen = Seen()
        let server = try ScriptedServer { connection in
            while let request = connection.readRequest() {
                seen.add(request)
                connection.answer(#"{"result":"deny","message":"no"}"#)
            }
        }
        defer { server.stop() }
        let bench = try Workbench()
        let token = try bench.write("token", "t0k3n\n")
        let key = try bench.write("key", "0123456789abcdef0123\n")
        let executor = try bench.http(server.url) {
            $0.bearerTokenFile = token
            $0.hmacKeyFile = "key"
            $0.headers = [HookField("X-Team", "a")]
        }
        #expect(try bench.ask(executor).get().message == "no")
        #expect(seen.all[0].hasPrefix("POST /review HTTP/1.1\r\n"))
        #expect(seen.field("Content-Type") == "application/json" && seen.field("Idempotency-Key") == "key-1")
        #expect(seen.field("Authorization") == "Bearer t0k3n" && seen.field("X-Team") == "a")
        let signature = try #require(seen.field("Portcullis-Signature"))
        let time = try #require(signature.split(separator: ",").first?.dropFirst(2))
        let expected = try SignatureKey(Array("0123456789abcdef0123".utf8))
            .signInHexadecimal(Array("\(time).\(seen.body())".utf8))
        #expect(signature == "t=\(time),v1=\(expected)")
        #expect(abs(Int(time)! - Int(Date().timeIntervalSince1970)) < 60)
        #expect(seen.body().hasPrefix(#"{"contract_version":1,"invocation_key":"key-1","hook":"scan""#))
        // A second attempt takes the kept connection, and the token that is in the file by then.
        _ = try bench.write("token", "other")
        usleep(1_100_000)
        #expect(try bench.ask(executor).get().verdict == .deny)
        #expect(seen.field("Authorization", of: 1) == "Bearer other" && server.connectionCount == 1)
        #expect(key.hasSuffix("/key"))
    }

    @Test func theTraceGoesAlong() throws {
        let seen = Seen()
        let server = try ScriptedServer { connection in
            guard let request = connection.readRequest() else { return }
            seen.add(request)
            connection.answer(#"{"result":"pass"}"#)
        }
        defer { server.stop() }
        let bench = try Workbench()
        let executor = try bench.http(server.url)
        var invocation = try Sample.invocation(bench.loop)
        let text = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        invocation.trace = TraceContext(
            high: 0x0af7_6519_16cd_43dd, low: 0x8448_eb21_1c80_319c, span: 0xb7ad_6b71_6920_3331, isSampled: true)
        var outcome: Result<HookResult, HookFailure>?
        let attempt = executor.start(invocation) { outcome = $0 }
        bench.turn { outcome != nil }
        #expect(outcome?.success == HookResult(.pass))
        #expect(seen.field("traceparent") == text)
        withExtendedLifetime(attempt) {}
    }

    struct Answer: Sendable, CustomStringConvertible {
        let status: String
        var fields = ""
        var body = #"{"result":"pass"}"#
        let reason: HookFailure.Reason
        var isRetryable = false
        var retryAfter: Nanoseconds?
        let complaint: String
        var description: String { "\(status) \(fields)" }
    }

    static let answers = [
        Answer(status: "301 Moved", fields: "Location: http://127.0.0.1:1/\r\n", reason: .error, complaint: "redirect"),
        Answer(status: "307 Moved", fields: "Location: http://127.0.0.1:1/\r\n", reason: .error, complaint: "redirect"),
        Answer(status: "400 No", reason: .error, complaint: "400"),
        Answer(status: "404 No", reason: .error, complaint: "404"),
        Answer(
            status: "429 Slow", fields: "Retry-After: 3\r\n", reason: .error, isRetryable: true,
            retryAfter: .seconds(3),
            complaint: "429"),
        Answer(status: "500 Oops", reason: .error, isRetryable: true, complaint: "500"),
        Answer(
            status: "503 No", fields: "Retry-After: 99999999999999999999\r\n", reason: .error, isRetryable: true,
            retryAfter: .seconds(300), complaint: "503"),
        Answer(
            status: "503 No", fields: "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\n", reason: .error,
            isRetryable: true,
            retryAfter: .seconds(300), complaint: "503"),
        Answer(
            status: "503 No", fields: "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n", reason: .error,
            isRetryable: true,
            retryAfter: .zero, complaint: "503"),
        Answer(
            status: "503 No", fields: "Retry-After: soon\r\n", reason: .error, isRetryable: true, complaint: "503"),
        Answer(status: "200 OK", body: "<html>", reason: .contract, complaint: "it is not JSON: 1:1"),
        Answer(status: "200 OK", body: "", reason: .contract, complaint: "it is not JSON"),
        Answer(status: "200 OK", fields: "Content-Encoding: gzip\r\n", reason: .contract, complaint: "encoded (gzip)"),
    ]

    @Test(arguments: answers) func whatIsNoResultIsAFailure(answer: Answer) throws {
        let server = try ScriptedServer(answering: answer.body, status: answer.status, fields: answer.fields)
        defer { server.stop() }
        let bench = try Workbench()
        let failure = try #require(bench.ask(try bench.http(server.url)).failure)
        #expect(failure.reason == answer.reason && failure.isRetryable == answer.isRetryable)
        #expect(failure.retryAfter == answer.retryAfter)
        #expect(failure.message.contains(answer.complaint), "\(failure.message)")
        #expect(server.connectionCount == 1)
    }

    @Test func aServerThatNeverAnswersIsGivenUpInTime() throws {
        let server = try ScriptedServer { connection in
            _ = connection.readRequest()
            _ = connection.readRequest()
        }
        defer { server.stop() }
        let bench = try Workbench()
        let start = SystemClock().now
        let failure = try bench.ask(try bench.http(server.url), milliseconds: 100).failure
        #expect(failure?.reason == .timeout && failure?.isRetryable == true)
        #expect(SystemClock().now - start < .seconds(2))
        #expect(bench.loop.timerCount == 0 && bench.loop.sourceCount == 0)
    }

    @Test func aByteNowAndThenDoesNotStretchTheTime() throws {
        let server = try ScriptedServer { connection in
            _ = connection.readRequest()
            for byte in "HTTP/1.1 200 OK\r\n".utf8 {
                guard connection.send([byte]) else { return }
                usleep(50_000)
            }
        }
        defer { server.stop() }
        let bench = try Workbench()
        let start = SystemClock().now
        #expect(try bench.ask(try bench.http(server.url), milliseconds: 200).failure?.reason == .timeout)
        #expect(SystemClock().now - start < .seconds(2))
    }

    @Test(arguments: [true, false]) func aFloodIsCutOff(announces: Bool) throws {
        let server = try ScriptedServer { connection in
            _ = connection.readRequest()
            connection.send("HTTP/1.1 200 OK\r\n" + (announces ? "Content-Length: 1073741824\r\n\r\n" : "\r\n"))
            let chunk = [UInt8](repeating: 0x20, count: 1 << 20)
            for _ in 0..<1024 { guard connection.send(chunk) else { return } }
        }
        defer { server.stop() }
        let bench = try Workbench()
        let before = residentKilobytes()
        let failure = try #require(bench.ask(try bench.http(server.url)).failure)
        #expect(failure.reason == .contract && !failure.isRetryable)
        #expect(residentKilobytes() - before < 16 << 10)
    }

    @Test func resetsAndClosedPortsMayBetterThemselves() throws {
        let server = try ScriptedServer { connection in
            _ = connection.readRequest()
            connection.reset()
        }
        let bench = try Workbench()
        let executor = try bench.http(server.url)
        let lost = try bench.ask(executor).failure
        #expect(lost?.reason == .error && lost?.isRetryable == true)
        server.stop()
        usleep(200_000)
        let refused = try bench.ask(executor).failure
        #expect(refused?.reason == .error && refused?.isRetryable == true)
        #expect(refused?.message.contains("refused") == true, "\(refused?.message ?? "")")
    }

    static let forbidden: [(host: String, hosts: String)] = [
        ("127.0.0.1", ""), ("[::1]", ""), ("10.1.2.3", ""), ("[::ffff:127.0.0.1]", ""), ("169.254.169.254", ""),
        ("inside.example", "10.0.0.7 inside.example"), ("inside.example", "fd00::7 inside.example"), ("localhost", ""),
        ("0.0.0.0", ""),
    ]

    @Test(arguments: forbidden) func addressesThatNobodyAllowedAreNotConnectedTo(host: String, hosts: String) throws {
        let server = try ScriptedServer(answering: #"{"result":"pass"}"#)
        defer { server.stop() }
        let bench = try Workbench()
        let executor = try bench.http("http://\(host):\(server.port)/", allowing: [], hosts: hosts)
        let failure = try #require(bench.ask(executor).failure)
        #expect(failure.reason == .error && !failure.isRetryable)
        #expect(failure.message.contains("allowedTargets"), "\(failure.message)")
        #expect(server.connectionCount == 0)
    }

    @Test func aNameIsConnectedToByTheAddressThatWasChecked() throws {
        let server = try ScriptedServer(answering: #"{"result":"pass"}"#)
        defer { server.stop() }
        let bench = try Workbench()
        // The first address may not be connected to; the second may.
        let executor = try bench.http(
            "http://both.example:\(server.port)/", allowing: ["127.0.0.1"],
            hosts: "10.0.0.7 both.example\n127.0.0.1 both.example")
        #expect(try bench.ask(executor).success == HookResult(.pass))
    }

    @Test func givingUpIsFinal() throws {
        let server = try ScriptedServer { connection in
            _ = connection.readRequest()
            usleep(100_000)
            connection.answer(#"{"result":"pass"}"#)
        }
        defer { server.stop() }
        let bench = try Workbench()
        let executor = try bench.http(server.url)
        var calls = 0
        let attempt = executor.start(try Sample.invocation(bench.loop)) { _ in calls += 1 }
        bench.turn { server.connectionCount == 1 }
        attempt.cancel()
        attempt.cancel()
        let end = SystemClock().now + .milliseconds(300)
        bench.turn { SystemClock().now > end }
        #expect(calls == 0 && bench.loop.timerCount == 0 && bench.loop.sourceCount == 0)
    }

    @Test func closingSettlesWhatIsOnItsWay() throws {
        let server = try ScriptedServer { connection in
            _ = connection.readRequest(); _ = connection.readRequest()
        }
        defer { server.stop() }
        let bench = try Workbench()
        let executor = try bench.http(server.url)
        var outcome: Result<HookResult, HookFailure>?
        let attempt = executor.start(try Sample.invocation(bench.loop)) { outcome = $0 }
        bench.turn { server.connectionCount == 1 }
        executor.close()
        #expect(outcome?.failure?.reason == .error)
        #expect(try bench.ask(executor).failure?.message.contains("not in use") == true)
        #expect(bench.loop.sourceCount == 0)
        withExtendedLifetime(attempt) {}
    }

    @Test func aTokenFileThatIsGoneIsSaidSo() throws {
        let server = try ScriptedServer(answering: #"{"result":"pass"}"#)
        defer { server.stop() }
        let bench = try Workbench()
        let token = try bench.write("token", "t")
        let executor = try bench.http(server.url) { $0.bearerTokenFile = token }
        unlink(token)
        let failure = try bench.ask(executor).failure
        #expect(failure?.isRetryable == true && failure?.message.contains("token: No such file") == true)
        _ = try bench.write("token", "a\u{1}b")
        #expect(try bench.ask(executor).failure?.message.contains("Authorization") == true)
        #expect(server.connectionCount == 0)
    }

    @Test func overTLSBothSidesShowCertificatesAndNewOnesComeIntoUse() throws {
        let bench = try Workbench()
        let now = SystemClock().wall / 1_000_000_000
        let maker = try CertificateMaker(authority: "one", now: now, days: 2)
        let other = try CertificateMaker(authority: "two", now: now, days: 2)
        let server = try SecureServer(
            try maker.issue("server", names: ["localhost"], purpose: .server, now: now, days: 1),
            clientAuthorities: try other.pair().chain, answering: #"{"result":"pass"}"#)
        defer { server.stop() }
        let client = try other.issue("hook", names: ["hook"], purpose: .client, now: now, days: 1)
        _ = try bench.write("ca", String(decoding: try other.pair().chain, as: UTF8.self))
        _ = try bench.write("client", String(decoding: client.chain + client.key, as: UTF8.self), mode: 0o600)
        let executor = try bench.http("https://localhost:\(server.port)/", hosts: "127.0.0.1 localhost") {
            $0.caFile = "ca"
            $0.clientCertificate = "client"
        }
        let untrusted = try bench.ask(executor).failure
        #expect(untrusted?.reason == .error && untrusted?.isRetryable == false, "\(untrusted?.message ?? "")")
        _ = try bench.write("ca", String(decoding: try maker.pair().chain, as: UTF8.self))
        usleep(1_100_000)
        #expect(try bench.ask(executor).success == HookResult(.pass))
        #expect(server.lastClient == "hook")
        let fresh = try other.issue("fresh", names: ["hook"], purpose: .client, now: now, days: 1)
        _ = try bench.write("client", String(decoding: fresh.chain + fresh.key, as: UTF8.self), mode: 0o600)
        usleep(1_100_000)
        #expect(try bench.ask(executor).success == HookResult(.pass))
        #expect(server.lastClient == "fresh")
        // A file that is of no use changes nothing.
        _ = try bench.write("client", "nothing")
        usleep(1_100_000)
        #expect(try bench.ask(executor).success == HookResult(.pass))
    }
}

func residentKilobytes() -> Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS") } ?? ""
    return line.split(separator: " ").compactMap { Int($0) }.first ?? 0
}
