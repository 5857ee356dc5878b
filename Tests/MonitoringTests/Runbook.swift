import Foundation

/// The runbook, as far as tests can read it.
struct Runbook {
    /// What stands below each heading of the third level.
    let sections: [String: String]
    /// Links into it have these behind the `#`.
    let anchors: Set<String>
    /// Panels that it names, with their dashboards.
    let panels: [(dashboard: String, panel: String)]
    /// Command lines of the program that it gives.
    let commands: [RunbookCommand]

    init() throws { self.init(try MonitoringFiles.runbook()) }

    init(_ text: String) {
        var sections: [String: String] = [:]
        var anchors: Set<String> = []
        var heading: String?
        var isCode = false
        var code: [String] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            if line.hasPrefix("```") { isCode.toggle() }
            if isCode {
                code.append(line)
            } else if line.hasPrefix("#") {
                let title = String(line.drop { $0 == "#" || $0 == " " })
                anchors.insert(Self.anchor(title))
                heading = line.hasPrefix("### ") ? title : nil
            } else {
                code += line.matches(of: #/`([^`]+)`/#).map { String($0.output.1) }
            }
            if let heading { sections[heading, default: ""] += line + "\n" }
        }
        self.sections = sections
        self.anchors = anchors
        let joined = text.replacing("\n", with: " ")
        panels = joined.matches(of: #/\*(Executive|On call|Debug) › ([^*]+)\*/#).map {
            (String($0.output.1), String($0.output.2))
        }
        commands = code.flatMap(RunbookCommand.all)
    }

    /// As forges make anchors of headings.
    private static func anchor(_ title: String) -> String {
        String(
            title.lowercased().compactMap { character in
                character == " " ? "-" : character.isLetter || character.isNumber || character == "-" ? character : nil
            })
    }
}

/// A command line of the program: its words, from the command's name on.
struct RunbookCommand {
    let words: [String]

    var name: String { words[0] }
    var flags: [String] { words.filter { $0.hasPrefix("--") && $0 != "--" }.map { String($0.prefix { $0 != "=" }) } }
    var operands: [String] { Array(words.dropFirst().prefix { !$0.hasPrefix("-") }) }

    /// Those of a line. `on_each` is the runbook's own word for the program on each replica.
    static func all(in line: String) -> [RunbookCommand] {
        line.matches(of: #/(?:^|[ \(])(?:portcullis|on_each) ([a-z][a-z-]*(?: [^|;&>\)]*)?)(?:$|[|;&>\)])/#).compactMap
        {
            let words = $0.output.1.split(separator: " ").map(String.init)
            return words.isEmpty ? nil : RunbookCommand(words: words)
        }
    }
}
