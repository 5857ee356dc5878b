import Foundation
import TestSupport

/// A command of the README that is not run with the others, and what is checked of it instead.
struct CommandElsewhere: Sendable {
    /// What such commands begin with.
    let prefix: String
    /// Why it is not run.
    let reason: String

    static let all: [CommandElsewhere] = [
        CommandElsewhere(prefix: "./deploy/dev.sh", reason: "serves until somebody ends it; DevScriptTests run it"),
        CommandElsewhere(prefix: "./deploy/test.sh", reason: "is what runs this"),
        CommandElsewhere(prefix: "./deploy/compare.sh", reason: "takes both processors for minutes"),
        CommandElsewhere(prefix: "./deploy/soak.sh", reason: "takes minutes"),
        CommandElsewhere(prefix: "./deploy/fuzz.sh", reason: "takes minutes; test.sh runs it"),
        CommandElsewhere(prefix: "./deploy/install.sh", reason: "installs packages; test.sh runs it"),
        CommandElsewhere(prefix: "swift ", reason: "builds"),
        CommandElsewhere(prefix: "prometheus ", reason: "serves; MonitoringTests check its files"),
        CommandElsewhere(prefix: "docker ", reason: "needs an image engine; the image's own steps are tested"),
        CommandElsewhere(prefix: "helm ", reason: "needs a cluster; ChartTests render the chart"),
        CommandElsewhere(prefix: "kubectl ", reason: "needs a cluster"),
    ]

    /// Nil for a command that is run.
    static func of(_ command: String) -> CommandElsewhere? {
        if command.hasPrefix("kubectl kustomize ") { return nil }
        return all.first { command.hasPrefix($0.prefix) || command + " " == $0.prefix }
    }

    /// What is wrong with such a command as far as can be told without running it.
    func complaints(_ command: String) throws -> [String] {
        if let range = command.range(of: " && ") {
            let rest = String(command[range.upperBound...])
            return try complaints(String(command[..<range.lowerBound])) + (Self.of(rest)?.complaints(rest) ?? [])
        }
        let line = command.split(separator: "#", maxSplits: 1)[0].split(separator: "|")[0]
        let words = line.split(whereSeparator: { $0 == " " || $0 == "\n" || $0 == "\\" }).map(String.init)
        var complaints = words.flatMap(Self.missing)
        if prefix.hasPrefix("./deploy/") { complaints += try Self.unknown(words) }
        if prefix == "swift " { complaints += try Self.unknownTargets(words) }
        if prefix == "helm " { complaints += try Self.unknownValues(words) }
        return complaints
    }

    /// Files that are named and are not there, and scripts that cannot be run.
    private static func missing(_ word: String) -> [String] {
        guard let range = word.range(of: #"(^|=|/)deploy/"#, options: .regularExpression) else { return [] }
        let path = "deploy/" + word[range.upperBound...]
        let file = Corpus.checkout.appendingPathComponent(path).path
        let files = FileManager.default
        if !files.fileExists(atPath: file) { return ["there is no \(path)"] }
        return path.hasSuffix(".sh") && !files.isExecutableFile(atPath: file) ? ["\(path) cannot be run"] : []
    }

    /// Words that a script does not have: its own text and that of the program of its name must know them.
    private static func unknown(_ words: [String]) throws -> [String] {
        let script = Corpus.checkout.appendingPathComponent(words[0])
        guard FileManager.default.fileExists(atPath: script.path) else { return [] }
        var text = try String(contentsOf: script, encoding: .utf8)
        let program = script.deletingPathExtension().appendingPathExtension("py")
        if FileManager.default.fileExists(atPath: program.path) {
            text += try String(contentsOf: program, encoding: .utf8)
        }
        let known = Set(text.split { !($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }.map(String.init))
        return words.dropFirst().filter { Int($0) == nil && !known.contains($0) }.map { "\(words[0]) has no \($0)" }
    }

    /// Programs and filters of tests that the package does not have.
    private static func unknownTargets(_ words: [String]) throws -> [String] {
        let package = try String(
            contentsOf: Corpus.checkout.appendingPathComponent("Package.swift"), encoding: .utf8)
        var names: [String] = []
        for (flag, name) in zip(words, words.dropFirst()) where flag == "--product" { names.append(name) }
        for (flag, name) in zip(words, words.dropFirst()) where flag == "--filter" && !tests.contains(name) {
            return ["there are no tests \(name)"]
        }
        if words.count > 1, words[1] == "run" {
            names += words.dropFirst(2).drop { $0.hasPrefix("-") || $0 == "release" }.prefix(1)
        }
        return names.filter { !package.contains("\"\($0)") }.map { "the package has no \($0)" }
    }

    /// The names of targets and files of tests.
    private static let tests: Set<String> = {
        let folder = Corpus.checkout.appendingPathComponent("Tests").path
        let paths = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        return Set(paths.flatMap { $0.split(separator: "/") }.map { String($0.prefix { $0 != "." }) })
    }()

    /// Values that the chart does not have.
    private static func unknownValues(_ words: [String]) throws -> [String] {
        let json = try BuiltBinary.run([
            "convert", Corpus.checkout.appendingPathComponent("deploy/chart/values.yaml").path,
        ]).output
        let values = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any] ?? [:]
        return zip(words, words.dropFirst()).compactMap { flag, word in
            guard flag == "--set" || flag == "--set-file" else { return nil }
            let path = word.drop { $0 == "'" }.prefix { $0 != "=" }.split(separator: ".").map(String.init)
            var place: Any? = values
            for name in path {
                guard let object = place as? [String: Any] else { break }
                // What is empty is filled as people like: files by their names.
                if object.isEmpty { return nil }
                place = object[name]
            }
            return place == nil ? "the chart has no value \(path.joined(separator: "."))" : nil
        }
    }
}
