import Admission
import JSON
import Policies
import Reactor
import Telemetry

// What is done once everything is settled: what was not checked is told, and what runs after the answer is queued.

extension HookEngine {
    /// Ends a review whose answer is this.
    func conclude(
        _ tally: ReviewTally, _ asked: AskedReview, _ kept: KeptReview?, _ response: inout ReviewResponse
    ) {
        var kept = kept
        // A request that is denied was not admitted unchecked.
        if !tally.unchecked.isEmpty, response.isAllowed { tell(tally, asked, &kept, &response) }
        if !revision.hash.isEmpty { response.annotate("revision", revision.hash) }
        queueAftermath(tally, asked, &kept, &response)
        host.shadow?.add(asked.review, asked.phase, asked.group, kept)
    }

    /// Says everywhere that an admitted request was not checked.
    @inline(never)
    private func tell(
        _ tally: ReviewTally, _ asked: AskedReview, _ kept: inout KeptReview?, _ response: inout ReviewResponse
    ) {
        let isKeptWhole = host.records?.takesReview(at: tally.last) ?? false
        if isKeptWhole, kept == nil { kept = try? KeptReview(asked.review) }
        let wall = host.clock.wall
        var annotation = ""
        for entry in tally.unchecked {
            let (name, failure) = (entry.cell.name, entry.failure)
            let words = entry.cell.words(on: failure)
            response.addWarning(words.warning)
            annotation = annotation.isEmpty ? words.annotation : annotation + "," + words.annotation
            host.uncheckedCount += 1
            if let shard = host.shard, let series = entry.cell.state.series {
                shard.add(series.failOpens[failure.reason.rawValue])
            }
            note(
                FailOpenEntry(
                    hook: name, failure: failure, phase: asked.phase, revision: revision.hash, wall: wall,
                    review: isKeptWhole ? kept : nil), asked.review)
            host.log?.log(.warning, hook: name, "a request was admitted unchecked", failure, asked.review)
        }
        response.annotate("fail-open", annotation)
    }

    private func note(_ entry: FailOpenEntry, _ review: AdmissionReview) {
        if entry.review == nil {
            host.records?.noteBriefly(entry, of: review)
        } else {
            host.records?.note(entry)
        }
    }

    // MARK: after the answer

    /// Queues what runs after this answer. The answer to a request is given in the phase validate, or where the phase
    /// mutate denies; nothing comes after a dry run, which nobody is to act upon.
    private func queueAftermath(
        _ tally: ReviewTally, _ asked: AskedReview, _ kept: inout KeptReview?, _ response: inout ReviewResponse
    ) {
        guard asked.phase == .validate || !response.isAllowed, !asked.review.isDryRun, host.executors != nil,
            let plan = evaluator.aftermath(of: asked.review)
        else { return }
        evaluator.prepare(asked.review)
        var verdict: [UInt8]?
        for index in 0..<plan.count {
            let cell = cells[plan.hook(index).index]
            guard cell.admits(asked.review, group: asked.group), !tally.hasFailed || cell.rule.settings.runsOnError
            else { continue }
            prepareMatching(cell, asked, tally)
            switch evaluator.matches(plan, index, asked.review) {
            case .no: continue
            // Better once too often: nothing is decided here.
            case .yes, .failed: break
            }
            if kept == nil { kept = try? KeptReview(asked.review) }
            guard let kept else { return }
            if verdict == nil {
                var writer = JSONWriter()
                response.writeVerdict(to: &writer)
                verdict = writer.bytes
            }
            let task = AfterTask(
                hook: cell.name, key: HookKeys.invocation(asked.review, cell.name, .after), revision: revision.hash,
                review: kept, verdict: verdict ?? [])
            host.after.add(task, cell)
        }
    }
}

extension Logger {
    /// Logs what became of a hook that failed.
    func log(
        _ level: LogLevel, hook: String, _ message: String, _ failure: HookFailure, _ review: AdmissionReview
    ) {
        review.uid.withUTF8 { uid in
            log(level, message, request: uid) { line in
                line.key("hook")
                line.string(hook)
                line.key("reason")
                line.string(failure.reason.name)
                line.key("problem")
                line.string(failure.message)
            }
        }
    }
}
