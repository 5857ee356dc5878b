import Foundation
import Hooks
import Reactor
import TestSupport
import Testing

@Suite struct AfterQueueTests {
    private func wait(_ condition: () -> Bool) -> Bool {
        for _ in 0..<2_000 {
            if condition() { return true }
            usleep(5_000)
        }
        return false
    }

    private func open(_ folder: String, callsMax: Int = 4_096, bytesMax: Int = 32 << 20) throws -> AfterQueue {
        try AfterQueue(folder, callsMax: callsMax, bytesMax: bytesMax, clock: SystemClock())
    }

    @Test func callsComeInTheirOrderUntilTheyAreDone() throws {
        let folder = try TemporaryDirectory()
        let queue = try open(folder.path)
        defer { queue.close() }
        for number in 0..<5 { #expect(queue.put(try Sample.invocation("k\(number)", phase: .after))) }
        let first = try #require(queue.take())
        #expect(first.invocation.key == "k0" && queue.count == 5)
        queue.again(first.ticket)
        for key in ["k1", "k2", "k3", "k4", "k0"] {
            let call = try #require(queue.take())
            #expect(call.invocation.key == key)
            queue.done(call.ticket)
            queue.done(call.ticket)
        }
        #expect(queue.take() == nil)
        #expect(wait { queue.count == 0 })
    }

    @Test func whatWasNotDoneComesAgainAfterARestartWithoutItsSecrets() throws {
        let folder = try TemporaryDirectory()
        do {
            let queue = try open(folder.path)
            for number in 0..<4 { queue.put(try Sample.invocation("k\(number)", phase: .after)) }
            let done = try #require(queue.take())
            queue.done(done.ticket)
            let taken = try #require(queue.take())
            #expect(taken.invocation.key == "k1")
            #expect(taken.invocation.review.review.object?["data"]?["a"]?.string == "c2VjcmV0")
            queue.close()
        }
        let queue = try open(folder.path)
        defer { queue.close() }
        #expect(wait { queue.count == 3 })
        var keys: [String] = []
        while let call = queue.take() {
            keys.append(call.invocation.key)
            #expect(call.invocation.phase == .after)
            #expect(call.invocation.review.review.object?["data"]?["a"]?.string == "UkVEQUNURUQ=")
            queue.done(call.ticket)
        }
        #expect(keys == ["k1", "k2", "k3"])
        #expect(wait { queue.count == 0 })
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            let bytes = try WholeFile.read("\(folder.path)/\(name)", bytesMax: 1 << 24)
            #expect(!String(decoding: bytes, as: UTF8.self).contains("c2VjcmV0"))
        }
    }

    @Test func doneIsDoneEvenIfTheDiskWasNotAsFast() throws {
        let folder = try TemporaryDirectory()
        do {
            let queue = try open(folder.path)
            for number in 0..<50 {
                queue.put(try Sample.invocation("k\(number)", phase: .after))
                queue.done(try #require(queue.take()).ticket)
            }
            #expect(wait { queue.count == 0 })
            queue.close()
        }
        let queue = try open(folder.path)
        defer { queue.close() }
        usleep(100_000)
        #expect(queue.count == 0 && queue.take() == nil)
    }

    @Test func thereIsNoRoomForMoreThanTheLimit() throws {
        let folder = try TemporaryDirectory()
        let queue = try open(folder.path + "/a", callsMax: 3)
        defer { queue.close() }
        let taken = try (0..<5).count { queue.put(try Sample.invocation("k\($0)", phase: .after)) }
        #expect(taken == 3 && queue.refusedCount == 2)
        let small = try open(folder.path + "/b", bytesMax: 6_000)
        defer { small.close() }
        let few = try (0..<50).count { small.put(try Sample.invocation("k\($0)", phase: .after)) }
        #expect(few >= 1 && few < 10)
    }
}
