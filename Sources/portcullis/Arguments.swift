/// The words after a command's name, told apart: options, their values, and what is left.
///
/// `--name value` and `--name=value` are the same; after `--` every word is an operand; `-` alone is one too.
struct Arguments {
    private(set) var operands: [String] = []
    private var flags: Set<String> = []
    private var values: [String: [String]] = [:]

    /// Reads the words; `flags` are the options without a value, `values` those with one, `short` other names for them.
    init(
        _ words: [String], flags: Set<String> = [], values: Set<String> = [], short: [String: String] = [:]
    ) throws(UsageError) {
        var rest = words[...]
        while let word = rest.popFirst() {
            if word == "--" {
                operands += rest
                return
            }
            guard word.hasPrefix("-"), word != "-" else {
                operands.append(word)
                continue
            }
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let name = short[parts[0]] ?? parts[0]
            if flags.contains(name), parts.count == 1 {
                self.flags.insert(name)
            } else if values.contains(name) {
                guard let value = parts.count == 2 ? parts[1] : rest.popFirst() else {
                    throw UsageError(message: "\(parts[0]) needs a value")
                }
                self.values[name, default: []].append(value)
            } else {
                throw UsageError(message: "unknown option '\(parts[0])'")
            }
        }
    }

    func has(_ flag: String) -> Bool { flags.contains(flag) }

    /// The option's value, the last one where it was given several times; nil where the option is absent.
    func value(_ name: String) -> String? { values[name]?.last }

    /// All values of an option that may be given several times, in order.
    func all(_ name: String) -> [String] { values[name] ?? [] }

    /// The option's value as one of a few words; nil where the option is absent.
    func choice<T>(_ name: String, _ choices: [(word: String, value: T)]) throws(UsageError) -> T? {
        guard let value = value(name) else { return nil }
        guard let choice = choices.first(where: { $0.word == value }) else {
            let words = choices.map(\.word).joined(separator: " or ")
            throw UsageError(message: "\(name) must be \(words), not '\(value)'")
        }
        return choice.value
    }
}
