import Glibc
import Reactor
import Synchronization
import Testing

/// Remembers what it was told.
final class Listening: EventHandler, TimerHandler {
    var told: [Readiness] = []
    var fired: [Timer] = []
    var whenReady: (Readiness, EventLoop) -> Void = { _, _ in }

    func ready(_ readiness: Readiness, on loop: EventLoop) {
        told.append(readiness)
        whenReady(readiness, loop)
    }

    func fired(_ timer: Timer, on loop: EventLoop) { fired.append(timer) }
}

/// Takes turns until `condition` holds; real time bounds how long.
func turn(_ loop: EventLoop, seconds: Int64 = 10, until condition: () -> Bool) {
    let clock = SystemClock()
    let end = clock.now + .seconds(seconds)
    let alarm = loop.arm(after: .seconds(seconds)) { _ in }
    while !condition(), clock.now < end { loop.turn() }
    loop.cancel(alarm)
    #expect(condition(), "the loop did not get there in time")
}

@Suite struct EventLoopTests {
    @Test func jobsOfManyThreadsAllRun() throws {
        let count = Atomic<Int>(0)
        let thread = try LoopThread("test", clock: SystemClock()) { _ in }
        var senders: [LoopThread] = []
        for _ in 0..<4 {
            let mailbox = thread.mailbox
            senders.append(
                try LoopThread("test", clock: SystemClock()) { loop in
                    for _ in 0..<2000 {
                        while !mailbox.submit({ _ in count.add(1, ordering: .relaxed) }) {}
                    }
                    loop.mailbox.stop()
                })
        }
        for sender in senders { sender.join() }
        let done = Atomic<Bool>(false)
        #expect(thread.mailbox.submit { _ in done.store(true, ordering: .releasing) })
        while !done.load(ordering: .acquiring) { usleep(100) }
        thread.stop()
        #expect(count.load(ordering: .relaxed) == 8000)
    }

    @Test(arguments: [(ThreadRank.prompt, 0), (.ordinary, 0), (.yielding, 5)])
    func aThreadHasItsNameAndItsRank(_ rank: ThreadRank, niceness: Int) throws {
        let seen = Guarded("")
        let thread = try LoopThread("ranks", clock: SystemClock(), rank: rank) { loop in
            let stat = (try? WholeFile.read("/proc/thread-self/stat", bytesMax: 4096)) ?? []
            seen.withLock { $0 = String(decoding: stat, as: UTF8.self) }
            loop.mailbox.stop()
        }
        thread.join()
        let words = seen.withLock { $0 }.split(separator: " ")
        #expect(words[1] == "(ranks)")
        #expect(Int(words[18]) == Int(getpriority(__priority_which_t(0), 0)) + niceness)
    }

