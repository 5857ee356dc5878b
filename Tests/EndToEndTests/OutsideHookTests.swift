import Foundation
import TestSupport
import Testing

/// Hooks that ask others, in the built server, with services and commands that do what none should.
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
        let service: UnreliableService
        let server: RunningServer
        let scratch: String

        init(_ rules: (_ port: Int) -> String, allowing: String = "127.0.0.0/8") throws {
            folder = try ServeRulesTests.folder()
            service = try UnreliableService()
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

    @Test func whateverOthersDoTheAnswerIsThereInTimeAndNothingIsLeft() throws {
        let paths = ["hang", "drip", "flood", "reset", "redirect", "garbage", "error"]
        let commands = [
            ("hangs", "trap '' TERM; while :; do sleep 0.05; done"), ("floods", "head -c 100000000 /dev/zero; exit 1"),
            ("flees", "setsid sleep 100 & sleep 100 & exit 1"), ("fails", "echo oops >&2; exit 7"),
            ("grows", "x=$(head -c 900000000 /dev/zero | tr '\\\\\\\\0' a); echo $x"),
        ]
        let stage = try Stage { port in
            paths.map { Self.hook("http-\($0)", "http: {url: \"http://127.0.0.1:\(port)/\($0)\"}") }.joined()
                + commands.map { Self.hook("command-\($0.0)", Self.command($0.1)) }.joined()
                + Self.hook("http-private", "http: {url: \"http://10.0.0.1/\"}")
                + Self.hook("http-refused", "http: {url: \"http://127.0.0.1:1/\"}")
                + Self.hook("strict", #"cel: {validations: [{expression: "false", message: "never"}]}"#, "mode: warn")
        }
        defer { stage.end() }
        for _ in 0..<3 {
            let start = Date()
            let answer = try stage.ask()
            #expect(Date().timeIntervalSince(start) < 4)
            #expect(answer.contains(#""allowed":true"#) && answer.contains("never"), "\(answer)")
            let names =
                paths.map { "http-\($0)" } + commands.map { "command-\($0.0)" } + ["http-private", "http-refused"]
            for name in names { #expect(answer.contains(name), "\(name) left no trace: \(answer)") }
        }
        #expect(try stage.server.curl("/livez", isAdmin: true).status == 200)
        try stage.server.waitForLog(#""hook":"command-fails","#)
        #expect(try isTidy(stage.scratch))
        let ledger = try stage.server.curl("/v1/fail-open?hook=http-redirect", isAdmin: true).body
        #expect(ledger.contains("redirect") && ledger.contains(#""review":{"kind":"AdmissionReview""#), "\(ledger)")
        let list = stage.folder.path + "/list.jsonl"
        try ledger.write(toFile: list, atomically: true, encoding: .utf8)
        let replay = try BuiltBinary.run(["replay", list, "--rules", stage.folder.path + "/rules"])
        #expect(replay.output.contains("3 decisions"), "\(replay)")
    }

    /// No folder of a run is left, and no process that was started in one.
    private func isTidy(_ scratch: String) throws -> Bool {
        for _ in 0..<200 {
            let folders = try FileManager.default.contentsOfDirectory(atPath: scratch)
            let processes = try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { name in
                guard Int(name) != nil else { return false }
                let environment = (try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(name)/environ"))) ?? Data()
                return environment.range(of: Data((scratch + "/portcullis-hook-").utf8)) != nil
            }
            if folders.isEmpty, processes.isEmpty { return true }
            usleep(50_000)
        }
        return false
    }
}

/// `deploy/unreliable.py`, running.
private final class UnreliableService {
    let port: Int
    private let process = Process()

    init() throws {
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", Corpus.checkout.appendingPathComponent("deploy/unreliable.py").path]
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
