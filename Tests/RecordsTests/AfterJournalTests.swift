import Foundation
import Hooks
import Reactor
import TestSupport
import Testing

@Suite struct AfterJournalTests {
    private func wait(_ condition: () -> Bool) -> Bool {
        for _ in 0..<2_000 {
            if condition() { return true }
            usleep(5_000)
        }
        return false
    }

    private func task(_ key: String) throws -> AfterTask {
        AfterTask(
            hook: "notify", key: key, revision: "r1", review: try Sample.review(),
            verdict: Array(#"{"allowed":true}"#.utf8))
    }

    @Test func whatWasNotFinishedComesAgainAfterARestartWithoutItsSecrets() throws {
        let folder = try TemporaryDirectory()
        do {
            let tasks = try AfterJournal(folder.path, clock: SystemClock())
            #expect(tasks.unfinished.isEmpty)
            let numbers = try (0..<4).map { try #require(tasks.begin(task("k\($0)"))) }
            #expect(Set(numbers).count == 4 && tasks.count == 4)
            tasks.finish(numbers[0])
            tasks.finish(numbers[0])
            tasks.finish(99)
            tasks.close()
        }
        let tasks = try AfterJournal(folder.path, clock: SystemClock())
        #expect(tasks.unfinished.map(\.task.key) == ["k1", "k2", "k3"] && tasks.count == 3)
        let first = try #require(tasks.unfinished.first).task
        #expect(first.hook == "notify" && first.revision == "r1" && first.verdict == Array(#"{"allowed":true}"#.utf8))
        #expect(first.review.review.object?["data"]?["a"]?.string == "UkVEQUNURUQ=")
        for unfinished in tasks.unfinished { tasks.finish(unfinished.number) }
        #expect(tasks.count == 0)
        tasks.close()
        let again = try AfterJournal(folder.path, clock: SystemClock())
        defer { again.close() }
        #expect(again.unfinished.isEmpty)
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            let bytes = try WholeFile.read("\(folder.path)/\(name)", bytesMax: 1 << 24)
            #expect(!String(decoding: bytes, as: UTF8.self).contains("c2VjcmV0"))
        }
    }

    @Test func finishedIsFinishedEvenIfTheDiskWasNotAsFast() throws {
        let folder = try TemporaryDirectory()
        do {
            let tasks = try AfterJournal(folder.path, clock: SystemClock())
            for number in 0..<50 { tasks.finish(try #require(tasks.begin(task("k\(number)")))) }
            #expect(wait { tasks.count == 0 })
            tasks.close()
        }
        let tasks = try AfterJournal(folder.path, clock: SystemClock())
        defer { tasks.close() }
        #expect(tasks.unfinished.isEmpty && tasks.count == 0)
    }

    @Test func thereIsNoRoomForMoreThanTheLimit() throws {
        let folder = try TemporaryDirectory()
        let tasks = try AfterJournal(folder.path + "/a", tasksMax: 3, clock: SystemClock())
        defer { tasks.close() }
        #expect(try (0..<5).count { try tasks.begin(task("k\($0)")) != nil } == 3)
        let small = try AfterJournal(folder.path + "/b", bytesMax: 6_000, clock: SystemClock())
        defer { small.close() }
        let few = try (0..<50).count { try small.begin(task("k\($0)")) != nil }
        #expect(few >= 1 && few < 10)
    }

    @Test func theServersRecordsAreAllThere() throws {
        let folder = try TemporaryDirectory()
        do {
            let records = try DiskRecords(folder.path + "/state", clock: SystemClock())
            let failure = HookFailure(.timeout, "slow")
            records.note(
                FailOpenEntry(
                    hook: "a", failure: failure, phase: .validate, revision: "r", wall: 1, review: try Sample.review()))
            records.note(
                FailOpenEntry(hook: "b", failure: failure, phase: .validate, revision: "r", wall: 1, review: nil))
            records.keep(DeadLetter(invocation: try Sample.invocation(), failure: failure, wall: 1))
            let task = try #require(records.begin(try task("k")))
            _ = try #require(records.begin(try self.task("l")))
            records.finish(task)
            #expect(throws: JournalError.self) { try DiskRecords(folder.path + "/state", clock: SystemClock()) }
            records.close()
        }
        let records = try DiskRecords(folder.path + "/state", clock: SystemClock())
        defer { records.close() }
        #expect(records.failOpens.log.counts.count(.open) == 2 && records.letters.log.counts.count(.open) == 1)
        #expect(records.tasks.unfinished.map(\.task.key) == ["l"])
    }
}
