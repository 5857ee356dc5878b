import Foundation
import RecordingCluster
import TestSupport
import Testing

/// The README, read from top to bottom by somebody who types every command.
@Suite struct ReadmeTests {
    @Test func everyCommandDoesWhatIsShown() throws {
        let readme = try ReadmeText()
        let cluster = try RecordingCluster()
        let here = try FreePorts.pick(3)
        let ports = zip(["8443", "9090", "8081"], here).map { (README: $0, here: $1) }
        let folder = try ReadmeShell.checkout(ports: ports)
        var shell: ReadmeShell?
        var section = ""
        var count = 0
        defer { shell?.close() }
        var failed: String?
        for step in readme.steps where CommandElsewhere.of(step.command) == nil && step.section != failed {
            if shell == nil || step.section != section {
                shell?.close()
                shell = try ReadmeShell(
                    of: folder, in: shell?.folder ?? folder.path, ports: ports,
                    environment: ["KUBECONFIG": cluster.kubeconfig()])
                section = step.section
            }
            let outcome = try #require(try shell?.type(step))
            let place = "README.md:\(step.line): \(step.command)\n\(outcome.output)"
            #expect(outcome.status == step.status, "\(place)")
            #expect(step.isShown(in: outcome.output), "\(place)")
            // What comes later in a section stands on what came before.
            if outcome.status != step.status || !step.isShown(in: outcome.output) { failed = step.section }
            count += 1
        }
        #expect(count >= 40 || failed != nil)
    }

    @Test func commandsThatAreNotRunHereAreRight() throws {
        let readme = try ReadmeText()
        let lines = readme.steps.map { (place: "README.md:\($0.line)", command: $0.command) }
        let codes = readme.codes.map { (place: "`\($0)`", command: $0) }
        let found = (lines + codes).compactMap { line in
            CommandElsewhere.of(line.command).map { (line.place, line.command, $0) }
        }
        for (place, command, kind) in found {
            let complaints = try kind.complaints(command)
            #expect(complaints.isEmpty, "\(place): \(command): \(complaints)")
        }
        let kinds = Set(found.map(\.2.prefix))
        #expect(kinds == Set(CommandElsewhere.all.map(\.prefix)), "one of the list is not needed any more")
    }

    @Test func wrongCommandsAreSeen() throws {
        func complaints(_ command: String) throws -> [String]? {
            try CommandElsewhere.of(command)?.complaints(command)
        }
        for wrong in [
            "./deploy/soak.sh rotations", "./deploy/compare.sh gone", "swift test --filter GoneTests",
            "swift run -c release benchmarks",
            "docker build -f deploy/Dockerfiles .", "helm install a deploy/charts",
            "helm install a deploy/chart --set image.repo=x", "kubectl apply -k deploy/manifest",
        ] {
            #expect(try complaints(wrong)?.isEmpty == false, "\(wrong)")
        }
        #expect(try complaints("./deploy/soak.sh rotation")?.isEmpty == true)
        for run in ["kubectl kustomize deploy/manifests", "./deploy/gone.sh", "curl http://127.0.0.1:9090"] {
            #expect(CommandElsewhere.of(run) == nil)
        }
    }

    @Test func whatIsShownIsCompared() {
        let block = ReadmeText.Block(
            section: "a", language: "console", line: 1,
            lines: ["$ a <<'EOF'", "$ b", "EOF", "one … three", "…", "five", "$ c   # exit status 1", "$ d \\", "  e"])
        let steps = ReadmeStep.all(in: block)
        #expect(steps.map(\.command) == ["a <<'EOF'\n$ b\nEOF", "c   # exit status 1", "d \\\n  e"])
        #expect(steps.map(\.status) == [0, 1, 0] && steps.map(\.line) == [1, 7, 8])
        #expect(steps[0].isShown(in: "one two three\nfive\n"))
        #expect(steps[0].isShown(in: "one two three\n3\n4\nfive\n"))
        #expect(!steps[0].isShown(in: "one two three\nsix\n"))
        #expect(!steps[0].isShown(in: "zero\none two three\nfive\n"))
        #expect(!steps[0].isShown(in: "one two three\nfive\nsix\n"))
    }

    @Test func everyDocumentIsRight() throws {
        let documents = try ReadmeText().blocks.filter { $0.language == "yaml" }
        #expect(documents.count >= 3)
        for block in documents {
            #expect(block.text.contains("apiVersion:"), "README.md:\(block.line): half a document is checked by nobody")
            let folder = try TemporaryDirectory()
            try block.text.write(toFile: "\(folder.path)/document.yaml", atomically: true, encoding: .utf8)
            let outcome = try BuiltBinary.run(["check", folder.path])
            #expect(outcome.status == 0, "README.md:\(block.line): \(outcome.output)\(outcome.errors)")
        }
    }

    @Test func everyLinkLeadsSomewhere() throws {
        let readme = try ReadmeText()
        #expect(readme.links.count >= 10)
        for link in readme.links where !link.hasPrefix("http") {
            let isThere =
                link.hasPrefix("#")
                ? readme.anchors.contains(String(link.dropFirst()))
                : FileManager.default.fileExists(atPath: Corpus.checkout.appendingPathComponent(link).path)
            #expect(isThere, "\(link)")
        }
    }

    /// What the prose says about the program: its commands, and their flags.
    @Test func theProgramKnowsTheWordsOfTheProse() throws {
        var helps: [String: String] = [:]
        for code in try ReadmeText().codes where code.hasPrefix("portcullis ") {
            let words = code.split(separator: " ").map(String.init)
            let help = try helps[words[1]] ?? BuiltBinary.run([words[1], "--help"]).output
            helps[words[1]] = help
            #expect(help.hasPrefix("usage: portcullis \(words[1])"), "\(code)")
            for flag in words.filter({ $0.hasPrefix("--") }) { #expect(help.contains(flag), "\(code): \(flag)") }
        }
        #expect(!helps.isEmpty)
    }
}