    @Test func whatWasHandedOverBeforeTheEndIsDone() throws {
        let count = Atomic<Int>(0)
        for _ in 0..<50 {
            let thread = try LoopThread("test", clock: SystemClock()) { _ in }
            // While it is busy with this, more comes.
            _ = thread.mailbox.submit { _ in usleep(2_000) }
            usleep(1_000)
            for _ in 0..<3 { #expect(thread.mailbox.submit { _ in count.add(1, ordering: .relaxed) }) }
            thread.stop()
        }
        #expect(count.load(ordering: .relaxed) == 150)
    }

    @Test func aFullMailboxRefuses() throws {
        var bounds = EventLoop.Bounds()
        bounds.mailbox = 2
        let loop = try EventLoop(clock: SystemClock(), bounds: bounds)
        #expect(loop.mailbox.submit { _ in })
        #expect(loop.mailbox.submit { _ in })
        #expect(!loop.mailbox.submit { _ in })
        loop.turn()
        #expect(loop.mailbox.submit { _ in })
    }

    @Test func aTurnIsBounded() throws {
        var bounds = EventLoop.Bounds()
        bounds.jobs = 3
        bounds.timers = 2
        let clock = SimulatedClock()
        let loop = try EventLoop(clock: clock, bounds: bounds)
        let count = Atomic<Int>(0)
        for _ in 0..<7 { #expect(loop.mailbox.submit { _ in count.add(1, ordering: .relaxed) }) }
        let listening = Listening()
        for _ in 0..<5 { _ = loop.arm(at: Instant(nanoseconds: 0), listening) }
        loop.turn()
        #expect(count.load(ordering: .relaxed) == 3)
        #expect(listening.fired.count == 2)
        loop.turn()
        loop.turn()
        #expect(count.load(ordering: .relaxed) == 7)
        #expect(listening.fired.count == 5)
    }

    @Test func virtualTimeJumpsFromTimerToTimer() throws {
        let clock = SimulatedClock()
        let loop = try EventLoop(clock: clock)
        let start = SystemClock().now
        var order: [Int64] = []
        for hours: Int64 in [5, 1, 30, 2] {
            loop.arm(after: .seconds(hours * 3600)) { loop in
                order.append(hours)
                #expect(loop.now - Instant(nanoseconds: 0) >= .seconds(hours * 3600))
                #expect(loop.now - Instant(nanoseconds: 0) <= .seconds(hours * 3600) + .milliseconds(2))
            }
        }
        turn(loop) { order.count == 4 }
        #expect(order == [1, 2, 5, 30])
        #expect(SystemClock().now - start < .seconds(5))
    }

    @Test func aDescriptorIsToldUntilItIsRead() throws {
        let loop = try EventLoop(clock: SystemClock())
        let pair = try TCPSocket.pair()
        let listening = Listening()
        let registration = try loop.add(pair.one.number, .readable, listening)
        loop.turn(waits: false)
        #expect(listening.told.isEmpty)
        _ = try pair.other.write([1, 2].span)
        loop.turn()
        loop.turn()
        #expect(listening.told == [.readable, .readable])
        loop.change(registration, to: [.readable, .writable])
        loop.turn()
        #expect(listening.told.last == [.readable, .writable])
        loop.remove(registration)
        loop.turn(waits: false)
        #expect(listening.told.count == 3)
        #expect(loop.sourceCount == 0)
    }

    /// Two descriptors are ready in one turn; the first handler closes the other and registers a new one in its place.
    @Test func anEventOfAClosedDescriptorIsDropped() throws {
        let loop = try EventLoop(clock: SystemClock())
        let (first, second, fresh) = (Listening(), Listening(), Listening())
        let one = try TCPSocket.pair()
        let two = try TCPSocket.pair()
        var spare: [CInt] = [0, 0]
        #expect(pipe(&spare) == 0)
        defer { for end in spare { close(end) } }
        let registrations = [
            try loop.add(one.one.number, .readable, first), try loop.add(two.one.number, .readable, second),
        ]
        func swap(_ other: Int) -> (Readiness, EventLoop) -> Void {
            { _, loop in
                first.whenReady = { _, _ in }
                second.whenReady = { _, _ in }
                loop.remove(registrations[other])
                _ = try? loop.add(spare[0], .readable, fresh)
            }
        }
        first.whenReady = swap(1)
        second.whenReady = swap(0)
        _ = try one.other.write([1].span)
        _ = try two.other.write([1].span)
        loop.turn()
        #expect(first.told.count + second.told.count == 1)
        #expect(fresh.told.isEmpty)
    }

    @Test func aCancelledTimerStaysSilent() throws {
        let loop = try EventLoop(clock: SimulatedClock())
        let listening = Listening()
        let timer = loop.arm(after: .milliseconds(5), listening)
        let other = loop.arm(after: .milliseconds(9), listening)
        loop.cancel(timer)
        turn(loop) { listening.fired.count == 1 }
        #expect(listening.fired == [other])
        #expect(loop.timerCount == 0)
    }

    @Test func signalsAreEvents() throws {
        let loop = try EventLoop(clock: SystemClock())
        var received: [CInt] = []
        let watch = try SignalWatch([SIGUSR1], on: loop) { signal, _ in received.append(signal) }
        pthread_kill(pthread_self(), SIGUSR1)
        turn(loop) { !received.isEmpty }
        #expect(received == [SIGUSR1])
        watch.close()
        #expect(loop.sourceCount == 0)
    }
}
