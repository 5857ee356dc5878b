/// One value of a series.
public struct MetricSample: Sendable, Equatable {
    /// The labels by name.
    public let labels: [String: String]
    /// The value.
    public let value: Double
}

/// Why a text is not Prometheus' text format, and where.
public struct MetricsTextError: Error, Equatable, Sendable {
    /// The line, from one.
    public let line: Int
    /// What is wrong with it.
    public let message: String
}

/// Metrics as Prometheus' text format (0.0.4) has them, read strictly: what a scraper might read otherwise is an error.
public struct MetricsText: Sendable {
    private var samples: [String: [MetricSample]] = [:]
    /// The types that are told, by the names of the families.
    public private(set) var types: [String: String] = [:]

    private static let bytesMax = 64 << 20
    private static let typeNames: Set<Substring> = ["counter", "gauge", "histogram", "summary", "untyped"]

    /// The samples of that name, in their order.
    public func samples(_ name: String) -> [MetricSample] { samples[name] ?? [] }

    /// The sum of a name's samples whose labels have those values; nil where there is no sample of that name.
    public func sum(_ name: String, where labels: [String: String] = [:]) -> Double? {
        guard let list = samples[name] else { return nil }
        return list.filter { sample in labels.allSatisfy { sample.labels[$0.key] == $0.value } }
            .reduce(0) { $0 + $1.value }
    }

    /// Reads a text.
    public init(parsing bytes: [UInt8]) throws(MetricsTextError) {
        guard bytes.count <= Self.bytesMax else { throw MetricsTextError(line: 1, message: "longer than 64 MiB") }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw MetricsTextError(line: 1, message: "not UTF-8")
        }
        guard bytes.isEmpty || bytes.last == UInt8(ascii: "\n") else {
            throw MetricsTextError(line: 1 + bytes.count { $0 == 0x0A }, message: "the last line does not end")
        }
        var order = FamilyOrder()
        for (index, line) in text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            do throws(LineProblem) {
                try read(Substring(line), &order)
            } catch {
                throw MetricsTextError(line: index + 1, message: error.message)
            }
        }
    }

    private mutating func read(_ line: Substring, _ order: inout FamilyOrder) throws(LineProblem) {
        if line.allSatisfy({ $0 == " " || $0 == "\t" }) { return }
        if line.hasPrefix("#") { return try readComment(line, &order) }
        var reader = LineReader(line)
        let name = try reader.name(colons: true)
        let labels = try reader.labels()
        let value = try reader.value()
        try order.enter(family(of: name))
        guard order.series.insert(Series(name: name, labels: labels)).inserted else {
            throw LineProblem("the series \(name) is there twice")
        }
        samples[name, default: []].append(MetricSample(labels: labels, value: value))
    }

    private mutating func readComment(_ line: Substring, _ order: inout FamilyOrder) throws(LineProblem) {
        let words = line.dropFirst().split(separator: " ", maxSplits: 2)
        guard words.count >= 2, words[0] == "TYPE" || words[0] == "HELP" else { return }
        let name = String(words[1])
        try order.enter(name)
        guard words[0] == "TYPE" else { return }
        guard words.count == 3, Self.typeNames.contains(words[2]) else {
            throw LineProblem("\(words.count == 3 ? String(words[2]) : "nothing") is no type")
        }
        guard types.updateValue(String(words[2]), forKey: name) == nil else {
            throw LineProblem("the type of \(name) is told twice")
        }
        if samples[name] != nil { throw LineProblem("the type of \(name) is told behind its samples") }
    }

    /// The parts of a histogram or a summary have names of their own.
    private func family(of name: String) -> String {
        for suffix in ["_bucket", "_sum", "_count"] where name.hasSuffix(suffix) {
            let base = String(name.dropLast(suffix.count))
            if types[base] == "histogram" || types[base] == "summary" && suffix != "_bucket" { return base }
        }
        return name
    }
}

