import Foundation
import Testing

/// The built server, and hooks that do their worst with real sockets and real processes.
@Suite struct HostileHookTests {
    /// A server whose paths are named after what they do.
    private static let villain = """
        import socket, struct, sys, threading, time

        def serve(connection):
            request = connection.recv(65536).decode("latin1")
            path = request.split(" ")[1]
            head = "HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\n"
            def send(text): connection.sendall(text.encode("latin1"))
            try:
                if path == "/good":
                    send(head + "Content-Length: 17\\r\\n\\r\\n" + '{"result":"pass"}')
                elif path == "/hang":
                    time.sleep(60)
                elif path == "/trickle":
                    for byte in head + "Content-Length: 17\\r\\n\\r\\n":
                        send(byte)
                        time.sleep(1)
                elif path == "/flood":
                    send(head + "Content-Length: 1073741824\\r\\n\\r\\n")
                    while True: connection.sendall(b" " * 65536)
                elif path == "/reset":
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                elif path == "/redirect":
                    send("HTTP/1.1 302 Found\\r\\nLocation: http://127.0.0.1:1/\\r\\nContent-Length: 0\\r\\n\\r\\n")
                elif path == "/garbage":
                    send(head + "Content-Length: 6\\r\\n\\r\\n<html>")
            except OSError:
                pass
            connection.close()

        listener = socket.create_server(("127.0.0.1", 0))
        print(listener.getsockname()[1], flush=True)
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
        """

    private static func http(_ name: String, _ url: String) -> String {
        hook(name, "http: {url: \"\(url)\"}")
    }

    private static func command(_ name: String, _ script: String) -> String {
        hook(name, "command: {argv: [sh, -c, \"\(script)\"], env: {PATH: /usr/bin:/bin}, grace: 100ms}")
    }

    private static func hook(_ name: String, _ run: String) -> String {
        """
        ---
        apiVersion: portcullis.dev/v1
        kind: Hook
        metadata: {name: \(name)}
        spec: {phase: validate, budget: 400ms, failurePolicy: Ignore, breaker: false, run: {\(run)}}

        """
    }

    /// Marks the processes of this test among all others.
    private static let sleep = "sleep 617.331"

    private static func rules(_ port: String) -> String {
        ["good", "hang", "trickle", "flood", "reset", "redirect", "garbage"].map {
            http($0, "http://127.0.0.1:\(port)/\($0)")
        }.joined() + http("refused", "http://127.0.0.1:1/") + http("private", "http://10.1.2.3/")
            + command("deaf", "trap '' TERM; \(sleep)") + command("loud", "yes")
            + command("parent", "\(sleep) & echo pass > $PORTCULLIS_RESULT")
    }

    @Test func nothingTheyDoIsFeltByWhoeverAsks() throws {
        let folder = try ServeRulesTests.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let (villain, port) = try Self.start()
        defer {
            kill(villain.processIdentifier, SIGKILL)
            villain.waitUntilExit()
        }
        let rules = folder.appendingPathComponent("rules")
        try FileManager.default.createDirectory(at: rules, withIntermediateDirectories: true)
        try ServeRulesTests.write(Self.rules(port), rules.appendingPathComponent("hooks.yaml"))
        let server = try RunningServer(
            ["--rules", rules.path],
            configuration: """
                apiVersion: portcullis.dev/v1
                kind: Server
                spec: {hookCalls: {allowedTargets: [127.0.0.0/8]}}

                """)
        for _ in 0..<3 {
            // Curl gives up at the instant at which the API server would.
            let (status, body) = try server.curl(
                "/validate?timeout=2s", ServeTests.post(ServeTests.pod()) + ["-m", "2"])
            #expect(status == 200)
            let response =
                try #require(
                    try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any])["response"]
                as? [String: Any]
            let annotations = response?["auditAnnotations"] as? [String: String] ?? [:]
            let unchecked = Set((annotations["fail-open"] ?? "").split(separator: ",").map(String.init))
            #expect(response?["allowed"] as? Bool == true, "\(body)")
            #expect(
                unchecked.isSuperset(of: ["hang=timeout", "trickle=timeout", "deaf=timeout", "loud=timeout"]), "\(body)"
            )
            let names = Set(unchecked.map { $0.split(separator: "=")[0] })
            #expect(
                names == [
                    "hang", "trickle", "flood", "reset", "redirect", "garbage", "refused", "private", "deaf", "loud",
                ], "\(body)")
        }
        #expect(try Self.peakKilobytes(server.process.processIdentifier) < 300_000)
        try Self.waitUntilNothingRuns()
        #expect(server.process.isRunning)
    }

    private static func start() throws -> (Process, String) {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", villain]
        process.standardOutput = output
        try process.run()
        var line = Data()
        while line.last != 0x0A {
            let more = output.fileHandleForReading.availableData
            if more.isEmpty { throw RunningServer.Failure("the villain did not start") }
            line += more
        }
        return (process, String(decoding: line.dropLast(), as: UTF8.self))
    }

    private static func peakKilobytes(_ process: Int32) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line.flatMap { Int($0.split(separator: " ").dropFirst().first ?? "") } ?? .max
    }

    /// Whatever hooks started is gone soon after.
    private static func waitUntilNothingRuns() throws {
        let end = Date(timeIntervalSinceNow: 10)
        while try Tool.run("ps", ["-eo", "args"]).split(separator: "\n").contains(where: { $0 == sleep }) {
            guard Date() < end else { throw RunningServer.Failure("something that a hook started still runs") }
            Thread.sleep(forTimeInterval: 0.05)
        }
    }
}
