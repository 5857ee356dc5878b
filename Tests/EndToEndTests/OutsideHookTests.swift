import Foundation
import Testing

/// Hooks that ask others, in the built server, from their rule files to the records that their failures leave.
@Suite struct OutsideHookTests {
    private static func hook(_ name: String, _ run: String, _ more: String = "budget: 300ms") -> String {
        """
        apiVersion: portcullis.dev/v1
        kind: Hook
        metadata: {name: \(name)}
        spec:
          phase: validate
          match: {resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]}
          failurePolicy: Ignore
          \(more)
          run: {\(run)}
        ---

        """
    }

    private static func command(_ script: String, _ more: String = "") -> String {
        "command: {argv: [/bin/sh, -c, \"\(script)\"], grace: 200ms\(more)}"
    }

    private struct Stage {
        let folder: URL
        let service: SmallService
        let server: RunningServer
        let scratch: String

        init(_ rules: (_ port: Int) -> String, allowing: String = "127.0.0.0/8") throws {
            folder = try ServeRulesTests.folder()
            service = try SmallService()
            scratch = folder.path + "/scratch"
            try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
            let path = folder.appendingPathComponent("rules")
            try FileManager.default.createDirectory(at: path, withIntermediateDirectories: true)
            try ServeRulesTests.write(rules(service.port), path.appendingPathComponent("a.yaml"))
            server = try RunningServer(
                ["--rules", path.path, "--state", folder.path + "/state"],
                configuration: """
                    apiVersion: portcullis.dev/v1
                    kind: Server
                    spec: {hookCalls: {allowedTargets: ["\(allowing)"], scratch: \(scratch)}}
                    """)
        }

        func ask() throws -> String { try server.curl("/validate?timeout=5s", ServeTests.post(ServeTests.pod())).body }

        func end() { try? FileManager.default.removeItem(at: folder) }
    }

    @Test func servicesAndCommandsJudge() throws {
        let stage = try Stage { port in
            Self.hook("b-service", "http: {url: \"http://127.0.0.1:\(port)/deny\"}", "budget: 5s")
                + Self.hook(
                    "a-command", Self.command("echo deny > $PORTCULLIS_RESULT; echo bad > $PORTCULLIS_MESSAGE"),
                    "budget: 5s")
        }
        defer { stage.end() }
        let answer = try stage.ask()
        #expect(answer.contains(#""allowed":false"#), "\(answer)")
        #expect(answer.contains("bad") && answer.contains("no"), "\(answer)")
    }

