import Admission
import Policies
import Reactor

/// What runs after answers on one loop: so many calls at a time, so many that wait, and what has no room becomes a dead
/// letter. Whether it outlives the process is up to those who keep the records.
final class AfterQueue {
    private struct Entry {
        let task: AfterTask
        let cell: HookCell
        let number: UInt64?
    }

    /// A hook without a budget has so long.
    private static let budget = Nanoseconds.seconds(10)
    private static let waitingMax = 1024
    private static let runningMax = 16

    private unowned let host: HookHost
    private var waiting: [Entry] = []
    private var first = 0
    private var running = 0
    private var isAwake = false

    init(_ host: HookHost) { self.host = host }

    /// Tasks that wait or run.
    var count: Int { waiting.count - first + running }

    /// Takes a task, which runs in a later turn of the loop: once the answer is out.
    func add(_ task: AfterTask, _ cell: HookCell) {
        guard waiting.count - first < Self.waitingMax else { return refuse(task, cell) }
        let number = host.records?.begin(task)
        if host.records != nil, number == nil { return refuse(task, cell) }
        waiting.append(Entry(task: task, cell: cell, number: number))
        wake()
    }

    /// Takes a task that an earlier life left behind.
    func resume(_ task: AfterTask, number: UInt64, _ cell: HookCell) {
        waiting.append(Entry(task: task, cell: cell, number: number))
        wake()
    }

    private func refuse(_ task: AfterTask, _ cell: HookCell) {
        let failure = HookFailure(.overload, "too much waits to be run after answers")
        cell.note(.failure, .overload, from: host.now, to: host.now, host)
        host.records?.keep(
            DeadLetter(invocation: invocation(task, host.now), failure: failure, wall: host.clock.wall))
    }

    private func wake() {
        guard !isAwake else { return }
        isAwake = true
        _ = host.loop.arm(at: host.now) { [weak self] in
            self?.isAwake = false
            self?.run()
        }
    }

    private func run() {
        while running < Self.runningMax, first < waiting.count {
            let entry = waiting[first]
            first += 1
            if first > 64, first * 2 > waiting.count {
                waiting.removeFirst(first)
                first = 0
            }
            start(entry)
        }
    }

    private func start(_ entry: Entry) {
        guard case .executor(let executor) = entry.cell.subject else { return finish(entry) }
        running += 1
        var invocation = invocation(
            entry.task, host.now + (entry.cell.rule.settings.budget ?? Self.budget))
        invocation.verdict = entry.task.verdict
        HookCall(entry.cell, executor, invocation, key: nil, on: host) { [weak self] _ in
            guard let self else { return }
            running -= 1
            finish(entry)
            if first < waiting.count { wake() }
        }.begin()
    }

    private func finish(_ entry: Entry) {
        if let number = entry.number { host.records?.finish(number) }
    }

    private func invocation(_ task: AfterTask, _ deadline: Instant) -> HookInvocation {
        HookInvocation(
            key: task.key, hook: task.hook, phase: .after, deadline: deadline, revision: task.revision,
            review: task.review)
    }
}
