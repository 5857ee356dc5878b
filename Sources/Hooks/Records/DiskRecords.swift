public import Admission
public import Reactor

/// Everything that must outlive a request, in folders of the server's state: what was admitted unchecked, calls that failed for
/// good, and hooks that are to run after answers.
public final class DiskRecords: HookRecords {
    /// What was admitted unchecked.
    public let failOpens: FailOpenLedger
    /// Calls that failed for good.
    public let letters: DeadLetters
    /// Hooks that are to run after answers.
    public let tasks: AfterJournal

    /// How much is kept of each.
    public struct Options: Sendable {
        /// What was admitted unchecked.
        public var failOpens = EntryOptions()
        /// Whole reviews a second that are kept of what was admitted unchecked, and ten seconds' worth at once; of more, how many
        /// there were, and who asked for what in the first of them.
        public var failOpenReviewsPerSecond = 50
        /// Calls that failed for good.
        public var letters = EntryOptions()
        /// How the tasks' journal is kept.
        public var tasks = JournalOptions()

        /// The usual bounds. Nobody waits until what was admitted unchecked is safe, and tasks are many and short-lived, so
        /// neither is forced to the disk each time; a server that dies loses nothing of them, a machine that does a moment.
        public init() {
            failOpens.journal.sync = .interval(.milliseconds(200))
            tasks.sync = .interval(.seconds(1))
        }
    }

    /// Opens the records in `folder`, which is made if need be.
    public init(_ folder: String, _ options: Options = Options(), clock: any Clock) throws(JournalError) {
        failOpens = try FailOpenLedger(
            folder + "/fail-open", options.failOpens, reviewsPerSecond: options.failOpenReviewsPerSecond, clock: clock)
        do throws(JournalError) {
            letters = try DeadLetters(folder + "/dead-letters", options.letters, clock: clock)
        } catch {
            failOpens.close()
            throw error
        }
        do throws(JournalError) {
            tasks = try AfterJournal(folder + "/after", journal: options.tasks, clock: clock)
        } catch {
            failOpens.close()
            letters.log.close()
            throw error
        }
    }

    /// Whether there is room for the whole review of one more request that was admitted unchecked.
    public func takesReview(at now: Instant) -> Bool { failOpens.takesReview(at: now) }

    /// Notes that a request was admitted though a check of it has no verdict.
    public func note(_ entry: FailOpenEntry) { failOpens.add(entry) }

    /// Notes the same, without the review.
    public func noteBriefly(_ entry: FailOpenEntry, of review: AdmissionReview) {
        failOpens.addBriefly(entry, of: review)
    }

    /// Keeps a call that failed for good.
    public func keep(_ letter: DeadLetter) { letters.add(letter) }

    /// Keeps a task until it is finished.
    public func begin(_ task: AfterTask) -> UInt64? { tasks.begin(task) }

    /// The task needs to be kept no longer.
    public func finish(_ task: UInt64) { tasks.finish(task) }

    /// Writes what waits to be written.
    public func close() {
        failOpens.close()
        letters.log.close()
        tasks.close()
    }
}
