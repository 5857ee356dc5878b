import Foundation
import TestSupport

/// The README, as far as tests can read it.
struct ReadmeText {
    /// What stands between two fences.
    struct Block {
        let section: String
        let language: String
        /// The line of the file that its first line is.
        let line: Int
        let lines: [String]

        var text: String { lines.joined(separator: "\n") + "\n" }
    }

    let blocks: [Block]
    /// Links into it have these behind the `#`.
    let anchors: Set<String>
    /// Where its links lead.
    let links: [String]
    /// What stands between single backticks.
    let codes: [String]

    init() throws {
        self.init(
            try String(contentsOf: Corpus.checkout.appendingPathComponent("README.md"), encoding: .utf8))
    }

    init(_ text: String) {
        var blocks: [Block] = []
        var anchors: Set<String> = []
        var prose = ""
        var section = ""
        var open: (language: String, line: Int, lines: [String])?
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        for (number, line) in lines.enumerated() {
            if line.hasPrefix("```") {
                if let block = open {
                    blocks.append(
                        Block(section: section, language: block.language, line: block.line, lines: block.lines))
                    open = nil
                } else {
                    open = (String(line.dropFirst(3)), number + 2, [])
                }
            } else if open != nil {
                open?.lines.append(line)
            } else {
                if line.hasPrefix("#") { anchors.insert(Self.anchor(String(line.drop { $0 == "#" || $0 == " " }))) }
                if line.hasPrefix("## ") { section = String(line.dropFirst(3)) }
                prose += line + "\n"
            }
        }
        self.blocks = blocks
        self.anchors = anchors
        links = prose.matches(of: #/\]\(([^)\s]+)\)/#).map { String($0.output.1) }
        codes = prose.matches(of: #/`([^`\n]+)`/#).map { String($0.output.1) }
    }

    /// As forges make anchors of headings.
    private static func anchor(_ title: String) -> String {
        String(
            title.lowercased().compactMap { character in
                character == " " ? "-" : character.isLetter || character.isNumber || character == "-" ? character : nil
            })
    }

    /// The commands of every block of that kind, in order.
    var steps: [ReadmeStep] { blocks.filter { $0.language == "console" }.flatMap(ReadmeStep.all) }
}

/// A command of the README, and what is shown of it.
struct ReadmeStep {
    let section: String
    let line: Int
    let command: String
    /// What it is to print; `…` stands for anything within a line, and alone on a line for any lines.
    let expected: [String]

    /// The exit status that is announced in a comment; 0 where none is.
    var status: Int32 { command.firstMatch(of: #/# .*exit status (\d)/#).flatMap { Int32($0.output.1) } ?? 0 }

    /// Whether it only looks, so that it may look again until what is to come has come: people are slower than tests.
    var isLook: Bool {
        if command.contains(" -d ") || command.contains(" -X ") { return false }
        return ["curl ", "tail ", "portcullis status"].contains { command.hasPrefix($0) }
    }

    func isShown(in output: String) -> Bool {
        guard !expected.isEmpty else { return true }
        let pattern = expected.map { line in
            line == "…"
                ? "(?:[^\n]*\n)*?"
                : line.split(separator: "…", omittingEmptySubsequences: false).map {
                    NSRegularExpression.escapedPattern(for: String($0))
                }.joined(separator: "[^\n]*?") + " *\n"
        }.joined()
        let text = output.hasSuffix("\n") || output.isEmpty ? output : output + "\n"
        return text.range(of: "^(?:" + pattern + ")\\n*$", options: .regularExpression)
            == text.startIndex..<text.endIndex
    }

    /// Those of a block: a line that begins with `$`, with the lines that belong to it.
    static func all(in block: ReadmeText.Block) -> [ReadmeStep] {
        var steps: [ReadmeStep] = []
        var index = 0
        while index < block.lines.count {
            let start = index
            guard block.lines[start].hasPrefix("$ ") else {
                index += 1
                continue
            }
            var command = [String(block.lines[start].dropFirst(2))]
            index += 1
            if let mark = command[0].firstMatch(of: #/<<'?([A-Z]+)'?/#)?.output.1 {
                while index < block.lines.count, command.last != String(mark) {
                    command.append(block.lines[index])
                    index += 1
                }
            }
            while command.last?.hasSuffix("\\") == true, index < block.lines.count {
                command.append(block.lines[index])
                index += 1
            }
            let rest = block.lines[index...].prefix { !$0.hasPrefix("$ ") }
            index += rest.count
            steps.append(
                ReadmeStep(
                    section: block.section, line: block.line + start, command: command.joined(separator: "\n"),
                    expected: Array(rest)))
        }
        return steps
    }
}
