import Policies
import Reactor

/// Rule and context files that a command was given, by paths of files and folders.
enum RuleInput {
    static let suffixes = [".yaml", ".yml", ".json"]

    /// The files at and below paths, read; nil after saying what cannot be read.
    static func read(_ paths: [String]) -> [RuleFile]? {
        var files: [RuleFile] = []
        for path in paths {
            guard let names = names(path) else { return nil }
            for name in names {
                guard let file = InputFile(name) else { return nil }
                files.append(RuleFile(name: file.name, bytes: file.bytes))
            }
        }
        return files
    }

    /// The files at and below a path; nil after saying what cannot be read.
    static func names(_ path: String) -> [String]? {
        if path == "-" { return [path] }
        do throws(SystemError) {
            return try FileTree(suffixes: suffixes).list(path).files
        } catch {
            Console.error("portcullis: cannot read \(path): \(error)\n")
            return nil
        }
    }

    /// The words with every value of an option that takes several after an option of its own.
    static func spread(_ words: [String], _ options: Set<String>) -> [String] {
        var result: [String] = []
        var current: String?
        var hasValue = false
        for word in words {
            if word.hasPrefix("-"), word != "-" {
                current = options.contains(word) ? word : nil
                hasValue = false
            } else if let current, hasValue {
                result.append(current)
            } else {
                hasValue = true
            }
            result.append(word)
        }
        return result
    }
}
