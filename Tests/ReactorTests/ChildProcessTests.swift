import Glibc
import Reactor
import Testing

final class Parent: ChildProcessHandler {
    var outcomes: [ChildOutcome] = []

    func ended(_ child: ChildProcess, _ outcome: ChildOutcome, on loop: EventLoop) { outcomes.append(outcome) }
}

@Suite struct ChildProcessTests {
    private func run(_ command: ChildCommand, then: (ChildProcess) -> Void = { _ in }) throws -> ChildOutcome {
        let loop = try EventLoop(clock: SystemClock())
        let parent = Parent()
        let child = try ChildProcess(command, on: loop, handler: parent)
        then(child)
        turn(loop) { !parent.outcomes.isEmpty }
        #expect(loop.sourceCount == 0)
        #expect(loop.timerCount == 0)
        // Reaped: there is no such process, nor anybody in its group.
        #expect(kill(child.id, 0) == -1)
        #expect(kill(-child.id, 0) == -1 || waitForGroup(child.id))
        return try #require(parent.outcomes.first)
    }

    /// Killed grandchildren are reaped by init, in its own time.
    private func waitForGroup(_ id: pid_t) -> Bool {
        for _ in 0..<200 where kill(-id, 0) == 0 { usleep(10_000) }
        return kill(-id, 0) == -1
    }

    private func shell(_ script: String) -> ChildCommand {
        var command = ChildCommand(arguments: ["/bin/sh", "-c", script])
        command.environment = ["PATH=/usr/bin:/bin"]
        return command
    }

    @Test func givesInputAndHearsBothOutputs() throws {
        var command = shell("cat; echo problem >&2; exit 3")
        command.input = [UInt8](repeating: 0x61, count: 200_000)
        command.outputBytesMax = 300_000
        let outcome = try run(command)
        #expect(outcome.ending == .exited(3))
        #expect(outcome.output == command.input)
        #expect(outcome.errors == Array("problem\n".utf8))
    }

    @Test func hasOnlyItsOwnEnvironmentAndDirectory() throws {
        var command = ChildCommand(arguments: ["/usr/bin/env"])
        command.environment = ["A=1", "B=two words"]
        #expect(try run(command).output == Array("A=1\nB=two words\n".utf8))
        command = ChildCommand(arguments: ["/bin/pwd"])
        command.directory = "/usr"
        #expect(try run(command).output == Array("/usr\n".utf8))
    }

