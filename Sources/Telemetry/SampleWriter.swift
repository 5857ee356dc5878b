import HTTP

/// Writes metrics as Prometheus reads them.
public struct SampleWriter: ~Copyable {
    private let format: ExpositionFormat
    private var buffer = ByteBuffer(capacity: 1 << 14)
    private var current = ""

    init(format: ExpositionFormat) { self.format = format }

    /// Begins a family of gauges; its samples follow.
    public mutating func gauge(_ name: String, _ help: String) { head(name, "gauge", help) }

    /// Begins a family of counters; its samples follow. The name goes without `_total`.
    public mutating func counter(_ name: String, _ help: String) { head(name, "counter", help) }

    /// Begins a family of quantiles; its samples follow, each with the label `quantile`.
    public mutating func summary(_ name: String, _ help: String) { head(name, "summary", help) }

    /// Adds a sample of the family that was begun last.
    public mutating func sample(_ value: Double, _ labels: [(name: String, value: String)] = []) {
        line(current, labels.map(\.name), labels.map(\.value), nil)
        number(value)
        buffer.append("\n")
    }

    mutating func finish(into output: inout ByteBuffer) {
        if format == .openMetrics { buffer.append("# EOF\n") }
        buffer.withBytes { output.append($0) }
    }

    /// `HELP`, `TYPE` and, in OpenMetrics, `UNIT`; from then on samples have the name of the kind.
    private mutating func head(_ name: String, _ type: StaticString, _ help: String) {
        var shown = name
        current = name
        if type.description == "counter" {
            current += "_total"
            if format == .text { shown = current }
        } else if type.description == "info" {
            current += "_info"
            if format == .text { shown = current }
        }
        buffer.append("# HELP \(shown) ")
        escape(help, quotes: format == .openMetrics)
        buffer.append("\n# TYPE \(shown) ")
        if format == .text, type.description == "info" {
            buffer.append("gauge\n")
        } else {
            buffer.append(type)
            buffer.append("\n")
        }
        guard format == .openMetrics else { return }
        for unit in ["seconds", "bytes"] where shown.hasSuffix("_\(unit)") {
            buffer.append("# UNIT \(shown) \(unit)\n")
        }
    }

    /// The name and the labels of one sample, up to the space before its value.
    private mutating func line(_ name: String, _ labels: [String], _ values: [String], _ bound: Double?) {
        buffer.append(name)
        if !labels.isEmpty || bound != nil {
            buffer.append("{")
            for index in labels.indices {
                if index > 0 { buffer.append(",") }
                buffer.append(labels[index])
                buffer.append("=\"")
                escape(values[index], quotes: true)
                buffer.append("\"")
            }
            if let bound {
                buffer.append(labels.isEmpty ? "le=\"" : ",le=\"")
                number(bound)
                buffer.append("\"")
            }
            buffer.append("}")
        }
        buffer.append(" ")
    }

    private mutating func number(_ value: Double) {
        if value.isNaN { return buffer.append("NaN") }
        if value.isInfinite { return buffer.append(value < 0 ? "-Inf" : "+Inf") }
        buffer.append(value.description)
    }

    private mutating func escape(_ text: String, quotes: Bool) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): buffer.append("\\\\")
            case UInt8(ascii: "\n"): buffer.append("\\n")
            case UInt8(ascii: "\"") where quotes: buffer.append("\\\"")
            default: buffer.append(byte)
            }
        }
    }
}

extension SampleWriter {
    mutating func write(_ family: borrowing MetricFamily, _ shards: [MetricShard]) {
        guard family.series.contains(where: { !$0.isRetired }) else { return }
        switch family.kind {
        case .counter: head(family.name, "counter", family.help)
        case .gauge: head(family.name, "gauge", family.help)
        case .info: head(family.name, "info", family.help)
        case .histogram: head(family.name, "histogram", family.help)
        }
        for series in family.series where !series.isRetired {
            switch family.kind {
            case .counter:
                line(current, family.labels, series.values, nil)
                buffer.append("\(Self.total(series.slot, shards))\n")
            case .gauge, .info:
                line(current, family.labels, series.values, nil)
                number(shards.reduce(0) { $0 + Double(bitPattern: $1.load(series.slot)) })
                buffer.append("\n")
            case .histogram: histogram(family, series, shards)
            }
        }
    }

    private static func total(_ slot: Int, _ shards: [MetricShard]) -> UInt64 {
        shards.reduce(0) { $0 &+ $1.load(slot) }
    }

    private mutating func histogram(
        _ family: borrowing MetricFamily, _ series: MetricFamily.Series, _ shards: [MetricShard]
    ) {
        var exemplar = family.hasExemplars && format == .openMetrics ? Self.exemplar(family, series, shards) : nil
        var count: UInt64 = 0
        for bucket in 0...family.bounds.count {
            count &+= Self.total(series.slot + bucket, shards)
            let bound = bucket < family.bounds.count ? family.bounds[bucket] : .max
            let shown = bucket < family.bounds.count ? Double(bound) / family.scale : .infinity
            line(family.name + "_bucket", family.labels, series.values, shown)
            buffer.append("\(count)")
            if let found = exemplar, found.value <= bound {
                write(found, scale: family.scale)
                exemplar = nil
            }
            buffer.append("\n")
        }
        line(family.name + "_sum", family.labels, series.values, nil)
        number(Double(Self.total(series.slot + family.bounds.count + 1, shards)) / family.scale)
        buffer.append("\n")
        line(family.name + "_count", family.labels, series.values, nil)
        buffer.append("\(count)\n")
    }

    /// The latest of the shards' exemplars.
    private static func exemplar(
        _ family: borrowing MetricFamily, _ series: MetricFamily.Series, _ shards: [MetricShard]
    ) -> Exemplar? {
        let slot = series.slot + family.bounds.count + 2
        return shards.compactMap { $0.exemplar(at: slot) }.max { $0.wall < $1.wall }
    }

    private mutating func write(_ exemplar: Exemplar, scale: Double) {
        buffer.append(" # {trace_id=\"")
        hexadecimal(exemplar.high)
        hexadecimal(exemplar.low)
        buffer.append("\"} ")
        number(Double(exemplar.value) / scale)
        buffer.append(" ")
        number(Double(exemplar.wall / 1_000_000) / 1000)
    }

    private mutating func hexadecimal(_ word: UInt64) {
        for shift in stride(from: 60, through: 0, by: -4) {
            let digit = UInt8(truncatingIfNeeded: word >> UInt64(shift) & 0xF)
            buffer.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }
}
