import Hooks
import Reactor
import Synchronization

/// What outlives requests: the calls that failed for good, and what was admitted unchecked. In the state directory, or in a
/// temporary one that goes with the server.
final class GateRecords: HookRecords {
    let letters: DeadLetters
    let ledger: FailOpenLedger
    private let temporary: String?
    private let tasks = Atomic<UInt64>(0)

    /// Opens the records in the state directory; without one, in a folder of their own under `scratch`.
    init(state: String?, scratch: String, clock: any Clock) throws(GateError) {
        let folder: String
        do throws(SystemError) {
            if let state { folder = state } else { folder = try ScratchFolder.make(in: scratch, prefix: "portcullis-") }
            temporary = state == nil ? folder : nil
            for name in ["dead-letters", "fail-open"] { try WholeFile.makeDirectory("\(folder)/\(name)", mode: 0o700) }
        } catch {
            throw GateError("cannot make the folders of records: \(error)")
        }
        do throws(JournalError) {
            letters = try DeadLetters("\(folder)/dead-letters", clock: clock)
            ledger = try FailOpenLedger("\(folder)/fail-open", clock: clock)
        } catch {
            throw GateError("cannot open the records in \(folder): \(error)")
        }
    }

    func note(_ entry: FailOpenEntry) { ledger.add(entry) }

    func keep(_ letter: DeadLetter) { letters.add(letter) }

    func begin(_ task: AfterTask) -> UInt64? { tasks.add(1, ordering: .relaxed).newValue }

    func finish(_ task: UInt64) {}

    /// Writes what waits to be written.
    func close() {
        letters.log.close()
        ledger.log.close()
        // What is left of a temporary folder does no harm.
        if let temporary { try? ScratchFolder.remove(temporary) }
    }
}
