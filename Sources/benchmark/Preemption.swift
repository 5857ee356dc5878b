import CEL
import CELKubernetes
import Foundation
import JSON

/// Measures how late an evaluation ends whose time is up: every construct that can loop gets an expression that would
/// run for long, and a deadline one millisecond away, both by the CPU time of the thread.
enum Preemption {
    static let deadlineNanoseconds = 1_000_000.0
    /// The median over the runs must not pass this.
    static let medianMax = 1_500_000.0
    static let arenaBytes = 64 << 20

    static let header =
        "preemption at 1 ms".padding(toLength: 44, withPad: " ", startingAt: 0) + "   median    worst    arena"

    /// What was seen of one expression.
    struct Row {
        let name: String
        var nanoseconds: [Double] = []
        var arenaBytesMax = 0
        /// Why it counts as missed whatever the times are; nil when it does not.
        var complaint: String?

        var holds: Bool { complaint == nil && median(nanoseconds) <= Preemption.medianMax }

        var line: String {
            let figures = String(
                format: "%6.3f ms %6.3f ms %5.1f MB", median(nanoseconds) / 1e6, (nanoseconds.max() ?? 0) / 1e6,
                Double(arenaBytesMax) / 1e6)
            return name.padding(toLength: 44, withPad: " ", startingAt: 0) + figures
                + (complaint.map { "  \($0)" } ?? (holds ? "" : "  MISSED"))
        }
    }

    /// Measures and prints all rows whose names are asked for; gives the number of those that miss the bar.
    static func run(_ names: [String], rounds: Int) -> Int {
        print(header)
        var missed = 0
        do {
            let document = try JSONDocument(parsing: Array(PreemptionCases.document.utf8))
            for (name, text) in PreemptionCases.all where names.isEmpty || names.contains(where: name.hasPrefix) {
                let row = try measure(name, text, document, rounds: rounds)
                missed += row.holds ? 0 : 1
                FileHandle.standardOutput.write(Data((row.line + "\n").utf8))
            }
        } catch {
            print("preemption: cannot be set up: \(error)")
            missed += 1
        }
        return missed
    }

    private static func measure(
        _ name: String, _ text: String, _ document: JSONDocument, rounds: Int
    ) throws -> Row {
        var environment = PreemptionCases.environment
        environment.declare("object", .dyn)
        var variables = SchemaVariables()
        let schema = try JSONDocument(parsing: PreemptionCases.schema).withRoot { try Schema($0) }
        _ = variables.declare("typed", schema, in: &environment)
        let program: Program
        switch environment.compile(text) {
        case .success(let checked): program = try environment.plan(checked)
        case .failure(let failure): return Row(name: name, complaint: "does not compile: \(failure)")
        }
        var row = Row(name: name)
        for _ in 0..<rounds {
            var evaluator = Evaluator(limits: .init(arenaBytes: arenaBytes))
            evaluator.bind(environment.slot(of: "object") ?? 0, evaluator.value(of: document.root))
            variables.bind("typed", document.root, in: environment, &evaluator)
            let start = threadNanoseconds()
            let deadline = start + deadlineNanoseconds
            evaluator.isTimeUp = { threadNanoseconds() >= deadline }
            let value = evaluator.run(program)
            row.nanoseconds.append(threadNanoseconds() - start)
            row.arenaBytesMax = max(row.arenaBytesMax, evaluator.arenaBytesInUse)
            // The memory's bound is a bound like the time's: what it stops has stopped in time.
            if evaluator.stop == nil {
                row.complaint = value.isError ? "ended: \(value.errorMessage)" : "ended before its time"
            }
        }
        return row
    }

    /// The CPU time of this thread, so that a busy machine does not look like a late stop.
    static func threadNanoseconds() -> Double {
        var now = timespec()
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now)
        return Double(now.tv_sec) * 1e9 + Double(now.tv_nsec)
    }
}
