import Foundation
import TestSupport
import Testing

/// `deploy/dev.sh`, with a compiler that has built already.
@Suite struct DevScriptTests {
    /// A folder that looks like a fresh clone, in which `swift` says where the program is that was built with the tests.
    private final class Clone {
        let folder: TemporaryDirectory
        let ports: [String]
        private var running: [Process] = []

        init() throws {
            folder = try TemporaryDirectory()
            ports = try FreePorts.pick(2)
            guard let binary = BuiltBinary.path else { throw BuiltBinary.NotBuilt() }
            let files = FileManager.default
            // A name that a shell would read otherwise if it were printed as it is.
            for name in ["a clone", "bin"] {
                try files.createDirectory(atPath: "\(folder.path)/\(name)", withIntermediateDirectories: true)
            }
            try files.createSymbolicLink(
                atPath: "\(checkout)/deploy",
                withDestinationPath: Corpus.checkout.appendingPathComponent("deploy").path)
            let swift = """
                #!/bin/sh
                case "$*" in *--show-bin-path*) echo \(binary.deletingLastPathComponent().path) ;; esac

                """
            try swift.write(toFile: "\(folder.path)/bin/swift", atomically: true, encoding: .utf8)
            try files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(folder.path)/bin/swift")
        }

        deinit { for process in running { kill(process.processIdentifier, SIGKILL) } }

        var checkout: String { "\(folder.path)/a clone" }

        /// Starts it; what it says is in a file of that name.
        func start(_ name: String, ports: [String]) throws -> Process {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "\(checkout)/deploy/dev.sh")
            process.arguments = ["--port", ports[0], "--admin-port", ports[1], "--loops", "1"]
            process.environment = ProcessInfo.processInfo.environment.merging([
                "PATH": "\(folder.path)/bin:\(ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")"
            ]) { _, new in new }
            try Data().write(to: URL(fileURLWithPath: "\(folder.path)/\(name)"))
            let output = FileHandle(forWritingAtPath: "\(folder.path)/\(name)")
            (process.standardOutput, process.standardError) = (output, output)
            try process.run()
            running.append(process)
            return process
        }

        func said(_ name: String) throws -> String {
            try String(contentsOfFile: "\(folder.path)/\(name)", encoding: .utf8)
        }

        /// Waits until it has said that.
        func wait(_ name: String, for text: String) throws -> String {
            for _ in 0..<3000 {
                let said = try said(name)
                if said.contains(text) { return said }
                usleep(10_000)
            }
            throw RunningServer.Failure("nothing said \(text): \(try said(name))")
        }
    }

    /// Its exit status; nil for one that does not end.
    private static func wait(_ process: Process) -> Int32? {
        for _ in 0..<3000 where process.isRunning { usleep(10_000) }
        return process.isRunning ? nil : process.terminationStatus
    }

    @Test func whatItPrintsWorksAsItIsPrinted() throws {
        let clone = try Clone()
        let server = try clone.start("said", ports: clone.ports)
        let said = try clone.wait("said", for: "\"message\":\"serving\"")
        func answer(_ name: String) throws -> String {
            let line = try #require(said.firstMatch(of: try Regex<(Substring, Substring)>("(?m)^  \(name): +(.*)$")))
            return try Tool.run("bash", ["-c", line.output.1 + " 2>/dev/null"])
        }
        #expect(try answer("allowed").contains(#""allowed":true"#))
        let denied = try answer("denied")
        #expect(denied.contains(#""allowed":false"#) && denied.contains("privileged: web must not set"), "\(denied)")
        let changed = try answer("changed")
        #expect(changed.contains(#""patchType":"JSONPatch""#) && changed.hasSuffix("}\n"), "\(changed)")
        #expect(try answer("metrics").contains("portcullis_admission_requests_total"))
        kill(server.processIdentifier, SIGINT)
        #expect(Self.wait(server) == 0)
    }

    @Test func aPortThatSomebodyHasIsToldBeforeAnythingIsBuilt() throws {
        let clone = try Clone()
        let server = try clone.start("first", ports: clone.ports)
        _ = try clone.wait("first", for: "\"message\":\"serving\"")
        let others = try FreePorts.pick(2)
        for ports in [[clone.ports[0], others[1]], [others[0], clone.ports[1]]] {
            let second = try clone.start("second", ports: ports)
            #expect(Self.wait(second) == 2)
            let taken = clone.ports.first { ports.contains($0) } ?? ""
            let said = try clone.said("second")
            #expect(said.hasPrefix("deploy/dev.sh: port \(taken) is taken"), "\(said)")
            #expect(said.contains("--port 9443 --admin-port 9190") && !said.contains("Try"))
        }
        kill(server.processIdentifier, SIGINT)
        #expect(Self.wait(server) == 0)
    }

    @Test func aSecondStartKeepsTheCertificates() throws {
        let clone = try Clone()
        var seen: [String] = []
        for name in ["first", "second"] {
            let server = try clone.start(name, ports: clone.ports)
            _ = try clone.wait(name, for: "\"message\":\"serving\"")
            seen.append(try String(contentsOfFile: "\(clone.checkout)/certs-dev/ca.crt", encoding: .utf8))
            kill(server.processIdentifier, SIGINT)
            #expect(Self.wait(server) == 0)
        }
        #expect(seen.count == 2 && seen[0] == seen[1])
    }

    @Test(arguments: [["--port"], ["--port", "no"], ["--admin-port", "0"]])
    func aPortThatIsNoneIsRefused(_ words: [String]) throws {
        let said = try Tool.run(Corpus.checkout.appendingPathComponent("deploy/dev.sh").path, words)
        #expect(said.hasPrefix("deploy/dev.sh: \(words[0]) must be the number of a port"), "\(said)")
    }
}
