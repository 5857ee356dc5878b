/// What is measured: a name with its help, its labels, and the series there are.
struct MetricFamily {
    enum Kind { case counter, gauge, info, histogram }

    struct Series {
        let slot: Int
        /// Where `text` has what it is shown with.
        let head: Range<Int>
        var isRetired = false
    }

    /// The name without the suffix that its kind gives it.
    let name: String
    let help: String
    let kind: Kind
    let labels: [String]
    let seriesMax: Int
    /// Slots of one series.
    let width: Int
    /// Upper bounds of the buckets, and how many of them make one of the unit that is shown.
    var bounds: [UInt64] = []
    var scale: Double = 1
    var hasExemplars = false
    private(set) var series: [Series] = []
    private var index: [[String]: Int] = [:]
    /// The label values of each series.
    private var values: [[String]] = []
    /// What the series are shown with, one behind the other, as scrapes go through all of it: the beginning of the line up
    /// to the value; of a histogram, which has many lines, the labels without braces.
    private(set) var text: [UInt8] = []
    /// How much of it belongs to no series any more.
    private var staleBytes = 0

    init(name: String, help: String, kind: Kind, labels: [String], seriesMax: Int, width: Int) {
        (self.name, self.help, self.kind, self.labels) = (name, help, kind, labels)
        (self.seriesMax, self.width) = (seriesMax, width)
    }

    /// What is written of samples that are not of a histogram.
    var sampleName: String {
        switch kind {
        case .counter: name + "_total"
        case .info: name + "_info"
        case .gauge, .histogram: name
        }
    }

    /// How many series there are, retired ones among them.
    var seriesCount: Int { index.count }

    /// The slots of the series of those label values, which is shown from now on, if it is there.
    mutating func known(_ wanted: [String]) -> Int? {
        guard let position = index[wanted] else { return nil }
        series[position].isRetired = false
        return series[position].slot
    }

    /// Adds a series.
    mutating func add(_ wanted: [String], slot: Int) {
        index[wanted] = series.count
        values.append(wanted)
        series.append(Series(slot: slot, head: appendHead(wanted)))
    }

    /// Gives the slots of a retired series to another; nil where there is none.
    mutating func reuse(for wanted: [String]) -> Int? {
        guard let position = series.firstIndex(where: \.isRetired) else { return nil }
        index[values[position]] = nil
        index[wanted] = position
        values[position] = wanted
        staleBytes += series[position].head.count
        series[position] = Series(slot: series[position].slot, head: appendHead(wanted))
        if staleBytes > text.count / 2 { rewrite() }
        return series[position].slot
    }

    /// The series is no longer shown, and its slots may be given to another.
    mutating func retire(_ wanted: [String]) {
        if let position = index[wanted] { series[position].isRetired = true }
    }

    private mutating func appendHead(_ wanted: [String]) -> Range<Int> {
        let start = text.count
        let shown = LabelText.bytes(labels, wanted)
        if kind == .histogram {
            text += shown
        } else {
            text += sampleName.utf8
            if !shown.isEmpty {
                text.append(UInt8(ascii: "{"))
                text += shown
                text.append(UInt8(ascii: "}"))
            }
            text.append(UInt8(ascii: " "))
        }
        return start..<text.count
    }

    private mutating func rewrite() {
        (text, staleBytes) = ([], 0)
        for position in series.indices {
            series[position] = Series(
                slot: series[position].slot, head: appendHead(values[position]),
                isRetired: series[position].isRetired)
        }
    }

    /// The label values of the series that takes what has no room of its own.
    var overflow: [String] { labels.map { _ in "other" } }
}

/// Labels as a scrape shows them.
enum LabelText {
    static func bytes(_ names: [String], _ values: [String]) -> [UInt8] {
        var text: [UInt8] = []
        for (name, value) in zip(names, values) {
            if !text.isEmpty { text.append(UInt8(ascii: ",")) }
            text += name.utf8
            text += "=\"".utf8
            for byte in value.utf8 { escape(byte, into: &text) }
            text.append(UInt8(ascii: "\""))
        }
        return text
    }

    private static func escape(_ byte: UInt8, into text: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "\\"): text += "\\\\".utf8
        case UInt8(ascii: "\n"): text += "\\n".utf8
        case UInt8(ascii: "\""): text += "\\\"".utf8
        default: text.append(byte)
        }
    }
}

/// What metrics and labels may be called.
enum MetricName {
    static func isValid(_ name: String) -> Bool { isIdentifier(name, colons: true) }

    /// A label that begins with two underscores is Prometheus' own.
    static func isValidLabel(_ name: String) -> Bool {
        isIdentifier(name, colons: false) && !name.hasPrefix("__") && name != "le" && name != "quantile"
    }

    private static func isIdentifier(_ name: String, colons: Bool) -> Bool {
        guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            case UInt8(ascii: ":"): colons
            default: false
            }
        }
    }
}
