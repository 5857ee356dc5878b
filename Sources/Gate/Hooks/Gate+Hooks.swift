import Admission
import Hooks
import Policies
import Reactor
import Telemetry

extension Gate {
    /// Opens what outlives requests.
    static func openRecords(
        _ configuration: ServerConfiguration, _ folder: ServerFolder?, _ metrics: GateMetrics, _ clock: any Clock
    ) throws(GateError) -> GateRecords {
        let records = try GateRecords(configuration, folder: folder?.path, clock: clock)
        metrics.registry.collect { [weak records] writer in
            if let records { RecordFigures.write(records, clock, &writer) }
        }
        return records
    }

    private static func openRecorder(
        _ configuration: ServerConfiguration, _ metrics: GateMetrics, _ clock: any Clock
    ) throws(GateError) -> Recorder? {
        guard let folder = configuration.recording else { return nil }
        var options = RecorderOptions()
        options.share = configuration.recordingShare
        options.bytesMax = configuration.recordingBytesMax
        let recorder: Recorder
        do throws(SystemError) { recorder = try Recorder(folder, options, clock: clock) } catch {
            throw GateError("cannot record into \(folder): \(error)")
        }
        metrics.registry.collect { [weak recorder] writer in
            guard let recorder else { return }
            writer.counter(
                "portcullis_recorded_decisions", "Decisions that were to be recorded, by what became of them.")
            writer.sample(Double(recorder.recordedCount), [("result", "recorded")])
            writer.sample(Double(recorder.droppedCount), [("result", "dropped")])
        }
        return recorder
    }

    /// What rules that are tried beside those in force would have decided otherwise.
    func collectFindings() {
        metrics.registry.collect { [findings = hooks.findings] writer in
            let counts = findings.counts
            guard counts != ShadowFindings.Counts() else { return }
            writer.counter("portcullis_shadow_reviews", "Reviews that the shadow rules were asked about too.")
            writer.sample(Double(counts.same), [("result", "same")])
            writer.sample(Double(counts.different), [("result", "different")])
            writer.sample(Double(counts.late), [("result", "late")])
            writer.sample(Double(counts.skipped), [("result", "skipped")])
        }
    }

    /// What the loops share about hooks.
    static func share(
        _ configuration: ServerConfiguration, _ registry: BuiltinRegistry, _ metrics: GateMetrics,
        _ threads: CommandThreads, _ folder: ServerFolder?, _ records: GateRecords, _ sink: LogSink, _ clock: any Clock
    ) throws(GateError) -> HookShare {
        var random = SystemRandomNumberGenerator()
        let calls = configuration.calls
        var commands = CommandOptions(threads: threads, scratchFolder: folder?.path ?? calls.scratch)
        commands.report = CommandLog(sink, configuration.logLevel.level, clock).note
        return HookShare(
            board: HookBoard(metrics: metrics.hooks, clock: clock, seed: random.next()), builtins: registry,
            retryBudget: RetryBudget(percent: calls.retryPercent, reserve: calls.retryReserve),
            factory: ExecutorFactory(allowedTargets: calls.allowedTargets, commands: commands), records: records.disk,
            spans: configuration.traces.endpoint == nil ? nil : SpanSink(), traceShare: configuration.traces.share,
            recorder: try openRecorder(configuration, metrics, clock))
    }

    /// Has the first loop go on with what was to run after answers of an earlier life. Where a hook is gone its call becomes
    /// a dead letter.
    func resumeTasks() {
        let tasks = records.disk.tasks.unfinished
        guard !tasks.isEmpty, let first = loops.first else { return }
        log.note(.info, "hooks that were to run after answers are taken up again", [("tasks", "\(tasks.count)")])
        _ = first.thread.mailbox.submit { [review = first.review, disk = records.disk, clock] loop in
            for (number, task) in review.resume(tasks) {
                let invocation = HookInvocation(
                    key: task.key, hook: task.hook, phase: .after, deadline: loop.now, revision: task.revision,
                    review: task.review)
                disk.keep(
                    DeadLetter(
                        invocation: invocation, failure: HookFailure(.error, "the hook is not there any more"),
                        wall: clock.wall))
                disk.finish(number)
            }
        }
    }
}
