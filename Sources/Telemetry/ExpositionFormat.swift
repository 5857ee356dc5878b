public import HTTP

/// The two ways in which Prometheus reads metrics.
public enum ExpositionFormat: Sendable {
    /// The text format, version 0.0.4.
    case text
    /// OpenMetrics, version 1.0.0.
    case openMetrics

    /// What the answer's Content-Type says.
    public var contentType: StaticString {
        switch self {
        case .text: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        }
    }

    /// The format that an Accept field prefers: OpenMetrics only if it is named and nothing is liked better.
    public init(accept: ByteRange, in bytes: Span<UInt8>) {
        var open = 0
        var plain = 0
        for element in accept.string(in: bytes).split(separator: ",") {
            let parts = element.split(separator: ";").map { $0.trimmed.lowercased() }
            guard let type = parts.first else { continue }
            let weight = Self.weight(parts.dropFirst())
            if type == "application/openmetrics-text" { open = max(open, weight) }
            if type == "text/plain" || type == "text/*" || type == "*/*" { plain = max(plain, weight) }
        }
        self = open > 0 && open >= plain ? .openMetrics : .text
    }

    /// The `q` among the parameters, in thousandths.
    private static func weight(_ parameters: some Sequence<String>) -> Int {
        for parameter in parameters where parameter.hasPrefix("q=") {
            guard let value = Double(parameter.dropFirst(2)), value >= 0, value <= 1 else { return 0 }
            return Int(value * 1000)
        }
        return 1000
    }
}

extension Substring {
    /// Without spaces and tabs at its ends.
    fileprivate var trimmed: Substring {
        var result = drop { $0 == " " || $0 == "\t" }
        while let last = result.last, last == " " || last == "\t" { result.removeLast() }
        return result
    }
}