    /// The answer is there before the server is done with the question.
    @Test(arguments: ["validate", "mutate"]) func aHookThatFailsAtOnceIsAnsweredFor(phase: String) throws {
        let stage = try Stage({ _ in
            Self.hook("only", #"http: {url: "http://10.1.2.3/"}"#).replacing("validate", with: phase)
        })
        defer { stage.end() }
        for _ in 0..<3 {
            let answer = try stage.server.curl("/\(phase)", ServeTests.post(ServeTests.pod())).body
            #expect(answer.contains("admitted unchecked") && answer.contains(#""allowed":true"#), "\(answer)")
        }
    }

    /// It has been told to end and does not, and nobody would kill it later.
    @Test func aCommandThatIsBeingStoppedEndsWithTheServer() throws {
        let stage = try Stage({ _ in
            Self.hook(
                "deaf",
                "command: {argv: [/bin/sh, -c, \"trap '' TERM; sleep 991.73\"], env: {PATH: /usr/bin:/bin}, grace: 30s}"
            )
        })
        defer { stage.end() }
        #expect(try stage.ask().contains("deaf=timeout"))
        func isRunning() throws -> Bool { try Tool.run("ps", ["-eo", "args"]).contains("\nsleep 991.73") }
        #expect(try isRunning())
        stage.server.signal(SIGTERM)
        stage.server.process.waitUntilExit()
        #expect(try stage.server.process.terminationStatus == 0 && !isRunning())
        #expect(try FileManager.default.contentsOfDirectory(atPath: stage.scratch).isEmpty)
    }

    @Test func whatAKilledServerLeavesIsRemovedByTheNext() throws {
        let stage = try Stage({ _ in
            Self.hook(
                "lasting", Self.command("setsid sleep 991.74 & exec sleep 991.74", ", env: {PATH: /usr/bin:/bin}"),
                "budget: 20s")
        })
        defer { stage.end() }
        func running() throws -> Int {
            try Tool.run("ps", ["-eo", "args"]).split(separator: "\n").count { $0 == "sleep 991.74" }
        }
        func wait(_ condition: () throws -> Bool) throws {
            for _ in 0..<200 where try !condition() { usleep(50_000) }
            #expect(try condition())
        }
        let asking = Process()
        asking.executableURL = URL(fileURLWithPath: "/usr/bin/curl")
        asking.arguments = [
            "-s", "-o", "/dev/null", "-d", ServeTests.pod(), "-H", "Content-Type: application/json",
            "-k", "https://127.0.0.1:\(stage.server.port)/validate?timeout=20s",
        ]
        try asking.run()
        try wait { try running() == 2 }
        stage.server.signal(SIGKILL)
        asking.waitUntilExit()
        // The program that the server started goes with it; what that had started is left.
        try wait { try running() == 1 }
        let left = try FileManager.default.contentsOfDirectory(atPath: stage.scratch)
        #expect(left.count == 1)
        let next = try RunningServer(
            ["--rules", stage.folder.path + "/rules"],
            configuration: """
                apiVersion: portcullis.dev/v1
                kind: Server
                spec: {hookCalls: {scratch: \(stage.scratch)}}
                """)
        try wait { try !FileManager.default.contentsOfDirectory(atPath: stage.scratch).contains(left[0]) }
        #expect(try running() == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: stage.scratch).count == 1)
        withExtendedLifetime(next) {}
    }

    @Test func whatFailsIsInTheLogAndTheLedgerAndCanBeJudgedAgain() throws {
        let stage = try Stage { port in
            Self.hook("leads-astray", "http: {url: \"http://127.0.0.1:\(port)/redirect\"}")
                + Self.hook("fails", Self.command("echo token=hunter2 >&2; exit 7"), "budget: 5s")
                + Self.hook("strict", #"cel: {validations: [{expression: "false", message: "never"}]}"#, "mode: warn")
        }
        defer { stage.end() }
        for _ in 0..<3 {
            let answer = try stage.ask()
            #expect(answer.contains(#""allowed":true"#) && answer.contains("never"), "\(answer)")
            for name in ["leads-astray", "fails"] { #expect(answer.contains(name), "\(name) left no trace: \(answer)") }
        }
        let line = try stage.server.waitForLog(#""message":"a command has ended""#)
        #expect(line.contains(#""ending":"status 7""#) && line.contains("token=REDACTED"), "\(line)")
        let ledger = try stage.server.curl("/v1/fail-open?hook=leads-astray", isAdmin: true).body
        #expect(ledger.contains("redirect") && ledger.contains(#""review":{"kind":"AdmissionReview""#), "\(ledger)")
        let list = stage.folder.path + "/list.jsonl"
        try ledger.write(toFile: list, atomically: true, encoding: .utf8)
        let replay = try BuiltBinary.run(["replay", list, "--rules", stage.folder.path + "/rules"])
        #expect(replay.output.contains("3 decisions"), "\(replay)")
    }
}

/// A service that denies, or sends whoever asks elsewhere.
private final class SmallService {
    private static let script = """
        import http.server

        class Service(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                body = b'{"result":"deny","message":"no"}'
                self.send_response(302 if self.path == "/redirect" else 200)
                self.send_header("Location", "http://127.0.0.1:1/")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
        print(server.server_port, flush=True)
        server.serve_forever()
        """

    let port: Int
    private let process = Process()

    init() throws {
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", Self.script]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard let port = Int(line.prefix { $0.isNumber }) else { throw RunningServer.Failure("no port: \(line)") }
        self.port = port
    }

    deinit {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}
