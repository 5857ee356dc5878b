import CEL
import JSON

/// What the rules of a schema may cost together.
struct RuleCosts {
    /// The most that one expression may be estimated at.
    static let expressionMax: UInt64 = 10_000_000
    /// The most that all rules of a definition may be estimated at.
    static let schemaMax: UInt64 = 100_000_000
    private static let shownMax = 4

    private(set) var total: UInt64 = 0
    /// The rules that cost most, those that cost hardly anything left out.
    private(set) var mostExpensive: [(path: FieldPath, cost: UInt64)] = []

    mutating func add(_ cost: UInt64, at path: FieldPath) {
        let (sum, overflows) = total.addingReportingOverflow(cost)
        total = overflows ? .max : sum
        guard cost >= Self.schemaMax / 100 else { return }
        let place = mostExpensive.firstIndex { $0.cost < cost } ?? mostExpensive.count
        mostExpensive.insert((path, cost), at: place)
        if mostExpensive.count > Self.shownMax { mostExpensive.removeLast() }
    }

    static func product(_ one: UInt64, _ other: UInt64) -> UInt64 {
        let (product, overflows) = one.multipliedReportingOverflow(by: other)
        return overflows ? .max : product
    }

    /// How an API server says that something may cost too much.
    static func excess(_ name: String, _ cost: UInt64, _ limit: UInt64) -> String {
        let factor = Double(cost) / Double(limit)
        let shown =
            factor > 100
            ? "more than 100x" : NumberText.write(factor, precision: factor < 1.5 ? 6 : 1, isScientific: false) + "x"
        return "\(name) exceeds budget by factor of \(shown) (try simplifying the rule, or adding maxItems, "
            + "maxProperties, and maxLength where arrays, maps, and strings are declared)"
    }
}

extension SchemaRule {
    /// The whole rule as an error about it shows it.
    var shownAsValue: String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("Rule")
        writer.string(rule)
        writer.key("Message")
        writer.string(message)
        writer.key("MessageExpression")
        writer.string(messageExpression)
        writer.key("Reason")
        if let reason { writer.string(reason) } else { writer.null() }
        writer.key("FieldPath")
        writer.string(fieldPath)
        writer.key("OptionalOldSelf")
        if let optionalOldSelf { writer.bool(optionalOldSelf) } else { writer.null() }
        writer.endObject()
        // The API server's encoder also escapes what means something in HTML.
        return writer.text.unicodeScalars.reduce(into: "") { text, scalar in
            switch scalar {
            case "<": text += "\\u003c"
            case ">": text += "\\u003e"
            case "&": text += "\\u0026"
            default: text.unicodeScalars.append(scalar)
            }
        }
    }
}
