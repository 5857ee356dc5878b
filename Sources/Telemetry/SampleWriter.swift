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
        buffer.append(current)
        if !labels.isEmpty {
            for index in labels.indices {
                buffer.append(index > 0 ? "," : "{")
                buffer.append(labels[index].name)
                buffer.append("=\"")
                escape(labels[index].value, quotes: true)
                buffer.append("\"")
            }
            buffer.append("}")
        }
        buffer.append(" ")
        number(value)
        buffer.append("\n")
    }

    /// Adds a sample whose labels were made before.
    public mutating func sample(_ value: Double, _ labels: SampleLabels, _ more: SampleLabels = SampleLabels()) {
        line(current, labels.bytes, more.bytes)
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
    private mutating func line(_ name: String, _ labels: [UInt8], _ bound: [UInt8] = []) {
        buffer.append(name)
        if !labels.isEmpty || !bound.isEmpty {
            buffer.append("{")
            buffer.append(labels)
            if !labels.isEmpty, !bound.isEmpty { buffer.append(",") }
            buffer.append(bound)
            buffer.append("}")
        }
        buffer.append(" ")
    }

    private mutating func count(_ value: UInt64) {
        if let value = Int(exactly: value) { buffer.append(decimal: value) } else { buffer.append("\(value)") }
    }

    private mutating func number(_ value: Double) {
        if value.isNaN { return buffer.append("NaN") }
        if value.isInfinite { return buffer.append(value < 0 ? "-Inf" : "+Inf") }
        // Most are small whole numbers, which need no shortest fraction looked for.
        if let whole = Int(exactly: value), whole.magnitude < 1 << 32, value.sign == .plus {
            buffer.append(decimal: whole)
            return buffer.append(".0")
        }
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

/// Labels as scrapes show them, for samples that are written again and again.
public struct SampleLabels: Sendable {
    let bytes: [UInt8]

    /// None.
    public init() { bytes = [] }

    /// One label.
    public init(_ name: String, _ value: String) { bytes = LabelText.bytes([name], [value]) }
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
        let buckets = Buckets(family)
        for series in family.series where !series.isRetired {
            switch family.kind {
            case .counter:
                line(current, series.shown)
                count(Self.total(series.slot, shards))
                buffer.append("\n")
            case .gauge, .info:
                line(current, series.shown)
                number(shards.reduce(0) { $0 + Double(bitPattern: $1.load(series.slot)) })
                buffer.append("\n")
            case .histogram: histogram(family, buckets, series, shards)
            }
        }
    }

    /// What the lines of a histogram have in common.
    private struct Buckets {
        let bucketName: String
        let sumName: String
        let countName: String
        /// The bounds as labels, the last one without end.
        let bounds: [[UInt8]]

        init(_ family: borrowing MetricFamily) {
            (bucketName, sumName, countName) = (family.name + "_bucket", family.name + "_sum", family.name + "_count")
            let scale = family.scale
            bounds =
                family.bounds.map { Array("le=\"\((Double($0) / scale).description)\"".utf8) }
                + [Array("le=\"+Inf\"".utf8)]
        }
    }

    private static func total(_ slot: Int, _ shards: [MetricShard]) -> UInt64 {
        shards.reduce(0) { $0 &+ $1.load(slot) }
    }

    private mutating func histogram(
        _ family: borrowing MetricFamily, _ buckets: Buckets, _ series: MetricFamily.Series, _ shards: [MetricShard]
    ) {
        var exemplar = family.hasExemplars && format == .openMetrics ? Self.exemplar(family, series, shards) : nil
        var seen: UInt64 = 0
        for bucket in 0...family.bounds.count {
            seen &+= Self.total(series.slot + bucket, shards)
            line(buckets.bucketName, series.shown, buckets.bounds[bucket])
            count(seen)
            let bound = bucket < family.bounds.count ? family.bounds[bucket] : .max
            if let found = exemplar, found.value <= bound {
                write(found, scale: family.scale)
                exemplar = nil
            }
            buffer.append("\n")
        }
        line(buckets.sumName, series.shown)
        number(Double(Self.total(series.slot + family.bounds.count + 1, shards)) / family.scale)
        buffer.append("\n")
        line(buckets.countName, series.shown)
        count(seen)
        buffer.append("\n")
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
