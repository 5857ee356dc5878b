import Admission
import Foundation
import Hooks
import JSON
import Reactor
import TestSupport
import Testing

@Suite struct RecordingTests {
    private static let pod = #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web"}}"#

    private func lines(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted().flatMap { name in
            try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8).split(separator: "\n").map(String.init)
        }
    }

    private func review(uid: String, dryRun: Bool = false, object: String = pod) throws -> KeptReview {
        let body = """
            {"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"\(uid)",
            "kind":{"group":"","version":"v1","kind":"Pod"},"resource":{"group":"","version":"v1","resource":"pods"},
            "operation":"CREATE","object":\(object),"dryRun":\(dryRun)}}
            """
        var reader = ReviewReader()
        let bytes = Array(body.utf8)
        return try reader.read(bytes.span) { review throws(ReviewError) in try KeptReview(review) }
    }

    @Test func decisionsAreWrittenAndReadAgainWithoutSecrets() throws {
        let folder = try TemporaryDirectory()
        let recorder = try Recorder(folder.path, clock: SystemClock())
        // Two environment variables and a label, one of them named like a secret, and a value without its name.
        let patch =
            #"[{"op":"add","path":"/spec/env/-","value":{"name":"TOKEN","value":"t0p"}},{"op":"replace","path":"/spec/env/0/value","value":"t1p"},{"op":"add","path":"/metadata/labels","value":{"a":"b"}}]"#
        let encoded = Data(patch.utf8).base64EncodedString()
        let answer =
            #"{"kind":"AdmissionReview","response":{"uid":"u","allowed":true,"warnings":["w"],"patchType":"JSONPatch","patch":"\#(encoded)"}}"#
        recorder.record(try review(uid: "u"), .mutate, revision: "r", answer: Array(answer.utf8))
        let denial =
            #"{"response":{"allowed":false,"status":{"code":403,"message":"password=hunter2 is bad","reason":"Forbidden"}}}"#
        recorder.record(try Sample.review(), .validate, revision: "r", answer: Array(denial.utf8))
        let mutated = #"{"response":{"allowed":true,"patch":"\#(encoded)"}}"#
        recorder.record(try Sample.review(), .mutate, revision: "r", answer: Array(mutated.utf8))
        recorder.close()
        #expect(recorder.recordedCount == 3 && recorder.droppedCount == 0)
        let lines = try lines(folder.path)
        for secret in ["t0p", "t1p", "hunter2", "c2VjcmV0", encoded] { #expect(!lines.joined().contains(secret)) }
        let decisions = try lines.map { try RecordedDecision(line: Array($0.utf8)) }
        #expect(decisions.map(\.phase) == [.mutate, .validate, .mutate])
        #expect(decisions[0].answer.isAllowed && decisions[0].answer.patch.contains(#""value":{"a":"b"}"#))
        #expect(!decisions[1].answer.isAllowed && decisions[1].answer.message == "password=REDACTED is bad")
        #expect(decisions[2].answer.patch == "\"REDACTED\"" && decisions[2].review.review.name.string == "web")
        #expect(try decisions[0].recorded(Array(answer.utf8)) == decisions[0].answer)
        #expect(abs(decisions[0].seconds - Int64(Date().timeIntervalSince1970)) < 60)
    }

    @Test func theNewestDecisionsAreWholeLinesOfAllFiles() throws {
        let folder = try TemporaryDirectory()
        var options = RecorderOptions()
        options.fileBytesMax = 1500
        let recorder = try Recorder(folder.path, options, clock: SystemClock())
        defer { recorder.close() }
        for number in 0..<20 {
            recorder.record(
                try review(uid: "u\(number)"), .validate, revision: "r", answer: Array(#"{"response":{}}"#.utf8))
        }
        func newest(_ bytesMax: Int) throws -> [String] {
            let answer = Answer<[UInt8]>()
            _ = recorder.newest(bytesMax: bytesMax) { answer.reply($0.mapError { .system($0) }) }
            let text = String(decoding: try answer.get(), as: UTF8.self)
            #expect(text.utf8.count <= bytesMax && (text.isEmpty || text.hasSuffix("\n")))
            return text.split(separator: "\n").map(String.init)
        }
        let all = try newest(1 << 20)
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        let written = try lines(folder.path)
        #expect(all.count == 20 && files.count > 3 && all == written)
        let length = all[19].utf8.count + 1
        for bytes in [0, length - 1, length, length + 1, 3 * length, 7 * length - 3] {
            let some = try newest(bytes)
            #expect(some == all.suffix(some.count) && some.count >= bytes / (length + 2), "\(bytes)")
        }
    }

    @Test func dryRunsAreNotRecordedAndOthersByTheirShare() throws {
        let folder = try TemporaryDirectory()
        var options = RecorderOptions()
        options.share = 0.25
        let recorder = try Recorder(folder.path, options, clock: SystemClock())
        defer { recorder.close() }
        let wanted = try (0..<4_000).count { number in
            let uid = String(UInt64(number) &* 0x9E37_79B9_7F4A_7C15, radix: 16)
            let isWanted = try wants(recorder, review(uid: uid))
            #expect(try wants(recorder, review(uid: uid)) == isWanted)
            return isWanted
        }
        #expect((800...1200).contains(wanted))
        options.share = 1
        let all = try Recorder(folder.path, options, clock: SystemClock())
        defer { all.close() }
        #expect(try wants(all, review(uid: "a")) && !wants(all, review(uid: "a", dryRun: true)))
    }

    private func wants(_ recorder: Recorder, _ kept: KeptReview) -> Bool {
        defer { withExtendedLifetime(kept) {} }
        return recorder.wants(kept.review)
    }

    @Test func aRecordingIsBoundedAndNeverGoesOnBehindATornLine() throws {
        let folder = try TemporaryDirectory()
        var options = RecorderOptions()
        options.fileBytesMax = 10_000
        options.bytesMax = 50_000
        for _ in 0..<2 {
            let recorder = try Recorder(folder.path, options, clock: SystemClock())
            for number in 0..<300 {
                recorder.record(try review(uid: "u\(number)"), .validate, revision: "r", answer: Array("{}".utf8))
            }
            recorder.close()
            let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
            let sizes = try files.map { try FileStamp(of: "\(folder.path)/\($0)").bytes }
            #expect(sizes.reduce(0, +) <= 60_000 && sizes.allSatisfy { $0 <= 10_000 } && files.count > 3)
            let last = try #require(files.last)
            let torn = try WholeFile.read("\(folder.path)/\(last)", bytesMax: 1 << 20).dropLast(20)
            try WholeFile.replace("\(folder.path)/\(last)", with: Array(torn))
        }
        let bad = try lines(folder.path).count { (try? RecordedDecision(line: Array($0.utf8))) == nil }
        #expect(bad <= 2)
    }

    static let refused = [
        ("", "1:1"), ("{}", "no review"), (#"{"review":{}}"#, "the review"),
        (#"{"review":{"kind":"AdmissionReview"}}"#, "the review"),
    ]

    @Test(arguments: refused) func aLineThatIsNoDecisionIsSaidSo(line: String, complaint: String) {
        let problem = #expect(throws: RecordedDecision.Problem.self) { try RecordedDecision(line: Array(line.utf8)) }
        #expect(problem?.description.contains(complaint) == true, "\(problem?.description ?? "")")
    }

    @Test func eachEntryOfTheLedgerHasItsOwnReview() throws {
        let folder = try TemporaryDirectory()
        let ledger = try FailOpenLedger(folder.path, clock: SystemClock())
        defer { ledger.close() }
        let reviews = ["a": try review(uid: "a"), "b": try review(uid: "b")]
        let order = ["a", "a", "b", "a", "b", "b"]
        for uid in order {
            let added = Answer<UInt64>()
            ledger.add(
                FailOpenEntry(
                    hook: "h", failure: HookFailure(.timeout, "t"), phase: .validate, revision: "r", wall: 7,
                    review: reviews[uid]), reply: added.reply)
            _ = try added.get()
        }
        let kept = try ledger.log.listed().reversed().map { entry in
            let document = try JSONDocument(parsing: entry.json)
            return document.withRoot { $0["review"]?["request"]?["uid"]?.string }
        }
        #expect(kept == order)
    }

    @Test func requestsWithoutTheirReviewsAreCountedNotJudged() throws {
        let whole =
            #"{"review":{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u","#
            + #""kind":{"group":"","version":"v1","kind":"Pod"},"#
            + #""resource":{"group":"","version":"v1","resource":"pods"},"#
            + #""operation":"DELETE","userInfo":{}}}}"#
        let list = try RecordedDecision.list(
            line: Array(#"{"entries":[{"count":7,"requests":[]},\#(whole),{"count":2}]}"#.utf8))
        #expect(list.unkept == 9 && list.decisions.count == 1)
    }

    @Test func whatWasAdmittedUncheckedCountsAsAdmitted() throws {
        let folder = try TemporaryDirectory()
        let ledger = try FailOpenLedger(folder.path, clock: SystemClock())
        defer { ledger.close() }
        let added = Answer<UInt64>()
        ledger.add(
            FailOpenEntry(
                hook: "h", failure: HookFailure(.timeout, "t"), phase: .validate, revision: "r", wall: 7_000_000_000,
                review: try review(uid: "u")), reply: added.reply)
        _ = try added.get()
        let decision = try RecordedDecision(line: try #require(try ledger.log.listed().first).json)
        #expect(decision.answer == .init(isAllowed: true) && decision.phase == .validate && decision.revision == "r")
    }
}
