import HTTP
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
        let now = wall()
        line.reset()
        LogLine.begin(&line, wall: now, level, message)
        if request.count > 0 {
            line.key("request")
            line.string(request)
        }
        fields(&line)
        line.endObject()
        if line.count > lineBytesMax { shorten(now, level, message, request) }
        line.withBytes { _ = sink.append($0) }
    }

    /// Without its fields, and with as much of the message as there is room for.
    private func shorten(_ now: Int64, _ level: LogLevel, _ message: String, _ request: Span<UInt8>) {
        line.reset()
        // A character takes at most six bytes when it is escaped.
        LogLine.begin(&line, wall: now, level, String(message.unicodeScalars.prefix(lineBytesMax / 12)))
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
    static func begin(_ line: inout JSONWriter, wall: Int64, _ level: LogLevel, _ message: String) {
        line.beginObject()
        line.key("time")
        line.string(timestamp(wall).span)
        line.key("level")
        line.string(level.name)
        line.key("message")
        line.string(message)
    }

    /// RFC 3339 with milliseconds, in UTC: `2026-11-21T12:30:00.125Z`.
    static func timestamp(_ wall: Int64) -> InlineArray<24, UInt8> {
        let time = CivilTime(secondsSince1970: wall / 1_000_000_000)
        var text = InlineArray<24, UInt8>(repeating: UInt8(ascii: "0"))
        func put(_ value: Int, at end: Int, _ count: Int) {
            var rest = value
            for index in stride(from: end - 1, to: end - 1 - count, by: -1) {
                text[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
        }
        put(time.year, at: 4, 4)
        put(time.month, at: 7, 2)
        put(time.day, at: 10, 2)
        put(time.hour, at: 13, 2)
        put(time.minute, at: 16, 2)
        put(time.second, at: 19, 2)
        put(Int(max(wall, 0) / 1_000_000 % 1000), at: 23, 3)
        text[4] = UInt8(ascii: "-")
        text[7] = UInt8(ascii: "-")
        text[10] = UInt8(ascii: "T")
        text[13] = UInt8(ascii: ":")
        text[16] = UInt8(ascii: ":")
        text[19] = UInt8(ascii: ".")
        text[23] = UInt8(ascii: "Z")
        return text
    }
}
