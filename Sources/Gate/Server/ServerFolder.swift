import Reactor
import Telemetry

/// The folder that a server has to itself among what is temporary, for its commands, and for its records where it has no state
/// directory. What servers that were killed have left there is removed behind the server's back.
final class ServerFolder {
    private static let prefix = "portcullis-"

    let path: String
    private var folder: ProcessFolder?
    private var sweeper: LoopThread?

    /// Makes the folder, and has those removed whose servers are gone.
    init(in parent: String, _ sink: LogSink, _ level: LogLevel, clock: any Clock) throws(SystemError) {
        let folder = try ProcessFolder.make(in: parent, prefix: Self.prefix)
        path = folder.path
        self.folder = consume folder
        sweeper = try? LoopThread("sweeper", clock: clock, rank: .yielding) { _ in }
        let isTaken = sweeper?.mailbox.submit { loop in
            let log = Logger(sink, level: level, wall: { clock.wall })
            for left in ProcessFolder.sweep(parent, prefix: Self.prefix) {
                log.note(.info, "removed what a server left behind that is gone", [("folder", left)])
            }
            loop.mailbox.stop()
        }
        if isTaken == false { sweeper.take()?.stop() }
    }

    deinit { remove() }

    /// The folder of a server; nil where none can be made and nothing is lost by that until a command is to run, which then
    /// says so.
    static func make(
        for configuration: ServerConfiguration, _ sink: LogSink, clock: any Clock
    ) throws(GateError) -> ServerFolder? {
        let (scratch, level) = (configuration.calls.scratch, configuration.logLevel.level)
        do throws(SystemError) { return try ServerFolder(in: scratch, sink, level, clock: clock) } catch {
            guard configuration.state != nil else { throw GateError("cannot make a folder for records: \(error)") }
            let log = Logger(sink, level: level, wall: { clock.wall })
            log.note(.warning, "commands have no folder to run in", [("reason", "\(error)")])
            return nil
        }
    }

    /// Removes the folder. What cannot be removed does no harm.
    func remove() {
        sweeper.take()?.join()
        if let folder = folder.take() { try? folder.remove() }
    }
}
