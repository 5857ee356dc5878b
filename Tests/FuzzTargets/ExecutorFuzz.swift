import Hooks
import JSON
import Policies

let executorFuzzTargets: [FuzzTarget] = unsafe [
    FuzzTarget(name: "hook-result", run: { unsafe fuzzHookResult($0) }),
    FuzzTarget(name: "webhook-answer", run: { unsafe fuzzWebhookAnswer($0) }),
    FuzzTarget(name: "redaction", run: { unsafe fuzzRedaction($0) }),
]

/// Reads any bytes as a hook's result, as a command's files and as a chat completion: what is accepted keeps the contract's
/// bounds, and everything else is a breach with a sentence.
public func fuzzHookResult(_ input: UnsafeRawBufferPointer) {
    let bytes = unsafe Array(input)
    for phase in HookPhase.allCases {
        check(phase) { () throws(HookFailure) in try HookResult(parsing: bytes, phase: phase) }
        let parts = bytes.split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false).map(Array.init)
        let files = CommandFiles(
            result: parts.first, message: parts.count > 1 ? parts[1] : nil, patch: parts.count > 2 ? parts[2] : nil)
        check(phase) { () throws(HookFailure) in try files.result(phase: phase) }
    }
    do throws(HookFailure) { _ = try ChatAnswer.content(of: bytes) } catch {
        precondition(error.reason == .contract && !error.message.isEmpty)
    }
}

private func check(_ phase: HookPhase, _ read: () throws(HookFailure) -> HookResult) {
    do throws(HookFailure) {
        let result = try read()
        precondition(result.message.utf8.count <= 3 * 32 << 10 && result.warnings.count <= 64)
        precondition(result.code.map { (400...599).contains($0) } ?? true, "a code that is none")
        guard let patch = result.patch else { return }
        precondition(phase == .mutate, "a patch from a hook that may not patch")
        precondition((try? JSONDocument(parsing: patch)) != nil, "the patch is not JSON")
    } catch {
        precondition(error.reason == .contract && !error.isRetryable && !error.message.isEmpty)
    }
}

/// Reads any bytes as another webhook's answer.
public func fuzzWebhookAnswer(_ input: UnsafeRawBufferPointer) {
    let bytes = unsafe Array(input)
    for mayPatch in [false, true] {
        do throws(HookFailure) {
            let result = try WebhookAnswer.result(bytes, uid: "u-1", mayPatch: mayPatch)
            precondition(result.verdict != .deny || (400...599).contains(result.code ?? 0))
            if let patch = result.patch {
                precondition(mayPatch && (try? JSONDocument(parsing: patch, options: .go())) != nil)
            }
        } catch {
            precondition(error.reason == .contract && !error.message.isEmpty)
        }
    }
}

/// Redacts any bytes: the outcome is JSON that the strictest reader takes, and has nothing left to be redacted.
public func fuzzRedaction(_ input: UnsafeRawBufferPointer) {
    var strict = JSONOptions()
    strict.duplicateKeys = .refuse
    strict.depthMax = 1 << 12
    let once = unsafe Redaction().redacted(Array(input))
    precondition((try? JSONDocument(parsing: once, options: strict)) != nil, "not JSON any more")
    precondition(Redaction().redacted(once) == once, "redacting again finds more")
}
