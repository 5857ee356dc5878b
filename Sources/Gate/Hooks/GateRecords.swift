import Hooks
import Reactor

/// Where the records are: in the state directory, or in a temporary one that goes with the server's folder.
final class GateRecords: Sendable {
    let disk: DiskRecords

    var letters: DeadLetters { disk.letters }
    var ledger: FailOpenLedger { disk.failOpens }

    /// Opens the records in the state directory; without one, in the server's folder among what is temporary.
    init(_ configuration: ServerConfiguration, folder temporary: String?, clock: any Clock) throws(GateError) {
        var options = DiskRecords.Options()
        options.failOpenReviewsPerSecond = configuration.calls.uncheckedReviewsPerSecond
        guard let folder = configuration.state ?? temporary.map({ "\($0)/records" }) else {
            throw GateError("there is no folder for records")
        }
        do throws(SystemError) { try WholeFile.makeDirectory(folder, mode: 0o700) } catch {
            throw GateError("cannot make a folder for records: \(error)")
        }
        do throws(JournalError) { disk = try DiskRecords(folder, options, clock: clock) } catch {
            throw GateError("cannot open the records in \(folder): \(error)")
        }
    }

    /// Writes what waits to be written.
    func close() { disk.close() }
}
