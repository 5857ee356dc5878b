import JSON
import Reactor

/// A piece of work that is over, for whoever looks at traces.
public struct FinishedSpan: Sendable {
    /// Whose work it was, as OTLP counts.
    public enum Kind: Int, Sendable {
        /// A request that was answered.
        case server = 2
        /// A request that was made.
        case client = 3
    }

    /// Its place.
    public var context: TraceContext
    /// The span that it is part of; zero for none.
    public var parent: UInt64
    /// What was done.
    public var name: String
    /// Whose work it was.
    public var kind: Kind
    /// When it began, in nanoseconds since 1970.
    public var start: Int64
    /// When it ended.
    public var end: Int64
    /// What else is known.
    public var attributes: [(name: StaticString, value: String)] = []
    /// What went wrong; nil where nothing did.
    public var problem: String?

    /// A span.
    public init(_ name: String, _ kind: Kind, _ context: TraceContext, parent: UInt64, start: Int64, end: Int64) {
        self.name = name
        self.kind = kind
        self.context = context
        self.parent = parent
        self.start = start
        self.end = end
    }
}

/// Spans on their way to whoever exports them. Any thread adds; where too many wait the new ones are dropped and counted.
public final class SpanSink: Sendable {
    private struct Waiting {
        var spans: [FinishedSpan] = []
        var dropped: UInt64 = 0
    }

    private let waiting = Guarded(Waiting())
    private let spansMax: Int

    /// So many spans wait at most.
    public init(spansMax: Int = 4096) { self.spansMax = spansMax }

    /// Adds a span that is to be kept.
    public func add(_ span: FinishedSpan) {
        waiting.withLock { waiting in
            if waiting.spans.count < spansMax { waiting.spans.append(span) } else { waiting.dropped += 1 }
        }
    }

    /// Takes spans out, the oldest first, so many at most.
    public func take(_ most: Int) -> [FinishedSpan] {
        waiting.withLock { waiting in
            let taken = Array(waiting.spans.prefix(most))
            waiting.spans.removeFirst(taken.count)
            return taken
        }
    }

    /// How many were dropped so far.
    public var dropped: UInt64 { waiting.withLock { $0.dropped } }
}

/// Spans as OTLP over HTTP has them in JSON.
public enum SpanExport {
    /// A request's body for these spans of that service.
    public static func json(_ spans: [FinishedSpan], service: String, version: String) -> [UInt8] {
        var writer = JSONWriter(capacity: 512 + spans.count * 512)
        writer.beginObject()
        writer.key("resourceSpans")
        writer.beginArray()
        writer.beginObject()
        writer.key("resource")
        writer.beginObject()
        write([("service.name", service), ("service.version", version)], to: &writer)
        writer.endObject()
        writer.key("scopeSpans")
        writer.beginArray()
        writer.beginObject()
        writer.key("scope")
        writer.beginObject()
        writer.key("name")
        writer.string("portcullis")
        writer.endObject()
        writer.key("spans")
        writer.beginArray()
        for span in spans { write(span, to: &writer) }
        writer.endArray()
        writer.endObject()
        writer.endArray()
        writer.endObject()
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }

    private static func write(_ span: FinishedSpan, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("traceId")
        writer.string(span.context.traceText)
        writer.key("spanId")
        writer.string(span.context.spanText)
        if span.parent != 0 {
            writer.key("parentSpanId")
            writer.string(TraceContext.digits(span.parent))
        }
        writer.key("name")
        writer.string(span.name)
        writer.key("kind")
        writer.int(Int64(span.kind.rawValue))
        // 64-bit numbers are texts in the JSON of protocol buffers.
        writer.key("startTimeUnixNano")
        writer.string("\(max(span.start, 0))")
        writer.key("endTimeUnixNano")
        writer.string("\(max(span.end, 0))")
        write(span.attributes, to: &writer)
        writer.key("status")
        writer.beginObject()
        if let problem = span.problem {
            writer.key("code")
            writer.int(2)
            writer.key("message")
            writer.string(problem)
        }
        writer.endObject()
        writer.endObject()
    }

    private static func write(_ attributes: [(name: StaticString, value: String)], to writer: inout JSONWriter) {
        writer.key("attributes")
        writer.beginArray()
        for attribute in attributes {
            writer.beginObject()
            writer.key("key")
            writer.string(attribute.name)
            writer.key("value")
            writer.beginObject()
            writer.key("stringValue")
            writer.string(attribute.value)
            writer.endObject()
            writer.endObject()
        }
        writer.endArray()
    }
}
