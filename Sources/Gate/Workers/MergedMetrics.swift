import HTTP

/// The metrics of several processes as those of one server.
///
/// What is counted adds up, and so do gauges of how much there is. Where a sum would say nothing, the worst is told: the least
/// of ratios and of moments, the most of ages, spans of time, quantiles and states. A breaker is closed only if it is closed
/// everywhere. All of it is by the names, so that a metric that is added is merged too.
struct MergedMetrics {
    private struct Family {
        var help = ""
        var type = ""
        var keys: [String] = []
        var values: [String: Double] = [:]
    }

    /// How two values of a series become one.
    enum Rule {
        case sum, least, most
    }

    private var names: [String] = []
    private var families: [String: Family] = [:]

    /// Adds a text as our own servers write it: in Prometheus' text format, the type of each family before its samples, and
    /// nothing behind the value.
    mutating func add(_ text: [UInt8]) {
        var (name, help) = ("", "")
        for line in String(decoding: text, as: UTF8.self).utf8.split(separator: 0x0A) {
            let line = Substring(line)
            if line.utf8.first == UInt8(ascii: "#") {
                let words = line.split(separator: " ", maxSplits: 3)
                guard words.count >= 3 else { continue }
                name = String(words[2])
                if words[1] == "HELP" { help = String(line) }
                if words[1] == "TYPE", words.count == 4 { begin(name, help, type: String(words[3])) }
            } else if let space = line.utf8.lastIndex(of: 0x20), let value = Self.number(line[space...].dropFirst()) {
                add(value, String(line[..<space]), to: name)
            }
        }
    }

    /// Adds what another one has counted; its gauges are of a process that is no more.
    mutating func addCounts(of other: MergedMetrics) {
        for name in other.names {
            guard let family = other.families[name], family.type != "gauge" else { continue }
            begin(name, family.help, type: family.type)
            for key in family.keys where Self.rule(name, family.type, key) == .sum {
                add(family.values[key] ?? 0, key, to: name)
            }
        }
    }

    private mutating func begin(_ name: String, _ help: String, type: String) {
        guard families[name] == nil else { return }
        families[name] = Family(help: help, type: type)
        names.append(name)
    }

    private mutating func add(_ value: Double, _ key: String, to name: String) {
        guard let type = families[name]?.type else { return }
        guard let old = families[name]?.values[key] else {
            families[name]?.keys.append(key)
            families[name]?.values[key] = value
            return
        }
        families[name]?.values[key] =
            switch Self.rule(name, type, key) {
            case .sum: old + value
            case .least: old.isNaN ? value : min(old, value)
            case .most: old.isNaN ? value : max(old, value)
            }
    }

    private static let leastOf = ["_ratio", "_timestamp_seconds", "_start_time_seconds", "_max_fds"]
    private static let mostOf = ["_info", "_seconds", "_ready", "_loaded", "_invalid"]

    static func rule(_ name: String, _ type: String, _ key: String) -> Rule {
        if type == "summary", key.contains("quantile=\"") { return .most }
        guard type == "gauge" else { return .sum }
        if name.hasSuffix("_state") { return key.contains("state=\"closed\"") ? .least : .most }
        if leastOf.contains(where: name.hasSuffix) { return .least }
        return mostOf.contains(where: name.hasSuffix) ? .most : .sum
    }

    private static func number(_ word: Substring) -> Double? {
        switch word {
        case "+Inf": .infinity
        case "-Inf": -.infinity
        case "NaN": .nan
        default: Double(word)
        }
    }

    /// Writes everything as one server would.
    func write(to buffer: inout ByteBuffer) {
        for name in names {
            guard let family = families[name] else { continue }
            buffer.append("\(family.help)\n# TYPE \(name) \(family.type)\n")
            for key in family.keys {
                let value = family.values[key] ?? 0
                let text = value.isNaN ? "NaN" : value.isInfinite ? (value < 0 ? "-Inf" : "+Inf") : value.description
                buffer.append("\(key) \(text)\n")
            }
        }
    }
}
