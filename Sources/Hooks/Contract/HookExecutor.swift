/// Whoever gets verdicts from outside. An executor belongs to one loop, is used on its thread only, and does not block.
///
/// It makes a single attempt and knows nothing of retries, breakers or failure policies: that is the business of whoever
/// calls it.
public protocol HookExecutor: AnyObject {
    /// Called on the loop, once for each attempt, possibly before `start` returns; never after `cancel`.
    typealias Completion = (Result<HookResult, HookFailure>) -> Void

    /// Begins an attempt. It must be over by the invocation's deadline: what is not by then fails with `timeout`.
    func start(_ invocation: HookInvocation, completion: @escaping Completion) -> any HookAttempt

    /// Ends what it has running and gives back what it holds; called when the hook is not to be had any more.
    func close()
}

/// An attempt on its way.
public protocol HookAttempt: AnyObject {
    /// Gives the attempt up, and whatever it started. Its completion is not called any more.
    func cancel()
}