    @Test func inheritsNothingButThreeStreamsAndNoBlockedSignals() throws {
        SignalWatch.block([SIGTERM])
        let outcome = try run(
            shell("ls /proc/self/fd | wc -l; grep SigBlk /proc/self/status; grep SigIgn /proc/self/status"))
        let lines = String(decoding: outcome.output, as: UTF8.self).split(separator: "\n")
        // ls has a fourth, for the directory it lists.
        #expect(lines.first.map { $0.trimmingPrefix { $0 == " " } } == "4")
        // Signals 32 and 33 belong to the C library; nobody can reset them.
        let sets = lines.dropFirst().compactMap { $0.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) } }
        #expect(sets.map { $0 & ~(3 << 31) } == [0, 0])
    }

    @Test func limitsAndNicenessAreThereFromTheFirstInstructionOn() throws {
        var command = ChildCommand(arguments: ["/bin/cat", "/proc/self/limits", "/proc/self/stat"])
        var limits = ProcessLimits()
        limits.memoryBytesMax = 123 << 20
        limits.openFilesMax = 77
        command.limits = limits
        command.niceness = 5
        for _ in 0..<200 {
            let said = String(decoding: try run(command).output, as: UTF8.self).split(separator: "\n")
            let rows = said.map { $0.split(separator: " ").map(String.init) }
            let most = { (words: [String]) in rows.first { $0.starts(with: words) }.map { $0[words.count] } }
            #expect(most(["Max", "data", "size"]) == "128974848")
            #expect(most(["Max", "open", "files"]) == "77")
            #expect(most(["Max", "file", "size"]) == "67108864")
            #expect(most(["Max", "core", "file", "size"]) == "0")
            #expect(rows.last?[18] == "5")
        }
    }

    @Test func theLastHasTheProcessorsOnlyWhileNobodyElseWantsThem() throws {
        var command = ChildCommand(arguments: ["/bin/cat", "/proc/self/stat"])
        command.hasShortTurns = true
        for isLast in [false, true] {
            command.isLast = isLast
            let words = String(decoding: try run(command).output, as: UTF8.self).split(separator: " ")
            let (idle, ordinary) = ("5", "0")
            #expect(words[40] == (isLast ? idle : ordinary))
            #expect(Int(words[18]) == (isLast ? 19 : Int(getpriority(__priority_which_t(0), 0))))
        }
    }

    @Test(arguments: [false, true]) func whoEndsWithItsThreadDoesSo(endsWithThread: Bool) throws {
        let started = Guarded<Int32>(0)
        var command = ChildCommand(arguments: ["/bin/sleep", "300"])
        command.endsWithThread = endsWithThread
        let thread = try LoopThread("short", clock: SystemClock()) { [command] loop in
            let child = try? ChildProcess(command, on: loop, handler: Parent())
            started.withLock { $0 = child?.id ?? 0 }
            loop.mailbox.stop()
        }
        thread.join()
        let id = started.withLock { $0 }
        try #require(id > 0)
        var status: CInt = 0
        if !endsWithThread {
            #expect(waitpid(id, &status, WNOHANG) == 0)
            kill(id, SIGTERM)
        }
        #expect(waitpid(id, &status, 0) == id)
        #expect(status & 0x7F == (endsWithThread ? SIGKILL : SIGTERM))
    }

    @Test func noChildStandsInFrontOfWhoStartedIt() throws {
        let started = Guarded<String?>(nil)
        let thread = try LoopThread("nice", clock: SystemClock(), rank: .yielding) { loop in
            var command = ChildCommand(arguments: ["/bin/cat", "/proc/self/stat"])
            command.niceness = 1
            let parent = Parent()
            let child = try? ChildProcess(command, on: loop, handler: parent)
            while child != nil, parent.outcomes.isEmpty { loop.turn() }
            started.withLock { $0 = parent.outcomes.first.map { String(decoding: $0.output, as: UTF8.self) } }
            loop.mailbox.stop()
        }
        thread.join()
        let words = try #require(started.withLock { $0 }).split(separator: " ")
        #expect(Int(words[18]) == Int(getpriority(__priority_which_t(0), 0)) + 5)
    }

    @Test func aFloodOfOutputIsCappedAndCounted() throws {
        var command = shell("head -c 5000000 /dev/zero; head -c 3000000 /dev/zero >&2")
        command.outputBytesMax = 1000
        let outcome = try run(command)
        #expect(outcome.ending == .exited(0))
        #expect(outcome.output.count == 1000 && outcome.outputDropped == 4_999_000)
        #expect(outcome.errors.count == 1000 && outcome.errorsDropped == 2_999_000)
    }

    @Test func aFloodIsReadWithRestsAndToItsEnd() throws {
        var command = shell("head -c 16777216 /dev/zero; head -c 1000 /dev/zero >&2")
        command.outputBytesMax = 1000
        let start = SystemClock().now
        let outcome = try run(command)
        #expect(outcome.ending == .exited(0))
        #expect(outcome.output.count == 1000 && outcome.outputDropped == 16_777_216 - 1000)
        #expect(outcome.errors.count == 1000 && outcome.errorsDropped == 0)
        // A millisecond behind every 64 KiB but for the first MiB and what was in the pipe at the end.
        #expect(SystemClock().now - start >= .milliseconds(200))
    }

    @Test func inputThatNobodyReadsDoesNotMatter() throws {
        SignalWatch.ignoreBrokenPipes()
        var command = shell("exec 0<&-; exit 0")
        command.input = [UInt8](repeating: 0, count: 1 << 20)
        #expect(try run(command).ending == .exited(0))
    }

    @Test func whoHangsIsToldToEndAndThenEnded() throws {
        let polite = try run(shell("trap 'exit 5' TERM; while :; do sleep 0.02; done")) { child in
            usleep(200_000)
            child.terminate(grace: .seconds(5))
        }
        #expect(polite.ending == .exited(5))
        let stubborn = try run(shell("trap '' TERM; while :; do sleep 1; done")) { child in
            usleep(200_000)
            child.terminate(grace: .milliseconds(100))
        }
        #expect(stubborn.ending == .signalled(SIGKILL))
    }

    @Test func grandchildrenNeitherDelayTheOutcomeNorOutliveIt() throws {
        let start = SystemClock().now
        let outcome = try run(shell("sleep 60 & sleep 60 & echo started"))
        #expect(outcome.output == Array("started\n".utf8))
        #expect(SystemClock().now - start < .seconds(20))
    }

    @Test func whatCannotStartIsAnError() throws {
        let loop = try EventLoop(clock: SystemClock())
        let parent = Parent()
        var missingDirectory = ChildCommand(arguments: ["/bin/true"])
        missingDirectory.directory = "/no/such/directory"
        let commands = [
            ChildCommand(arguments: ["/no/such/program"]), ChildCommand(arguments: []),
            ChildCommand(arguments: ["/bin/true", "a\0b"]), missingDirectory,
        ]
        for command in commands {
            #expect(throws: SystemError.self) { try ChildProcess(command, on: loop, handler: parent) }
        }
        #expect(loop.sourceCount == 0)
    }
}
