import Admission
import Foundation
import Hooks
import JSON
import Policies
import Reactor
import TestSupport
import Testing

/// The machine's clock with a calendar that the test sets.
final class HandClock: Clock {
    private let machine = SystemClock()
    private let seconds = Guarded<Int64>(1_700_000_000)

    var now: Instant { machine.now }
    var wall: Int64 { seconds.withLock { $0 } * 1_000_000_000 }
    func patience(until deadline: Instant?) -> CInt { machine.patience(until: deadline) }
    func idled(until deadline: Instant) {}
    func advance(seconds more: Int64) { seconds.withLock { $0 += more } }
}

/// Waits for a reply from the journal's thread.
final class Answer<Value: Sendable>: @unchecked Sendable {
    private let semaphore = DispatchSemaphore(value: 0)
    private var result: Result<Value, JournalError>?

    var reply: EntryLog.Reply<Value> {
        { result in
            self.result = result
            self.semaphore.signal()
        }
    }

    func get() throws -> Value {
        #expect(semaphore.wait(timeout: .now() + 20) == .success)
        return try #require(result).get()
    }
}

extension EntryLog {
    func added(_ hook: String, _ json: String) throws -> UInt64 {
        let answer = Answer<UInt64>()
        add(hook: hook, bytes: json.utf8.count, { Array(json.utf8) }, reply: answer.reply)
        return try answer.get()
    }

    func marked(_ id: UInt64, _ state: EntryState) throws -> Bool {
        let answer = Answer<Bool>()
        mark(id, state, reply: answer.reply)
        return try answer.get()
    }

    func listed(_ change: (inout EntryFilter) -> Void = { _ in }) throws -> [Entry] {
        var filter = EntryFilter()
        change(&filter)
        let answer = Answer<[Entry]>()
        list(filter, reply: answer.reply)
        return try answer.get()
    }
}

enum Sample {
    static let secret = #"{"kind":"Secret","apiVersion":"v1","metadata":{"name":"web"},"data":{"a":"c2VjcmV0"}}"#

    static func review(_ object: String = secret, kind: String = "Secret") throws -> KeptReview {
        let body = """
            {"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u-1",
            "kind":{"group":"","version":"v1","kind":"\(kind)"},"resource":{"group":"","version":"v1","resource":"secrets"},
            "name":"web","namespace":"shop","operation":"CREATE","userInfo":{"username":"anna"},
            "object":\(object),"oldObject":null,"dryRun":false,"options":null}}
            """
        var reader = ReviewReader()
        let bytes = Array(body.utf8)
        return try reader.read(bytes.span) { review throws(ReviewError) in try KeptReview(review) }
    }

    static func invocation(_ key: String = "k", phase: HookPhase = .validate) throws -> HookInvocation {
        HookInvocation(
            key: key, hook: "scan", phase: phase, deadline: Instant(nanoseconds: 0), revision: "r1",
            review: try review())
    }
}

