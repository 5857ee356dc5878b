import Foundation
import TestSupport

/// A shell that a reader types into, one command after the other, in a folder that looks like a checkout.
///
/// `.build/release/portcullis` there is the program that was built with the tests, told to use ports that are free; the
/// ports in what is typed and in what is printed are exchanged for these and back.
final class ReadmeShell {
    struct Outcome {
        let status: Int32
        let output: String
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let process = Process()
    private let typed = Pipe()
    /// Where it is.
    private(set) var folder: String
    private let ports: [(README: String, here: String)]
    /// What each command said, and its exit status.
    private let notes: TemporaryDirectory
    private var count = 0

    /// A shell of a section: `folder` is where the section before has ended, below the checkout.
    init(
        of checkout: TemporaryDirectory, in folder: String, ports: [(README: String, here: String)],
        environment: [String: String]
    ) throws {
        (self.folder, self.ports, notes) = (folder, ports, try TemporaryDirectory())
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["--noprofile", "--norc"]
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        var environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        environment["PATH"] = "\(checkout.path)/.build/release:\(environment["PATH"] ?? "/usr/bin:/bin")"
        process.environment = environment
        process.standardInput = typed
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    /// Ends what was started in the background too. Whoever runs the tests may have SIGTERM blocked, and children inherit that.
    func close() {
        try? typed.fileHandleForWriting.write(contentsOf: Data("kill -KILL $(jobs -p); exit\n".utf8))
        try? typed.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    /// Types a command and waits for its end. A command that only looks is typed again until it shows what it is to show.
    func type(_ step: ReadmeStep) throws -> Outcome {
        var outcome = try run(step.command)
        var tries = 0
        while step.isLook, tries < 300, outcome.status != step.status || !step.isShown(in: outcome.output) {
            usleep(100_000)
            outcome = try run(step.command)
            tries += 1
        }
        return outcome
    }

    private func run(_ command: String) throws -> Outcome {
        count += 1
        let here = ports.reduce(command) { Self.replace($1.README, $1.here, in: $0) }
        let (output, status) = ("\(notes.path)/output-\(count)", "\(notes.path)/status-\(count)")
        let end = "echo $? $PWD >\(status).new; mv \(status).new \(status)"
        let line = "{\n\(here)\n} >\(output) 2>&1 </dev/null; \(end)\n"
        try typed.fileHandleForWriting.write(contentsOf: Data(line.utf8))
        for _ in 0..<6000 {
            if let text = try? String(contentsOfFile: status, encoding: .utf8),
                let found = text.wholeMatch(of: #/(\d+) (.*)\n/#), let number = Int32(found.output.1)
            {
                folder = String(found.output.2)
                // A terminal shows no difference.
                let said = try String(contentsOfFile: output, encoding: .utf8)
                    .replacingOccurrences(of: "\r\n", with: "\n")
                return Outcome(
                    status: number, output: ports.reduce(said) { Self.replace($1.here, $1.README, in: $0) })
            }
            guard process.isRunning else { throw Failure(description: "the shell ended at: \(command)") }
            usleep(10_000)
        }
        throw Failure(description: "no end after a minute: \(command)")
    }

    private static func replace(_ number: String, _ other: String, in text: String) -> String {
        text.replacingOccurrences(of: "\\b\(number)\\b", with: other, options: .regularExpression)
    }

    /// A folder that looks like a checkout after a build.
    static func checkout(ports: [(README: String, here: String)]) throws -> TemporaryDirectory {
        let folder = try TemporaryDirectory()
        let files = FileManager.default
        guard let binary = BuiltBinary.path else { throw BuiltBinary.NotBuilt() }
        for name in ["deploy", "Sources", "Tests", "Package.swift", "README.md"] {
            try files.createSymbolicLink(
                atPath: "\(folder.path)/\(name)",
                withDestinationPath: Corpus.checkout.appendingPathComponent(name).path)
        }
        try files.createDirectory(atPath: "\(folder.path)/.build/release", withIntermediateDirectories: true)
        let wrapper = """
            #!/bin/bash
            # Where the README means the ports that are there unless somebody says otherwise.
            case "$1 $*" in
                serve*--config*) ;;
                serve*) set -- "$@" --listen 127.0.0.1:\(ports[0].here) --admin-listen 127.0.0.1:\(ports[1].here) ;;
                status*|mode*|breaker*|dead-letter*)
                    command=$1
                    shift
                    set -- "$command" "$@" --server http://127.0.0.1:\(ports[1].here)
                    ;;
            esac
            exec \(binary.path) "$@"

            """
        let path = "\(folder.path)/.build/release/portcullis"
        try wrapper.write(toFile: path, atomically: true, encoding: .utf8)
        try files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        return folder
    }
}

/// Ports of this machine that nobody has.
enum FreePorts {
    struct NonePicked: Error {}

    static func pick(_ count: Int) throws -> [String] {
        // All of them are held until the last is picked, so that none is picked twice.
        var sockets: [Int32] = []
        defer { for socket in sockets { Glibc.close(socket) } }
        return try (0..<count).map { _ in
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            sockets.append(descriptor)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let picked = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
                }
            }
            guard picked else { throw NonePicked() }
            return String(UInt16(bigEndian: address.sin_port))
        }
    }
}
