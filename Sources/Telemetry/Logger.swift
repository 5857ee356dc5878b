public import JSON

/// How much a log line matters.
public enum LogLevel: Int, Comparable, Sendable, CaseIterable {
    /// For those who work on the server.
    case debug
    /// What happened.
    case info
    /// What somebody should look at.
    case warning
    /// What is broken.
    case error

    /// The level of that name.
    public init?(_ name: String) {
        guard let level = Self.allCases.first(where: { $0.name.description == name }) else { return nil }
        self = level
    }

    /// The name, in configuration and in the lines.
    public var name: StaticString {
        switch self {
        case .debug: "debug"
        case .info: "info"
        case .warning: "warning"
        case .error: "error"
        }
    }

    /// A level that matters less is the lesser.
    public static func < (left: LogLevel, right: LogLevel) -> Bool { left.rawValue < right.rawValue }
}

/// Writes log lines of one thread: JSON objects with `time`, `level`, `message`, `request` where there is one, and fields.
public final class Logger {
    private let sink: LogSink
    private let wall: @Sendable () -> Int64
    private let lineBytesMax: Int
    private var line = JSONWriter(capacity: 512)
    private var stamp = RunningTimestamp()
    /// Lines below this level are left out.
    public var level: LogLevel

    /// A logger for one thread. `wall` is the calendar's time in nanoseconds since 1970.
    public init(
        _ sink: LogSink, level: LogLevel = .info, lineBytesMax: Int = 16 << 10, wall: @escaping @Sendable () -> Int64
    ) {
        self.sink = sink
        self.level = level
        self.lineBytesMax = lineBytesMax
        self.wall = wall
    }

    /// Logs a message with the fields that `fields` writes, as members of the line's object.
    public func log(
        _ level: LogLevel, _ message: String, request: Span<UInt8> = Span(),
        _ fields: (inout JSONWriter) -> Void = { _ in }
    ) {
        guard level >= self.level else { return }
        stamp.advance(to: wall())
        if Self.write(stamp.text.span, level, message, sink.worker, request, fields, to: &line) > lineBytesMax {
            shorten(level, message, request)
        }
        line.withBytes { _ = sink.append($0) }
    }

    /// Gives the length of the line.
    private static func write(
        _ time: Span<UInt8>, _ level: LogLevel, _ message: String, _ worker: Int?, _ request: Span<UInt8>,
        _ fields: (inout JSONWriter) -> Void, to line: inout JSONWriter
    ) -> Int {
        line.reset()
        LogLine.begin(&line, time: time, level, message, worker)
        if request.count > 0 {
            line.key("request")
            line.string(request)
        }
        fields(&line)
        line.endObject()
        return line.count
    }

    /// Without its fields, and with as much of the message as there is room for.
    private func shorten(_ level: LogLevel, _ message: String, _ request: Span<UInt8>) {
        line.reset()
        // A character takes at most six bytes when it is escaped.
        let beginning = String(message.unicodeScalars.prefix(lineBytesMax / 12))
        LogLine.begin(&line, time: stamp.text.span, level, beginning, sink.worker)
        if request.count > 0, request.count < lineBytesMax / 12 {
            line.key("request")
            line.string(request)
        }
        line.key("shortened")
        line.bool(true)
        line.endObject()
    }
}

/// What every line begins with.
enum LogLine {
    static func begin(
        _ line: inout JSONWriter, time: Span<UInt8>, _ level: LogLevel, _ message: String, _ worker: Int?
    ) {
        line.beginObject()
        line.key("time")
        line.string(time)
        line.key("level")
        line.string(level.name)
        line.key("message")
        line.string(message)
        if let worker {
            line.key("worker")
            line.int(Int64(worker))
        }
    }
}
