import Foundation
import Testing

@Suite struct RunbookTests {
    @Test func everySectionLeadsFromTheSymptomToTheProof() throws {
        let sections = try Runbook().sections
        #expect(Set(sections.keys) == Set(try MonitoringFiles.alerts().map(\.name)))
        for (name, text) in sections {
            let places = ["**Symptom.**", "**Look.**", "**Act.**", "**Verify.**"].map { text.range(of: $0)?.lowerBound }
            let found = places.compactMap { $0 }
            #expect(found.count == places.count && found == found.sorted(), "\(name)")
        }
    }

    @Test func everyPanelThatIsNamedIsThere() throws {
        let dashboards = try MonitoringFiles.dashboards()
        let panels = try Runbook().panels
        #expect(panels.count >= 40)
        for (dashboard, panel) in panels {
            let found = dashboards.first { $0.title == "Portcullis / \(dashboard)" }
            let titles = found?.panels.compactMap { $0["title"] as? String } ?? []
            #expect(titles.contains(panel), "\(dashboard) › \(panel)")
        }
    }

    @Test func everyLinkWithinItLeadsSomewhere() throws {
        let text = try MonitoringFiles.runbook()
        let anchors = try Runbook().anchors
        let links = text.matches(of: #/\]\(#([^)]+)\)/#).map { String($0.output.1) }
        #expect(links.count >= 5 && Set(links).subtracting(anchors).isEmpty)
    }

    @Test func theProgramTakesEveryCommandThatIsGiven() throws {
        let commands = try Runbook().commands
        let program = try Program.portcullis()
        let known = Self.names(in: try Program.run([program, "--help"]).output)
        #expect(commands.count >= 40 && known.count >= 10)
        var helps: [String: String] = [:]
        for command in commands {
            try #require(known.contains(command.name), "there is no command: \(command.words)")
            let help = try helps[command.name] ?? Program.run([program, command.name, "--help"]).output
            helps[command.name] = help
            #expect(Self.complaints(command, help).isEmpty)
        }
    }

    @Test func commandsThatThereAreNotAreSeen() {
        let help =
            "usage: portcullis certs dev DIR [--san NAME]\n       portcullis certs show DIR\n\n  --days N   days\n"
        func complaints(_ line: String) -> [String] {
            RunbookCommand.all(in: line).flatMap { Self.complaints($0, help) }
        }
        #expect(complaints("$ portcullis certs show x --days 3 | grep").isEmpty)
        #expect(!complaints("$ portcullis certs show x --day 3 | grep").isEmpty)
        #expect(!complaints("$ on_each certs ensure x").isEmpty)
        #expect(RunbookCommand.all(in: "kubectl -n portcullis-system get deployment/portcullis -o wide").isEmpty)
        let two = RunbookCommand.all(in: "x -- portcullis status; portcullis mode h off --token-file=t")
        #expect(two.map(\.words) == [["status"], ["mode", "h", "off", "--token-file=t"]])
    }

    private static func names(in help: String) -> Set<String> {
        Set(help.matches(of: #/(?m)^  ([a-z][a-z-]*)  /#).map { String($0.output.1) })
    }

    /// What the help of a command does not know of a command line: its flags, and the word that says what is to be done.
    private static func complaints(_ command: RunbookCommand, _ help: String) -> [String] {
        let usage = help.matches(of: #/portcullis ([a-z-]+) ([a-z][a-z-]*)\b/#)
        let actions = Set(usage.filter { $0.output.1 == command.name }.map { String($0.output.2) })
        if let action = command.operands.first, !actions.isEmpty, !actions.contains(action) {
            return ["\(command.name) has no \(action)"]
        }
        let flags = Set(help.matches(of: #/--[a-z][a-z-]*/#).map { String($0.output) })
        return command.flags.filter { !flags.contains($0) }.map { "\(command.name) has no \($0): \(command.words)" }
    }
}
