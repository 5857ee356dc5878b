public import Admission
public import Policies
public import Reactor

/// Asks a candidate revision of the rules about live requests, on one loop, after they were answered.
///
/// Both revisions are asked, one after the other, about a copy of the review, so that what is compared are the rules and
/// nothing else: hooks that ask somebody outside are passed over in both, and nothing is counted, kept or told. It takes a
/// twentieth of the loop's time at the most: after each comparison it rests nineteen times as long.
public final class ShadowLoop {
    /// What a loop may spend on it.
    public struct Bounds: Sendable {
        /// How long a revision may take for one review.
        public var budget = Nanoseconds.milliseconds(5)
        /// How many reviews wait.
        public var waitingMax = 16
        /// How many times as long as a comparison took it rests.
        public var rest: Int64 = 19

        /// The defaults.
        public init() {}
    }

    private struct Entry {
        let review: KeptReview
        let phase: ReviewPhase
        let group: UInt32
    }

    private let loop: any HookLoop
    private let bounds: Bounds
    private let findings: ShadowFindings
    private let active: HookPipeline
    private let candidate: HookPipeline
    private var waiting: [Entry] = []
    private var isArmed = false
    private var response = ReviewResponse()

    /// A shadow of those rules on a loop.
    public init(
        active: PolicySet, candidate: PolicySet, on loop: any HookLoop, builtins: BuiltinRegistry,
        findings: ShadowFindings, bounds: Bounds = Bounds()
    ) {
        self.loop = loop
        self.bounds = bounds
        self.findings = findings
        self.active = Self.pipeline(active, loop, builtins)
        self.candidate = Self.pipeline(candidate, loop, builtins)
    }

    /// A pipeline that nobody hears of.
    private static func pipeline(_ set: PolicySet, _ loop: any HookLoop, _ builtins: BuiltinRegistry) -> HookPipeline {
        let host = HookHost(
            on: loop, number: 0, executors: nil, builtins: builtins, retryBudget: RetryBudget(reserve: 0), seed: 0)
        return HookPipeline(HookBoard(clock: loop.clock, seed: 0).revise(set, hash: ""), on: host)
    }

    /// Notes a review that was answered, if there is room.
    func add(_ review: AdmissionReview, _ phase: ReviewPhase, _ group: UInt32, _ kept: KeptReview?) {
        guard waiting.count < bounds.waitingMax, let kept = kept ?? (try? KeptReview(review)) else {
            return findings.count { $0.skipped += 1 }
        }
        // Groups have numbers of each revision's own.
        waiting.append(Entry(review: kept, phase: phase, group: group))
        arm(at: loop.clock.now)
    }

    private func arm(at time: Instant) {
        guard !isArmed else { return }
        isArmed = true
        _ = loop.arm(at: time) { [weak self] in
            self?.isArmed = false
            self?.compareNext()
        }
    }

    private func compareNext() {
        guard !waiting.isEmpty else { return }
        let start = loop.clock.now
        compare(waiting.removeFirst())
        let now = loop.clock.now
        if !waiting.isEmpty { arm(at: now + (now - start) * bounds.rest) }
    }

    private func compare(_ entry: Entry) {
        guard let one = verdict(of: active, entry, entry.group) else { return findings.count { $0.late += 1 } }
        let group = self.group(entry.group)
        guard let group, let other = verdict(of: candidate, entry, group) else {
            return findings.count { $0.late += 1 }
        }
        if one == other { return findings.count { $0.same += 1 } }
        findings.add(
            ShadowFindings.Difference(
                wall: loop.clock.wall, phase: entry.phase, review: entry.review, active: one, candidate: other))
    }

    /// The candidate's number of a group; nil where it has no such group.
    private func group(_ number: UInt32) -> UInt32? {
        if number == 0 || number == ReviewQuestion.ungrouped { return number }
        let names = active.revision.set.groups
        let place = Int(number) - 1
        guard names.indices.contains(place) else { return nil }
        // A group that nothing belongs to any more has no hooks: no number is its number.
        return candidate.revision.set.group(named: names[place]) ?? .max
    }

    /// What a revision says; nil where that took too long.
    private func verdict(of pipeline: HookPipeline, _ entry: Entry, _ group: UInt32) -> ShadowFindings.Verdict? {
        let start = loop.clock.now
        let deadline = start + bounds.budget
        let question = ReviewQuestion(
            review: entry.review.review, phase: entry.phase, group: group, arrival: start.nanoseconds,
            deadline: deadline.nanoseconds)
        var exchange = NoExchange()
        response.reset()
        guard pipeline.handle(question, &response, &exchange) == .answered, loop.clock.now < deadline else {
            return nil
        }
        return ShadowFindings.Verdict(response)
    }

    private struct NoExchange: ReviewExchange {
        mutating func ticket(for question: ReviewQuestion) throws(ReviewError) -> (any ReviewTicket, KeptReview) {
            throw .empty
        }
    }
}
