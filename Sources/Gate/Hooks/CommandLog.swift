import Hooks
import Reactor
import Telemetry

/// Logs what commands of hooks said: those that failed or were stopped always, the others for those who want to see everything.
struct CommandLog: Sendable {
    private let sink: LogSink
    private let level: LogLevel
    private let clock: any Clock

    init(_ sink: LogSink, _ level: LogLevel, _ clock: any Clock) {
        self.sink = sink
        self.level = level
        self.clock = clock
    }

    /// Logs one run; it may be called on any loop's thread.
    func note(_ report: CommandReport) {
        let isFine = report.ending == .exited(0) && !report.wasStopped
        let level = isFine ? LogLevel.debug : .warning
        guard level >= self.level else { return }
        let log = Logger(sink, level: self.level, wall: { [clock] in clock.wall })
        let redaction = Redaction()
        log.note(
            level, report.wasStopped ? "a command was stopped" : "a command has ended",
            [
                ("hook", report.hook), ("invocation", report.key), ("ending", Self.word(report.ending)),
                ("output", redaction.text(report.output)), ("errors", redaction.text(report.errors)),
                ("droppedBytes", "\(report.droppedBytes)"),
            ])
    }

    private static func word(_ ending: ChildOutcome.Ending) -> String {
        switch ending {
        case .exited(let status): "status \(status)"
        case .signalled(let signal): "signal \(signal)"
        }
    }
}
