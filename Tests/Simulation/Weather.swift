import Hooks
import Policies
import Reactor

/// How one hook fares: it changes now and then, as the moods of real services do.
struct Weather {
    private enum Kind: CaseIterable {
        case fine, slow, failing, hanging, garbage, flapping
    }

    private var kind = Kind.fine
    private var until = Instant(nanoseconds: 0)

    /// What an attempt will do, and whether what it says is worth anything.
    mutating func behaviour(
        _ phase: HookPhase, at now: Instant, _ chance: inout Chance
    ) -> (Behaviour, isGood: Bool) {
        if now >= until {
            kind = chance.oneIn(3) ? chance.pick(Kind.allCases) : .fine
            until = now + .milliseconds(Int64(chance.within(100...(kind == .fine ? 12_000 : 4_000))))
        }
        let kind = self.kind == .flapping ? chance.pick([.fine, .slow, .failing, .hanging]) : self.kind
        switch kind {
        case .fine, .flapping: return (.answers(Self.verdict(phase, &chance), after: Self.delay(0...8, &chance)), true)
        case .slow: return (.answers(Self.verdict(phase, &chance), after: Self.delay(10...900, &chance)), true)
        case .failing: return (.fails(Self.failure(&chance), after: Self.delay(0...30, &chance)), false)
        case .hanging: return (.hangs, false)
        case .garbage: return (Self.garbage(phase, &chance), false)
        }
    }

    private static func delay(_ milliseconds: ClosedRange<Int>, _ chance: inout Chance) -> Nanoseconds {
        // Some are over before they have begun.
        chance.oneIn(6) ? .zero : .microseconds(Int64(chance.within(milliseconds) * 1000 + chance.below(1000)))
    }

    private static func verdict(_ phase: HookPhase, _ chance: inout Chance) -> HookResult {
        var result = HookResult(chance.oneIn(60) ? .deny : chance.oneIn(20) ? .warn : .pass)
        result.message = "said so"
        if phase == .mutate, result.verdict == .pass, chance.oneIn(2) {
            result.patch = Array(
                #"[{"op":"add","path":"/metadata/labels/l\#(chance.below(5))","value":"\#(chance.below(3))"}]"#.utf8)
        }
        return result
    }

    private static func failure(_ chance: inout Chance) -> HookFailure {
        let reason = chance.pick([HookFailure.Reason.error, .error, .timeout, .contract])
        let wait: Nanoseconds? = chance.oneIn(8) ? .milliseconds(Int64(chance.within(1...20_000))) : nil
        return HookFailure(reason, "it broke", isRetryable: !chance.oneIn(3), retryAfter: wait)
    }

    private static func garbage(_ phase: HookPhase, _ chance: inout Chance) -> Behaviour {
        let delay = Self.delay(0...20, &chance)
        guard chance.oneIn(2) else { return .fails(HookFailure(.contract, "garbage"), after: delay) }
        var result = HookResult(.pass)
        result.patch = Array(
            chance.pick([
                #"[{"op":"remove","path":"/no/such/thing"}]"#, "{", "[7]", #"[{"op":"remove","path":"/kind"}]"#,
            ]).utf8)
        return .answers(result, after: delay)
    }
}
