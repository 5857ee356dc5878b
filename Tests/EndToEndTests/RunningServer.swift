import Foundation

/// `portcullis serve`, running with certificates of its own on ports that were free.
final class RunningServer {
    let folder: URL
    private(set) var address = ""
    private(set) var admin = ""
    let process = Process()
    private let log = LogReader()

    /// Starts it and waits until it serves.
    init(_ flags: [String] = [], configuration: String? = nil) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("portcullis-\(UUID().uuidString)")
        let made = try BuiltBinary.run(["certs", "dev", folder.path])
        guard made.status == 0, let binary = BuiltBinary.path else { throw Failure("no certificates: \(made.errors)") }
        var arguments = [
            "serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--loops", "2", "--certificate",
            path("server.crt"), "--key", path("server.key"),
        ]
        if let configuration {
            try Data(configuration.utf8).write(to: folder.appendingPathComponent("server.yaml"))
            arguments += ["--config", path("server.yaml")]
        }
        process.executableURL = binary
        process.arguments = arguments + flags
        process.standardError = log.pipe
        try process.run()
        let line = try log.wait(for: "\"message\":\"serving\"")
        address = try Self.field("address", line)
        admin = try Self.field("admin", line)
    }

    deinit {
        // Whoever runs the tests may have SIGTERM blocked, and children inherit that.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: folder)
    }

    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    /// The port that reviews come to.
    var port: String { String(address.split(separator: ":").last ?? "") }

    /// Waits until the log has a line with that text, from the last such wait on.
    @discardableResult func waitForLog(_ text: String) throws -> String { try log.wait(for: text) }

    func signal(_ number: Int32) { kill(process.processIdentifier, number) }

    /// Runs curl with the server's authority; the status, and the body.
    func curl(_ path: String, _ options: [String] = [], isAdmin: Bool = false) throws -> (status: Int, body: String) {
        let url = isAdmin ? "http://\(admin)\(path)" : "https://localhost:\(port)\(path)"
        let said = try Tool.run(
            "curl", ["-sS", "-m", "20", "--cacert", self.path("ca.crt"), "-w", "\n%{http_code}"] + options + [url])
        let lines = said.split(separator: "\n", omittingEmptySubsequences: false)
        guard let code = lines.last.flatMap({ Int($0) }) else { throw Failure("curl said \(said)") }
        return (code, lines.dropLast().joined(separator: "\n"))
    }

    private static func field(_ name: String, _ line: String) throws -> String {
        guard let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
            let value = object[name] as? String
        else { throw Failure("no \(name) in \(line)") }
        return value
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }
}

/// The lines of a log, as they come.
private final class LogReader: @unchecked Sendable {
    let pipe = Pipe()
    private let condition = NSCondition()
    private var pending = ""
    private var lines: [String] = []

    init() {
        pipe.fileHandleForReading.readabilityHandler = { [weak self] handle in
            let data = handle.availableData
            if data.isEmpty {
                handle.readabilityHandler = nil
            } else {
                self?.take(String(decoding: data, as: UTF8.self))
            }
        }
    }

    private func take(_ text: String) {
        condition.lock()
        defer { condition.unlock() }
        pending += text
        while let end = pending.firstIndex(of: "\n") {
            lines.append(String(pending[..<end]))
            pending.removeSubrange(...end)
        }
        condition.broadcast()
    }

    func wait(for text: String) throws -> String {
        let end = Date(timeIntervalSinceNow: 20)
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let index = lines.firstIndex(where: { $0.contains(text) }) {
                let line = lines[index]
                lines.removeSubrange(...index)
                return line
            }
            guard condition.wait(until: end) else {
                throw RunningServer.Failure("no line with \(text); the log has \(lines + [pending])")
            }
        }
    }
}

/// Programs that the tests use as clients.
enum Tool {
    /// What a program prints; its errors are added where it fails.
    static func run(_ name: String, _ arguments: [String], input: Data = Data()) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [name] + arguments
        let (stdin, stdout) = (Pipe(), Pipe())
        (process.standardInput, process.standardOutput, process.standardError) = (stdin, stdout, stdout)
        try process.run()
        try? stdin.fileHandleForWriting.write(contentsOf: input)
        try? stdin.fileHandleForWriting.close()
        let output = stdout.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: output, as: UTF8.self)
    }
}
