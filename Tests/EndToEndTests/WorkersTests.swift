import Foundation
import Testing

/// `serve --workers N`: several processes that are one server.
@Suite(.serialized) struct WorkersTests {
    private static let token = "0123456789abcdef0123"
    private static let pod = ServeTests.post(ServeTests.pod())

    /// A hook that denies, and one that cannot reach whom it asks and fails open.
    private static let rules = ["strict", "failing"].map { name in
        """
        apiVersion: portcullis.dev/v1
        kind: Hook
        metadata: {name: \(name)}
        spec:
          phase: validate
          mode: \(name == "strict" ? "audit" : "enforce")
          failurePolicy: Ignore
          match: {resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]}
          run: {\(name == "strict" ? #"cel: {validations: [{expression: "false", message: never}]}"# : "http: {url: \"http://10.1.2.3/\"}")}

        """
    }.joined(separator: "---\n")

    private struct Stage {
        let folder: URL
        let server: RunningServer
        var change: [String] { ["-H", "Authorization: Bearer \(token)"] }

        init(_ flags: [String] = []) throws {
            folder = try ServeRulesTests.folder()
            try ServeRulesTests.write(token, folder.appendingPathComponent("token"))
            try ServeRulesTests.write(rules, folder.appendingPathComponent("a.yaml"))
            server = try RunningServer(
                [
                    "--workers", "2", "--rules", folder.path + "/a.yaml", "--admin-token-file", folder.path + "/token",
                ] + flags)
        }

        func json(_ path: String) throws -> [String: Any] {
            let answer = try server.curl(path, isAdmin: true)
            return try #require(try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any])
        }

        func list(_ path: String, _ name: String) throws -> [[String: Any]] {
            try #require(try json(path)[name] as? [[String: Any]])
        }

        /// The processes of the workers, in their order.
        func processes() throws -> [Int32] {
            try list("/v1/status", "workers").map { Int32($0["process"] as? Int ?? 0) }
        }

        /// Asks, and does not wait for the answer.
        func ask() throws -> Process {
            let asking = Process()
            asking.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            asking.arguments =
                ["curl", "-sk", "-m", "20", "https://localhost:\(server.port)/validate?timeout=20s"] + pod
            asking.standardOutput = FileHandle.nullDevice
            try asking.run()
            return asking
        }

        /// The value of the samples of that beginning, added up.
        func metric(_ beginning: String) throws -> Double {
            let lines = try server.curl("/metrics", isAdmin: true).body.split(separator: "\n")
            return lines.filter { $0.hasPrefix(beginning) }.compactMap { Double($0.split(separator: " ").last ?? "") }
                .reduce(0, +)
        }

        /// Asks until both workers have answered something; every connection is the kernel's to give to one of them.
        func askBoth() throws -> Int {
            for count in 1...200 {
                #expect(try server.curl("/validate", pod).status == 200)
                let seen = try list("/v1/decisions?limit=1000", "decisions").compactMap { $0["worker"] as? Int }
                if Set(seen) == [1, 2] { return count }
            }
            throw RunningServer.Failure("200 connections, and one worker got all of them")
        }

        /// Waits until both workers are ready.
        func waitUntilReady() throws {
            for _ in 0..<2000 {
                if try list("/v1/status", "workers").allSatisfy({ $0["ready"] as? Bool == true }) { return }
                usleep(10_000)
            }
            throw RunningServer.Failure("not ready: \(try server.curl("/readyz?verbose", isAdmin: true).body)")
        }
    }

