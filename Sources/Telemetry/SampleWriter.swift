import HTTP

/// Writes metrics as Prometheus reads them.
///
/// A thousand hooks are 45,000 lines: what lines have in common is put together once, and written straight to where it is
/// sent from.
public struct SampleWriter: ~Copyable {
    private let format: ExpositionFormat
    private var buffer: ByteBuffer
    /// The name of the samples that are being written.
    private var current: [UInt8] = []
    /// What the samples of one histogram begin with.
    private var stem: [UInt8] = []

    /// Writes behind what the buffer holds.
    init(format: ExpositionFormat, into buffer: consuming ByteBuffer) {
        self.format = format
        self.buffer = buffer
    }

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
        endLine()
    }

    /// Adds a sample whose labels were made before.
    public mutating func sample(_ value: Double, _ labels: SampleLabels, _ more: SampleLabels = SampleLabels()) {
        buffer.append(current)
        if !labels.bytes.isEmpty || !more.bytes.isEmpty {
            buffer.append(UInt8(ascii: "{"))
            buffer.append(labels.bytes.span)
            if !labels.bytes.isEmpty, !more.bytes.isEmpty { buffer.append(UInt8(ascii: ",")) }
            buffer.append(more.bytes.span)
            buffer.append(UInt8(ascii: "}"))
        }
        buffer.append(UInt8(ascii: " "))
        number(value)
        endLine()
    }

    /// Gives the buffer back, with all that was written.
    consuming func finish() -> ByteBuffer {
        if format == .openMetrics { buffer.append("# EOF\n") }
        return buffer
    }

    /// `HELP`, `TYPE` and, in OpenMetrics, `UNIT`; from then on samples have the name of the kind.
    private mutating func head(_ name: String, _ type: StaticString, _ help: String) {
        let suffix =
            switch type.description {
            case "counter": "_total"
            case "info": "_info"
            default: ""
            }
        let shown = format == .text ? name + suffix : name
        current = Array((name + suffix).utf8)
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

    private mutating func endLine() { buffer.append(UInt8(ascii: "\n")) }

    private mutating func count(_ value: UInt64) {
        if let value = Int(exactly: value) { buffer.append(decimal: value) } else { buffer.append("\(value)") }
    }

    private mutating func number(_ value: Double) {
        if value.isNaN { return buffer.append("NaN") }
        if value.isInfinite { return buffer.append(value < 0 ? "-Inf" : "+Inf") }
        // Most are small whole numbers, which need no shortest fraction looked for.
        if let whole = Int(exactly: value), whole.magnitude < 1 << 32, value.sign == .plus {
            buffer.append(decimal: whole)
            buffer.append(UInt8(ascii: "."))
            return buffer.append(UInt8(ascii: "0"))
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
        case .histogram: return histograms(family, shards)
        }
        let text = family.text.span
        for series in family.series where !series.isRetired {
            buffer.append(text.extracting(series.head))
            if case .counter = family.kind {
                count(Self.total(series.slot, shards))
            } else {
                number(shards.reduce(0) { $0 + Double(bitPattern: $1.load(series.slot)) })
            }
            endLine()
        }
    }

    @inline(__always) private static func total(_ slot: Int, _ shards: [MetricShard]) -> UInt64 {
        var sum: UInt64 = 0
        for shard in shards { sum &+= shard.load(slot) }
        return sum
    }

    /// What the lines of a family of histograms have in common.
    private struct Lines {
        let bucketName: [UInt8]
        let sumName: [UInt8]
        let countName: [UInt8]
        /// How lines of buckets end, up to their counts: the bounds as labels, the last one without end.
        let ends: [[UInt8]]

        init(_ family: borrowing MetricFamily) {
            bucketName = Array("\(family.name)_bucket{".utf8)
            sumName = Array("\(family.name)_sum".utf8)
            countName = Array("\(family.name)_count".utf8)
            let scale = family.scale
            ends =
                family.bounds.map { Array("le=\"\((Double($0) / scale).description)\"} ".utf8) }
                + [Array("le=\"+Inf\"} ".utf8)]
        }
    }

    private mutating func histograms(_ family: borrowing MetricFamily, _ shards: [MetricShard]) {
        head(family.name, "histogram", family.help)
        let lines = Lines(family)
        for series in family.series where !series.isRetired {
            let labels = family.text[series.head]
            stem.removeAll(keepingCapacity: true)
            stem += lines.bucketName
            stem += labels
            if !labels.isEmpty { stem.append(UInt8(ascii: ",")) }
            let seen = buckets(family, lines, series.slot, shards)
            line(lines.sumName, labels)
            let sum = Self.total(series.slot + family.bounds.count + 1, shards)
            number(Double(sum) / family.scale)
            endLine()
            line(lines.countName, labels)
            count(seen)
            endLine()
        }
    }

    /// The name and the labels of one sample, up to the space before its value.
    private mutating func line(_ name: [UInt8], _ labels: ArraySlice<UInt8>) {
        buffer.append(name)
        if !labels.isEmpty {
            buffer.append(UInt8(ascii: "{"))
            buffer.append(labels.span)
            buffer.append(UInt8(ascii: "}"))
        }
        buffer.append(UInt8(ascii: " "))
    }

    /// The lines of one histogram's buckets; how many observations there are.
    private mutating func buckets(
        _ family: borrowing MetricFamily, _ lines: borrowing Lines, _ slot: Int, _ shards: [MetricShard]
    ) -> UInt64 {
        var exemplar = family.hasExemplars && format == .openMetrics ? Self.exemplar(family, slot, shards) : nil
        var seen: UInt64 = 0
        let ends = lines.ends.span
        for bucket in ends.indices {
            seen &+= Self.total(slot + bucket, shards)
            buffer.append(stem)
            buffer.append(ends[bucket].span)
            count(seen)
            if let found = exemplar, bucket >= family.bounds.count || found.value <= family.bounds[bucket] {
                write(found, scale: family.scale)
                exemplar = nil
            }
            endLine()
        }
        return seen
    }

    /// The latest of the shards' exemplars.
    private static func exemplar(
        _ family: borrowing MetricFamily, _ slot: Int, _ shards: [MetricShard]
    ) -> Exemplar? {
        let place = slot + family.bounds.count + 2
        return shards.compactMap { $0.exemplar(at: place) }.max { $0.wall < $1.wall }
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