/// What is wrong with a line.
struct LineProblem: Error {
    let message: String

    init(_ message: String) { self.message = message }
}

private struct Series: Hashable {
    let name: String
    let labels: [String: String]
}

/// The lines of a family stand together.
private struct FamilyOrder {
    private var current = ""
    private var ended: Set<String> = []
    var series: Set<Series> = []

    mutating func enter(_ family: String) throws(LineProblem) {
        if family == current { return }
        if !current.isEmpty { ended.insert(current) }
        if ended.contains(family) { throw LineProblem("the lines of \(family) do not stand together") }
        current = family
    }
}

/// Reads one line of samples.
private struct LineReader {
    private var rest: Substring.UTF8View

    init(_ line: Substring) { rest = line.utf8 }

    private mutating func skipBlanks() { rest = rest.drop { $0 == 0x20 || $0 == 0x09 } }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard rest.first == byte else { return false }
        rest.removeFirst()
        return true
    }

    mutating func name(colons: Bool) throws(LineProblem) -> String {
        skipBlanks()
        let name = rest.prefix { byte in
            (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "_")
                || colons && byte == UInt8(ascii: ":")
        }
        guard let first = name.first, !(0x30...0x39).contains(first) else {
            throw LineProblem("expected a name, not '\(String(Substring(rest.prefix(20))))'")
        }
        rest = rest.dropFirst(name.count)
        return String(Substring(name))
    }

    mutating func labels() throws(LineProblem) -> [String: String] {
        skipBlanks()
        guard take(UInt8(ascii: "{")) else { return [:] }
        var labels: [String: String] = [:]
        while true {
            skipBlanks()
            if take(UInt8(ascii: "}")) { return labels }
            let name = try name(colons: false)
            skipBlanks()
            guard take(UInt8(ascii: "=")) else { throw LineProblem("expected = behind the label \(name)") }
            skipBlanks()
            guard labels.updateValue(try text(), forKey: name) == nil else {
                throw LineProblem("the label \(name) is there twice")
            }
            skipBlanks()
            if !take(UInt8(ascii: ",")), rest.first != UInt8(ascii: "}") {
                throw LineProblem("expected , or } behind the label \(name)")
            }
        }
    }

    private mutating func text() throws(LineProblem) -> String {
        guard take(UInt8(ascii: "\"")) else { throw LineProblem("a label's value must be in quotes") }
        var bytes: [UInt8] = []
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\"") { return String(decoding: bytes, as: UTF8.self) }
            guard byte == UInt8(ascii: "\\") else {
                bytes.append(byte)
                continue
            }
            switch rest.popFirst() {
            case UInt8(ascii: "n"): bytes.append(0x0A)
            case let escaped? where escaped == UInt8(ascii: "\\") || escaped == UInt8(ascii: "\""):
                bytes.append(escaped)
            default: throw LineProblem("an unknown escape in a label's value")
            }
        }
        throw LineProblem("a label's value does not end")
    }

    /// The value, and the timestamp that may follow.
    mutating func value() throws(LineProblem) -> Double {
        let words = Substring(rest).split(whereSeparator: { $0 == " " || $0 == "\t" })
        guard let word = words.first else { throw LineProblem("there is no value") }
        guard let value = Self.number(word) else { throw LineProblem("'\(word)' is no number") }
        guard words.count < 3, words.count < 2 || Int64(words[1]) != nil else {
            throw LineProblem("only a timestamp may follow the value")
        }
        return value
    }

    private static func number(_ word: Substring) -> Double? {
        switch word {
        case "+Inf", "Inf": return .infinity
        case "-Inf": return -.infinity
        case "NaN": return .nan
        default:
            let isPlain = word.utf8.allSatisfy {
                (0x30...0x39).contains($0) || $0 == 0x2B || $0 == 0x2D || $0 == 0x2E || $0 | 0x20 == 0x65
            }
            return isPlain ? Double(word) : nil
        }
    }
}