    /// Whether a process is there and not merely waiting for somebody to learn of its end.
    private static func isRunning(_ id: Int32) -> Bool {
        guard let stat = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8) else { return false }
        let state = stat.split(separator: ")").last?.split(separator: " ").first
        return state != "Z" && state != "X"
    }

    private static func waitForEnd(of processes: [Int32]) throws {
        for _ in 0..<2000 {
            if !processes.contains(where: isRunning) { return }
            usleep(10_000)
        }
        throw RunningServer.Failure("still running: \(processes.filter(isRunning))")
    }

    @Test func tellsOfAllWorkersAsOfOneServer() throws {
        let stage = try Stage()
        defer { try? FileManager.default.removeItem(at: stage.folder) }
        let count = try stage.askBoth()
        #expect(Set(try stage.processes() + [stage.server.process.processIdentifier]).count == 3)
        #expect(try stage.metric(#"portcullis_fail_open_total{hook="failing",reason="error"}"#) == Double(count))
        #expect(try stage.metric("portcullis_admission_duration_seconds_count") == Double(count))
        #expect(try stage.json("/v1/hooks/failing")["sinceStart"] as? [String: Double] != nil)
        let hook = try #require(try stage.json("/v1/hooks/failing")["lastFiveMinutes"] as? [String: Any])
        #expect(hook["calls"] as? Int == count && hook["failures"] as? Int == count, "\(hook)")
        for path in ["/v1/fail-open", "/v1/runtime/hooks/dead-letter"] {
            let entries = try stage.list(path + "?limit=1000", "entries")
            #expect(entries.count == count && Set(entries.compactMap { $0["worker"] as? Int }) == [1, 2], "\(path)")
        }
        let ready = try stage.server.curl("/readyz?verbose", isAdmin: true)
        #expect(ready.status == 200 && ready.body.contains("[+] worker 1") && ready.body.contains("[+] worker 2"))
        #expect(try stage.server.curl("/", isAdmin: true).body.contains("<title>Portcullis</title>"))
        #expect(try BuiltBinary.run(["status", "--server", "http://\(stage.server.admin)"]).status == 0)
    }

    @Test func listsPageByPageAndFindsTheWorkerOfALetter() throws {
        let stage = try Stage()
        defer { try? FileManager.default.removeItem(at: stage.folder) }
        let count = try stage.askBoth()
        let path = "/v1/runtime/hooks/dead-letter?limit=1"
        var (ids, place) = ([Int](), "")
        while ids.count <= count {
            let page = try stage.json(path + place)
            let entries = try #require(page["entries"] as? [[String: Any]])
            ids += entries.compactMap { $0["id"] as? Int }
            guard let before = page["before"] as? String else { break }
            place = "&before=\(before)"
        }
        #expect(ids.count == count && Set(ids).count == count, "\(ids) of \(count)")
        #expect(try stage.server.curl(path + "&before=7", isAdmin: true).status == 400)
        let server = ["--server", "http://\(stage.server.admin)", "--token-file", stage.folder.path + "/token"]
        let words = ids.map(String.init)
        let resolved = try BuiltBinary.run(["dead-letter", "resolve"] + words + server)
        #expect(resolved.status == 0 && resolved.output.contains("\(words[0]): resolved"), "\(resolved)")
        #expect(try stage.list("/v1/runtime/hooks/dead-letter?state=open", "entries").isEmpty)
        #expect(
            try BuiltBinary.run(["dead-letter", "replay", "99901"] + server).errors.contains("no dead letter 99901"))
        #expect(try BuiltBinary.run(["dead-letter", "replay", "199"] + server).errors.contains("no dead letter 199"))
        #expect(try BuiltBinary.run(["dead-letter", "replay", words[0]] + server).output.contains("failed again"))
    }

    @Test func changesEveryWorkerAndThoseThatStartLater() throws {
        let stage = try Stage()
        defer { try? FileManager.default.removeItem(at: stage.folder) }
        let path = "/v1/hooks/strict/mode"
        let change = ["-d", #"{"mode":"enforce"}"#]
        #expect(try stage.server.curl(path, change, isAdmin: true).status == 401)
        #expect(try stage.server.curl(path, ["-d", "x"] + stage.change, isAdmin: true).status == 400)
        let changed = try stage.server.curl(path, change + stage.change, isAdmin: true)
        #expect(changed.status == 200 && changed.body.contains(#""by":"token""#), "\(changed)")
        for id in try stage.processes() {
            kill(id, SIGSEGV)
            try stage.server.waitForLog(#""message":"a worker has ended""#)
            try stage.server.waitForLog(#""message":"a worker serves""#)
        }
        try stage.waitUntilReady()
        _ = try stage.askBoth()
        let decisions = try stage.list("/v1/decisions", "decisions")
        #expect(decisions.allSatisfy { $0["outcome"] as? String == "denied" }, "\(decisions)")
    }

    @Test func oneWorkersEndCostsOnlyItsOwnConnections() throws {
        let stage = try Stage()
        defer { try? FileManager.default.removeItem(at: stage.folder) }
        let before = try stage.processes()
        let reviews = stage.folder.appendingPathComponent("review.json")
        try ServeRulesTests.write(ServeTests.pod(), reviews)
        let bench = Process()
        bench.executableURL = BuiltBinary.path
        bench.arguments = [
            "bench", "https://localhost:\(stage.server.port)/validate", "--reviews", reviews.path, "--ca",
            stage.server.path("ca.crt"), "--connections", "6", "--rate", "200", "--warm-up", "0s", "--duration", "4s",
            "-o", "json",
        ]
        let output = Pipe()
        bench.standardOutput = output
        try bench.run()
        let name = "portcullis_admission_duration_seconds_count"
        var seen = 0.0
        while seen < 100 { seen = try stage.metric(name) }
        kill(before[0], SIGKILL)
        try stage.server.waitForLog(#""message":"a worker has ended","worker":1,"signal":9"#)
        #expect(try stage.server.curl("/readyz", isAdmin: true).status == 200)
        try stage.server.waitForLog(#""message":"a worker serves","worker":1"#)
        while bench.isRunning {
            let now = try stage.metric(name)
            #expect(now >= seen, "a counter went down")
            seen = now
        }
        let said = output.fileHandleForReading.readDataToEndOfFile()
        let report = try #require(try JSONSerialization.jsonObject(with: said) as? [String: Any])
        let failed = try #require(report["failures"] as? Int)
        let requests = try #require(report["requests"] as? Int)
        // Each connection to the worker may fail once, and once more where it was made again before the kernel knew.
        #expect(requests > 600 && failed <= 12, "\(report)")
        let after = try stage.processes()
        #expect(after[0] != before[0] && after[1] == before[1])
        #expect(try stage.metric(#"portcullis_worker_restarts_total{worker="1"}"#) == 1)
        #expect(try stage.metric(#"portcullis_worker_restarts_total{worker="2"}"#) == 0)
    }

    @Test func keepsWhatAWorkerHadCounted() throws {
        let stage = try Stage()
        defer { try? FileManager.default.removeItem(at: stage.folder) }
        let count = Double(try stage.askBoth())
        let names = ["portcullis_admission_duration_seconds_count", "portcullis_fail_open_total"]
        for name in names { #expect(try stage.metric(name) == count) }
        for id in try stage.processes() {
            kill(id, SIGKILL)
            try stage.server.waitForLog(#""message":"a worker has ended""#)
            for name in names { #expect(try stage.metric(name) == count, "\(name), while it is away") }
            try stage.server.waitForLog(#""message":"a worker serves""#)
            try stage.waitUntilReady()
            for name in names { #expect(try stage.metric(name) == count, "\(name), once it is back") }
        }
        let path = "/v1/runtime/hooks/dead-letter?limit=1000"
        #expect(try stage.list(path, "entries").count == Int(count), "and what it had kept")
    }

    @Test func endsWhatAWorkerHadRunningForItsHooks() throws {
        let stage = try Stage()
        defer { try? FileManager.default.removeItem(at: stage.folder) }
        let seconds = "7\(UInt32.random(in: 10_000...99_999))"
        let hook = Self.rules.split(separator: "\n").prefix { !$0.hasPrefix("---") }.map { line in
            line.contains("run:")
                ? "  budget: 20s\n  run: {command: {argv: [/bin/sleep, \"\(seconds)\"]}}" : String(line)
        }
        let text = hook.joined(separator: "\n") + "\n"
        try ServeRulesTests.write(text, stage.folder.appendingPathComponent("a.yaml"))
        func sleepers() throws -> [Int32] {
            try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { Int32($0) }.filter { id in
                let words = try? String(contentsOfFile: "/proc/\(id)/cmdline", encoding: .utf8)
                return words == "/bin/sleep\0\(seconds)\0"
            }
        }
        var (found, asking) = ([Int32](), Process?.none)
        for _ in 0..<1000 where found.isEmpty {
            // Whoever was answered at once was answered by the rules before.
            if asking?.isRunning != true { asking = try stage.ask() }
            usleep(20_000)
            found = try sleepers()
        }
        defer { asking?.waitUntilExit() }
        #expect(found.count == 1)
        for id in try stage.processes() { kill(id, SIGKILL) }
        try Self.waitForEnd(of: found)
    }

    @Test func endsWithAllItsWorkers() throws {
        let stage = try Stage()
        defer { try? FileManager.default.removeItem(at: stage.folder) }
        let workers = try stage.processes()
        stage.server.signal(SIGTERM)
        stage.server.process.waitUntilExit()
        #expect(stage.server.process.terminationStatus == 0 && stage.server.process.terminationReason == .exit)
        #expect(!workers.contains(where: Self.isRunning))
    }

    @Test func workersEndWithTheirSupervisor() throws {
        let stage = try Stage()
        defer { try? FileManager.default.removeItem(at: stage.folder) }
        let workers = try stage.processes()
        #expect(workers.allSatisfy(Self.isRunning))
        stage.server.signal(SIGKILL)
        try Self.waitForEnd(of: workers)
    }

    @Test func refusesToStartAsOneServerWould() throws {
        let folder = try ServeRulesTests.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(try BuiltBinary.run(["certs", "dev", folder.path]).status == 0)
        let file = folder.path + "/bad.yaml"
        try ServeRulesTests.write("apiVersion: portcullis.dev/v1\nkind: Hook\n", URL(fileURLWithPath: file))
        let flags = [
            "serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--certificate",
            folder.path + "/server.crt", "--key", folder.path + "/server.key",
        ]
        let refused = try BuiltBinary.run(flags + ["--rules", file, "--workers", "3"])
        #expect(refused.status == 2 && refused.errors.contains("worker 1 cannot start"), "\(refused)")
        #expect(refused.errors.components(separatedBy: "(metadata.name)").count == 2, "\(refused.errors)")
        #expect(try BuiltBinary.run(flags + ["--workers", "65"]).errors.contains("0 to 64"))
        let binary = try #require(BuiltBinary.path)
        let alone = try Tool.run("env", ["PORTCULLIS_WORKER=1", binary.path] + flags)
        #expect(alone.contains("PORTCULLIS_WORKER is set, which is for"), "\(alone)")
    }
}
