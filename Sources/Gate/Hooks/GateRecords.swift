import Hooks
import Reactor

/// Where the records are: in the state directory, or in a temporary one that goes with the server.
final class GateRecords: Sendable {
    let disk: DiskRecords
    private let temporary: String?

    var letters: DeadLetters { disk.letters }
    var ledger: FailOpenLedger { disk.failOpens }

    /// Opens the records in the state directory; without one, in a folder of their own among what is temporary.
    init(_ configuration: ServerConfiguration, clock: any Clock) throws(GateError) {
        let (state, scratch) = (configuration.state, configuration.calls.scratch)
        var options = DiskRecords.Options()
        options.failOpenReviewsPerSecond = configuration.calls.uncheckedReviewsPerSecond
        let folder: String
        do throws(SystemError) {
            if let state { folder = state } else { folder = try ScratchFolder.make(in: scratch, prefix: "portcullis-") }
            temporary = state == nil ? folder : nil
            try WholeFile.makeDirectory(folder, mode: 0o700)
        } catch {
            throw GateError("cannot make a folder for records: \(error)")
        }
        do throws(JournalError) { disk = try DiskRecords(folder, options, clock: clock) } catch {
            throw GateError("cannot open the records in \(folder): \(error)")
        }
    }

    /// Writes what waits to be written.
    func close() {
        disk.close()
        // What is left of a temporary folder does no harm.
        if let temporary { try? ScratchFolder.remove(temporary) }
    }
}
