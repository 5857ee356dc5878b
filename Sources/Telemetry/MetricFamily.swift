/// What is measured: a name with its help, its labels, and the series there are.
struct MetricFamily {
    enum Kind { case counter, gauge, info, histogram }

    struct Series {
        let values: [String]
        let slot: Int
        /// The labels as they are shown, without the braces.
        let shown: [UInt8]
        var isRetired = false

        init(values: [String], slot: Int, labels: [String]) {
            self.values = values
            self.slot = slot
            shown = LabelText.bytes(labels, values)
        }
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
    var series: [Series] = []
    var index: [[String]: Int] = [:]

    /// The series of those label values that is there, retired or not.
    func position(of values: [String]) -> Int? { index[values] }

    /// A retired series, whose slots may be given to another.
    var retired: Int? { series.firstIndex(where: \.isRetired) }

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
