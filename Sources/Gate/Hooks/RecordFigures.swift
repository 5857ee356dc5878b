import Hooks
import Reactor
import Telemetry

/// What a scrape says about records: looked up, not counted.
enum RecordFigures {
    static func write(_ records: GateRecords, _ clock: any Clock, _ writer: inout SampleWriter) {
        let letters = records.letters.log.counts
        writer.gauge("portcullis_dead_letters", "Calls that failed for good, by hook and by what became of them.")
        for (key, count) in letters.byHook.sorted(by: {
            ($0.key.hook, $0.key.state.name) < ($1.key.hook, $1.key.state.name)
        })
        .prefix(seriesMax) { writer.sample(Double(count), [("hook", key.hook), ("state", key.state.name)]) }
        writer.gauge(
            "portcullis_dead_letter_oldest_age_seconds", "Age of the oldest dead letter that nobody dealt with.")
        let now = clock.wall / 1_000_000_000
        writer.sample(Double(letters.oldestOpenSeconds.map { max(now - $0, 0) } ?? 0), [])
        let ledger = records.ledger.log.counts
        writer.gauge("portcullis_fail_open_entries", "Entries of the fail-open ledger.")
        writer.sample(Double(ledger.byHook.values.reduce(0, +)), [])
        writer.counter("portcullis_records_kept", "What records stand for that were written, pruned or not.")
        writer.sample(Double(letters.kept), [("records", "dead_letters")])
        writer.sample(Double(ledger.kept), [("records", "fail_open")])
        writer.counter("portcullis_records_dropped", "Records that the disk was too slow for, or refused.")
        writer.sample(Double(letters.dropped), [("records", "dead_letters")])
        writer.sample(Double(ledger.dropped), [("records", "fail_open")])
        writer.sample(Double(records.disk.tasks.droppedCount), [("records", "after")])
    }

    /// Rows of dead letters that a scrape has at most.
    private static let seriesMax = 1000
}
