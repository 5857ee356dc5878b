import Foundation
import TestSupport
import Testing

/// A writer that is killed again and again, at any moment of its life.
@Suite struct KillTests {
    @Test(arguments: ["always", "never"]) func noAcknowledgedEntryIsLost(sync: String) throws {
        let seed = UInt64.random(in: 0 ... .max)
        print("seed: \(seed)")
        var random = SeededRandom(seed: seed)
        let folder = try TemporaryDirectory()
        var safe: [UInt64: UInt64] = [:]
        var number: UInt64 = 1
        for _ in 0..<12 {
            let lines = try life(folder.path, sync, number, milliseconds: .random(in: 20...250, using: &random))
            #expect(!lines.contains { $0.hasPrefix("wrong") || $0.hasPrefix("failed") })
            // A life that ended before it had told of everything it found tells nothing about what it did not get to.
            if lines.contains("begin") {
                let have = table(lines, "have")
                let oldest = have.keys.min() ?? 0
                for (id, content) in safe where id >= oldest { #expect(have[id] == content, "entry \(id) is lost") }
                #expect(safe.isEmpty || !have.isEmpty)
            }
            for (id, content) in table(lines, "safe") { safe[id] = content }
            number = max(number, (safe.values.max() ?? 0) + 100)
        }
        #expect(safe.count > 20)
    }

    private func table(_ lines: [String], _ word: String) -> [UInt64: UInt64] {
        var table: [UInt64: UInt64] = [:]
        for line in lines where line.hasPrefix(word) {
            let words = line.split(separator: " ")
            if words.count == 3, let id = UInt64(words[1]), let number = UInt64(words[2]) { table[id] = number }
        }
        return table
    }

    private func life(_ folder: String, _ sync: String, _ first: UInt64, milliseconds: UInt32) throws -> [String] {
        let process = Process()
        process.executableURL = Self.writer
        process.arguments = [folder, sync, "\(first)"]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let id = process.processIdentifier
        Thread.detachNewThread {
            usleep(milliseconds * 1000)
            kill(id, SIGKILL)
        }
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text.split(separator: "\n").map(String.init)
    }

    /// It lies beside the test bundle, in the folder that the build put both into.
    private static let writer: URL = {
        let start = Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0])
        let bundles = CommandLine.arguments.filter { $0.hasSuffix(".xctest") }.map { URL(fileURLWithPath: $0) }
        let folders = ([start, Bundle.main.bundleURL] + bundles).map { $0.deletingLastPathComponent() }
        let places = folders.map { $0.appendingPathComponent("JournalWriter") }
        return places.first { FileManager.default.isExecutableFile(atPath: $0.path) } ?? places[0]
    }()
}
