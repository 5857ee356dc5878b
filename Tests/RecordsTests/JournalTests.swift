import Foundation
import Hooks
import Reactor
import TestSupport
import Testing

@Suite struct JournalTests {
    private func read(_ folder: String, _ options: JournalOptions = JournalOptions()) throws -> (Journal, [String]) {
        var payloads: [String] = []
        let journal = try Journal(folder, options) { _, _, payload in
            payloads.append(String(decoding: payload, as: UTF8.self))
        }
        return (journal, payloads)
    }

    private func files(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".journal") }.sorted()
            .map { "\(folder)/\($0)" }
    }

    @Test func whatIsWrittenIsFoundAgain() throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/a/b"
        for round in 0..<3 {
            let (journal, found) = try read(path)
            #expect(found == (0..<round * 10).map { "record \($0)" })
            #expect(journal.recovery.damagedBytes == 0 && journal.recovery.records == round * 10)
            for number in round * 10..<round * 10 + 10 {
                let (id, place) = try journal.append(Array("record \(number)".utf8))
                #expect(id == UInt64(number + 1))
                #expect(try journal.read(place) == Array("record \(number)".utf8))
            }
            try journal.sync()
        }
        #expect(try files(path).count == 1)
    }

    @Test func aFolderBelongsToOneJournal() throws {
        let folder = try TemporaryDirectory()
        let journal = try Journal(folder.path)
        let error = #expect(throws: JournalError.self) { try Journal(folder.path) }
        #expect(error?.description.contains("another process") == true)
        withExtendedLifetime(journal) {}
    }

    @Test func aTornEndLosesNoWholeRecordWhereverItIsTorn() throws {
        let folder = try TemporaryDirectory()
        var ends: [Int] = []
        do {
            let journal = try Journal(folder.path + "/whole")
            for number in 0..<5 {
                try journal.append(Array(repeating: UInt8(ascii: "a") + UInt8(number), count: number * 7))
                ends.append(journal.bytes)
            }
        }
        let file = try #require(files(folder.path + "/whole").first)
        let bytes = try WholeFile.read(file, bytesMax: 1 << 20)
        for length in 0...bytes.count {
            let torn = "\(folder.path)/torn-\(length)"
            try WholeFile.makeDirectory(torn)
            try WholeFile.createUnsynced(
                torn + "/" + String(file.split(separator: "/").last!), with: Array(bytes[..<length]))
            let (journal, found) = try read(torn)
            #expect(found.count == ends.count { $0 <= length })
            try journal.append(Array("next".utf8))
            try journal.sync()
            #expect(journal.recovery.damagedBytes < 60)
        }
        for length in 0...bytes.count {
            let (journal, found) = try read("\(folder.path)/torn-\(length)")
            #expect(found.last == "next" && found.count == ends.count { $0 <= length } + 1)
            #expect(journal.recovery.damagedBytes == 0)
        }
    }

    @Test func damageInTheMiddleCostsWhatItHitAndNothingElse() throws {
        let seed = UInt64.random(in: 0 ... .max)
        print("seed: \(seed)")
        var random = SeededRandom(seed: seed)
        let folder = try TemporaryDirectory()
        var spans: [Range<Int>] = []
        let payloads = (0..<20).map { "payload \($0) " + String(repeating: "x", count: 50) }
        do {
            let journal = try Journal(folder.path + "/whole")
            for payload in payloads {
                let start = journal.bytes
                try journal.append(Array(payload.utf8))
                spans.append(max(start, 28)..<journal.bytes)
            }
        }
        let file = try #require(files(folder.path + "/whole").first)
        let whole = try WholeFile.read(file, bytesMax: 1 << 20)
        for round in 0..<200 {
            var bytes = whole
            var hit: Set<Int> = []
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: 28..<bytes.count, using: &random)
                let change = UInt8.random(in: 1...255, using: &random)
                bytes[place] ^= change
                hit.insert(spans.firstIndex { $0.contains(place) }!)
            }
            let path = "\(folder.path)/damaged-\(round)"
            try WholeFile.makeDirectory(path)
            try WholeFile.createUnsynced(path + "/" + String(file.split(separator: "/").last!), with: bytes)
            let intact = bytes == whole ? payloads : payloads.indices.filter { !hit.contains($0) }.map { payloads[$0] }
            let (journal, found) = try read(path)
            // Two changes of the same byte may undo each other; then more is found than was hoped for.
            #expect(found == intact || found.count > intact.count && found.allSatisfy { payloads.contains($0) })
            try journal.append(Array("next".utf8))
            let number = journal.recovery.records
            #expect(number == found.count)
        }
        for round in 0..<200 {
            let (_, found) = try read("\(folder.path)/damaged-\(round)")
            #expect(found.last == "next")
        }
    }

    @Test func aPayloadCannotPassForARecord() throws {
        let folder = try TemporaryDirectory()
        // A whole file of another journal inside a payload, and the record around it damaged.
        do {
            let other = try Journal(folder.path + "/other")
            for number in 0..<5 { try other.append(Array("forged \(number)".utf8)) }
            let inner = try WholeFile.read(try #require(files(folder.path + "/other").first), bytesMax: 1 << 20)
            let journal = try Journal(folder.path + "/mine")
            try journal.append(inner)
            try journal.append(Array("honest".utf8))
        }
        let file = try #require(files(folder.path + "/mine").first)
        var bytes = try WholeFile.read(file, bytesMax: 1 << 20)
        bytes[28 + 16] ^= 1
        try WholeFile.replace(file, with: bytes)
        #expect(try read(folder.path + "/mine").1 == ["honest"])
    }

    @Test func filesRollAndTheOldestGo() throws {
        let folder = try TemporaryDirectory()
        var options = JournalOptions()
        options.segmentBytesMax = 1_000
        options.bytesMax = 10_000
        options.recordBytesMax = 5_000
        let journal = try Journal(folder.path, options)
        var least: UInt64 = 0
        for number in 0..<500 {
            try journal.append([UInt8](repeating: 0x61, count: 100 + number % 50))
            least = try journal.prune { _ in false } ?? least
            #expect(journal.bytes <= 11_000)
        }
        #expect(journal.fileCount > 5 && least > 400)
        #expect(throws: JournalError.recordTooLong(5_000)) { try journal.append([UInt8](repeating: 0, count: 5_001)) }
        try journal.append([UInt8](repeating: 0, count: 5_000))
        _ = try journal.prune { _ in true }
        #expect(journal.fileCount == 1)
        try journal.append([1])
    }

    @Test func numbersAreNeverGivenTwice() throws {
        let folder = try TemporaryDirectory()
        var options = JournalOptions()
        options.segmentBytesMax = 100
        var last: UInt64 = 0
        for _ in 0..<5 {
            let journal = try Journal(folder.path, options)
            for _ in 0..<4 {
                let (number, _) = try journal.append([UInt8](repeating: 1, count: 60))
                #expect(number > last)
                last = number
            }
            _ = try journal.prune { _ in true }
        }
    }
}