@Suite struct EntryTests {
    @Test func entriesAreListedCountedMarkedAndFoundAgain() throws {
        let folder = try TemporaryDirectory()
        let clock = HandClock()
        for round in 0..<2 {
            let log = try EntryLog(folder.path, clock: clock)
            defer { log.close() }
            if round == 0 {
                for number in 1...6 {
                    #expect(try log.added(number % 2 == 0 ? "even" : "odd", "{\"n\":\(number)}") == UInt64(number))
                }
                #expect(try log.marked(2, .resolved) && log.marked(3, .replayed) && !log.marked(99, .resolved))
            }
            #expect(try log.listed().map { $0.summary.id } == [6, 5, 4, 3, 2, 1])
            #expect(
                try log.listed { $0.hook = "even" }.map { String(decoding: $0.json, as: UTF8.self) } == [
                    "{\"n\":6}", "{\"n\":4}", "{\"n\":2}",
                ])
            #expect(
                try log.listed {
                    $0.state = .open; $0.limit = 2
                }.map { $0.summary.id } == [6, 5])
            #expect(try log.listed { $0.before = 3 }.map { $0.summary.id } == [2, 1])
            let counts = log.counts
            #expect(
                counts.byHook[.init(hook: "even", state: .resolved)] == 1
                    && counts.byHook[.init(hook: "odd", state: .replayed)] == 1)
            #expect(counts.count(.open) == 4 && counts.oldestOpenSeconds == 1_700_000_000 && counts.dropped == 0)
        }
    }

    @Test func entriesGoWithTheirTimeAndTheirNumber() throws {
        let folder = try TemporaryDirectory()
        let clock = HandClock()
        var options = EntryOptions()
        options.entriesMax = 100
        options.ageMax = .seconds(1000)
        options.journal.sync = .never
        options.journal.segmentBytesMax = 4_000
        let log = try EntryLog(folder.path, options, clock: clock)
        defer { log.close() }
        for number in 0..<1000 { _ = try log.added("h", "{\"n\":\(number)}") }
        #expect((100...116).contains(log.counts.count(.open)))
        #expect(log.counts.bytes < 20_000)
        #expect(try log.listed().map { $0.summary.id } == (901...1000).reversed())
        clock.advance(seconds: 2000)
        for _ in 0..<20 { _ = try log.added("h", "{}") }
        #expect(log.counts.count(.open) == 20)
    }

    @Test func whatWaitsIsBounded() throws {
        let folder = try TemporaryDirectory()
        var options = EntryOptions()
        options.pendingBytesMax = 1_000
        let log = try EntryLog(folder.path, options, clock: SystemClock())
        defer { log.close() }
        let hold = DispatchSemaphore(value: 0)
        log.add(hook: "h", bytes: 10) {
            hold.wait()
            return []
        }
        usleep(50_000)
        let taken = (0..<10).count { _ in log.add(hook: "h", bytes: 300) { [] } }
        #expect(taken == 3 && log.counts.dropped == 7)
        hold.signal()
        #expect(try log.listed().count == 4)
    }

    @Test func aRefusingDiskIsSaidSo() throws {
        let folder = try TemporaryDirectory()
        var options = EntryOptions()
        options.journal.recordBytesMax = 100
        let log = try EntryLog(folder.path, options, clock: SystemClock())
        defer { log.close() }
        #expect(throws: JournalError.recordTooLong(100)) { try log.added("h", String(repeating: "x", count: 200)) }
        #expect(log.counts.dropped == 1)
        #expect(try log.added("h", "{}") == 1)
    }

    @Test func lettersHoldNoSecretsAndCanBeCarriedOutAgain() throws {
        let folder = try TemporaryDirectory()
        let letters = try DeadLetters(folder.path, clock: SystemClock())
        defer { letters.log.close() }
        var invocation = try Sample.invocation("key-7")
        invocation.attempt = 3
        let added = Answer<UInt64>()
        letters.add(
            DeadLetter(invocation: invocation, failure: HookFailure(.timeout, "too slow"), wall: 0), reply: added.reply)
        let id = try added.get()
        let letter = try #require(try letters.log.listed().first)
        let text = String(decoding: letter.json, as: UTF8.self)
        #expect(
            !text.contains("c2VjcmV0")
                && text.hasPrefix(#"{"attempts":3,"failure":{"reason":"timeout","message":"too slow"},"invocation":{"#))
        let again = try HookInvocation(letter, deadline: Instant(nanoseconds: 5))
        #expect(again.key == "key-7" && again.hook == "scan" && again.attempt == 3 && again.phase == .validate)
        #expect(again.review.review.name.string == "web" && again.revision == "r1")
        let resolved = Answer<Bool>()
        letters.resolve(id, by: "anna", reply: resolved.reply)
        #expect(try resolved.get())
        #expect(try letters.log.listed().first?.summary.state == .resolved)
        try everyFile(folder.path) { #expect(!$0.contains("c2VjcmV0")) }
    }

    @Test func theLedgerKeepsTheReviewWithoutItsSecrets() throws {
        let folder = try TemporaryDirectory()
        let ledger = try FailOpenLedger(folder.path, clock: SystemClock())
        defer { ledger.close() }
        let added = Answer<UInt64>()
        ledger.add(
            FailOpenEntry(
                hook: "scan", failure: HookFailure(.breakerOpen, "open"), phase: .mutate, revision: "r9", wall: 5,
                review: try Sample.review()), reply: added.reply)
        _ = try added.get()
        let entry = try #require(try ledger.log.listed { $0.hook = "scan" }.first)
        let document = try JSONDocument(parsing: entry.json)
        defer { withExtendedLifetime(document) {} }
        #expect(
            document.root["failure"]?["reason"]?.string == "breaker_open" && document.root["revision"]?.string == "r9")
        #expect(document.root["review"]?["kind"]?.string == "AdmissionReview")
        #expect(document.root["review"]?["request"]?["object"]?["data"]?["a"]?.string == "UkVEQUNURUQ=")
        try everyFile(folder.path) { #expect(!$0.contains("c2VjcmV0")) }
    }

    @Test func requestsOfOneMomentAreOneEntryThatCountsAndNamesThem() throws {
        let folder = try TemporaryDirectory()
        let kept = try Sample.review()
        do {
            let ledger = try FailOpenLedger(folder.path, clock: SystemClock())
            for index in 0..<300 {
                ledger.addBriefly(
                    FailOpenEntry(
                        hook: index.isMultiple(of: 3) ? "scan" : "sign", failure: HookFailure(.breakerOpen, "open"),
                        phase: .validate, revision: "r9", wall: 5, review: nil), of: kept.review)
            }
            ledger.close()
        }
        let log = try EntryLog(folder.path, clock: SystemClock())
        defer { log.close() }
        #expect(log.counts.count(.open) == 300 && log.counts.byHook[.init(hook: "scan", state: .open)] == 100)
        let entry = try #require(try log.listed { $0.hook = "scan" }.first)
        #expect(entry.summary.count == 100)
        let document = try JSONDocument(parsing: entry.json)
        defer { withExtendedLifetime(document) {} }
        let requests = try #require(document.root["requests"]).elements
        #expect(document.root["count"]?.int == 100 && document.root["failure"]?["reason"]?.string == "breaker_open")
        let first = try #require(requests.first { _ in true })
        #expect(requests.reduce(0) { count, _ in count + 1 } == 100 && first["name"]?.string == "web")
        #expect(first["uid"]?.string == kept.review.uid.string && first["operation"]?.string == "CREATE")
        try everyFile(folder.path) { #expect(!$0.contains("c2VjcmV0")) }
    }

    @Test func allOfAMomentAreCountedAndTheFirstAreNamed() throws {
        let folder = try TemporaryDirectory()
        let ledger = try FailOpenLedger(folder.path, clock: SystemClock())
        defer { ledger.close() }
        let entry = FailOpenEntry(
            hook: "scan", failure: HookFailure(.timeout, "slow"), phase: .validate, revision: "r", wall: 5, review: nil)
        let kept = try Sample.review()
        for _ in 0..<2000 { ledger.addBriefly(entry, of: kept.review) }
        for _ in 0..<500 where ledger.log.counts.count(.open) < 2000 { usleep(10_000) }
        let listed = try ledger.log.listed()
        #expect(listed.map(\.summary.count).reduce(0, +) == 2000)
        for one in listed {
            let document = try JSONDocument(parsing: one.json)
            defer { withExtendedLifetime(document) {} }
            let named = try #require(document.root["requests"]).elements.reduce(0) { count, _ in count + 1 }
            #expect(named == min(one.summary.count, 100) && document.root["count"]?.int == Int64(one.summary.count))
        }
        #expect(ledger.log.counts.dropped == 0 && ledger.log.counts.kept == 2000)
    }

    @Test func wholeReviewsAreTakenAtARateAndTenSecondsWorthAtOnce() throws {
        let folder = try TemporaryDirectory()
        let ledger = try FailOpenLedger(folder.path, reviewsPerSecond: 10, clock: SystemClock())
        defer { ledger.close() }
        let start = Instant(nanoseconds: 0) + .seconds(100)
        func taken(at now: Instant) -> Int { (0..<200).count { _ in ledger.takesReview(at: now) } }
        #expect(taken(at: start) == 100 && taken(at: start) == 0)
        #expect(taken(at: start + .seconds(1)) == 10 && taken(at: start + .seconds(100)) == 100)
        let none = try FailOpenLedger(folder.path + "/none", reviewsPerSecond: 0, clock: SystemClock())
        defer { none.close() }
        #expect(!none.takesReview(at: start))
    }

    func everyFile(_ folder: String, _ check: (String) -> Void) throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
            check(String(decoding: try WholeFile.read("\(folder)/\(name)", bytesMax: 1 << 24), as: UTF8.self))
        }
    }
}
