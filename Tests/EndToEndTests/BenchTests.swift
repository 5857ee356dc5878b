import Foundation
import Testing

/// A webhook in a few lines of Python that does what its test wants of it.
private final class ScriptedWebhook {
    private let process = Process()
    let port: Int

    /// `answer` is Python: it sets `status`, `allowed` and `uid`, and may sleep; `count` is the number of the request.
    init(_ answer: String) throws {
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let lines = answer.split(separator: "\n").map { "        " + $0 }.joined(separator: "\n")
        process.arguments = [
            "python3", "-c",
            """
            import http.server, itertools, json, time
            numbers = itertools.count()
            class Webhook(http.server.BaseHTTPRequestHandler):
                protocol_version = "HTTP/1.1"
                def do_POST(self):
                    review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                    count, status, allowed, uid = next(numbers), 200, True, review["request"]["uid"]
            \(lines)
                    body = json.dumps({"apiVersion": review["apiVersion"], "kind": review["kind"],
                                       "response": {"uid": uid, "allowed": allowed}}).encode()
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                def log_message(self, *words): pass
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Webhook)
            server.daemon_threads = True
            print(server.server_address[1], flush=True)
            server.serve_forever()
            """,
        ]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        port = try #require(Int(line.trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    /// Whoever runs the tests may have had SIGTERM ignored, and children inherit that.
    deinit {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}

@Suite(.serialized) struct BenchTests {
    private static let review =
        #"{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u-1","#
        + #""kind":{"group":"","version":"v1","kind":"Pod"},"resource":{"group":"","version":"v1","resource":"pods"},"#
        + #""operation":"CREATE"}}"#

    private static func file() throws -> String {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("bench-\(UUID().uuidString).json")
        try Data(review.utf8).write(to: path)
        return path.path
    }

    private func bench(
        _ webhook: ScriptedWebhook, _ options: [String]
    ) throws -> (status: Int32, report: [String: Any]) {
        let reviews = try Self.file()
        defer { try? FileManager.default.removeItem(atPath: reviews) }
        let seen = try BuiltBinary.run(
            ["bench", "http://127.0.0.1:\(webhook.port)/validate", "--reviews", reviews, "-o", "json"] + options)
        #expect(seen.errors.isEmpty)
        let report = try JSONSerialization.jsonObject(with: Data(seen.output.utf8)) as? [String: Any]
        return (seen.status, try #require(report))
    }

    @Test func everyRequestIsAnsweredAndCounted() throws {
        let webhook = try ScriptedWebhook("allowed = count % 2 == 0")
        let (status, report) = try bench(webhook, ["--requests", "100", "--connections", "4"])
        #expect(status == 0)
        #expect(report["outcomes"] as? [String: Int] == ["allowed": 50, "denied": 50])
        #expect(report["failures"] as? Int == 0 && report["firstFailure"] is NSNull)
    }

    @Test func aConnectionForEachRequest() throws {
        let webhook = try ScriptedWebhook("pass")
        let (status, report) = try bench(webhook, ["--requests", "30", "--connections", "3", "--new-connections"])
        #expect(status == 0 && report["requests"] as? Int == 30)
    }

    @Test func aLoadTestThatNeverSleepsTellsHowLongItDidNotRun() throws {
        let webhook = try ScriptedWebhook("pass")
        let (status, report) = try bench(webhook, ["--requests", "40", "--rate", "200", "--spin"])
        #expect(status == 0 && report["requests"] as? Int == 40)
        let pause = try #require(report["longestPause"] as? Double)
        #expect(pause > 0 && pause < 1)
        #expect(try bench(webhook, ["--requests", "10"]).report["longestPause"] is NSNull)
    }

    /// The one connection is held up for 400 ms while a request is due every 10 ms: all who waited are counted so.
    @Test func aStallIsSeenInFull() throws {
        let webhook = try ScriptedWebhook("if count == 20: time.sleep(0.4)")
        let (status, report) = try bench(
            webhook, ["--rate", "100", "--duration", "1s", "--warm-up", "0s", "--connections", "1"])
        let due = try #require(report["responseTime"] as? [String: Double])
        let sent = try #require(report["serviceTime"] as? [String: Double])
        #expect(status == 0 && report["requests"] as? Int == 100)
        #expect(try #require(due["p90"]) > 0.15)
        #expect(try #require(sent["p90"]) < 0.15 && #require(sent["max"]) >= 0.4)
    }

    @Test func whatIsNoVerdictIsAFailure() throws {
        let webhook = try ScriptedWebhook("if count % 3 == 1: status = 503\nif count % 3 == 2: uid = 'another'")
        let (status, report) = try bench(webhook, ["--requests", "30", "--connections", "1"])
        #expect(status == 1)
        #expect(report["outcomes"] as? [String: Int] == ["allowed": 10, "status 503": 10, "contract": 10])
    }

    @Test func whatTakesTooLongIsAFailure() throws {
        let webhook = try ScriptedWebhook("time.sleep(30)")
        let (status, report) = try bench(webhook, ["--requests", "2", "--connections", "2", "--timeout", "200ms"])
        #expect(status == 1 && report["outcomes"] as? [String: Int] == ["timeout": 2])
    }

    @Test func aServerThatIsNotThereIsNamed() throws {
        let reviews = try Self.file()
        defer { try? FileManager.default.removeItem(atPath: reviews) }
        let seen = try BuiltBinary.run(["bench", "http://127.0.0.1:1/", "--reviews", reviews, "--requests", "3"])
        #expect(seen.status == 1)
        #expect(seen.output.contains("connect 3") && seen.output.contains("refused"))
    }

    static let misuses: [[String]] = [
        [], ["http://a/"], ["ftp://a/", "--reviews", "x"], ["http://a/", "--reviews", "x", "--rate", "0"],
        ["http://a/", "--reviews", "x", "--connections", "0"], ["http://a/", "--reviews", "x", "--duration", "5"],
        ["http://a/", "--reviews", "x", "--random", "1"], ["http://a/", "--reviews", "x", "--key", "k"],
        ["http://a/", "--reviews", "x", "--warm-up", "10s"], ["http://a/", "http://b/", "--reviews", "x"],
        ["http://127.0.0.1:1/", "--reviews", "/nonexistent/review.json"],
        ["https://127.0.0.1:1/", "--reviews", "/dev/null"],
    ]

    @Test(arguments: misuses) func misuseIsExplained(_ words: [String]) throws {
        let seen = try BuiltBinary.run(["bench"] + words)
        #expect(seen.status == 2 && seen.output.isEmpty && seen.errors.hasPrefix("portcullis"))
    }
}
