import Foundation
import JSON
import Telemetry
import Testing

@Suite struct LogTests {
    private static let noon: @Sendable () -> Int64 = { 1_795_262_400_125_000_000 }

    /// A pipe whose reading end a test holds.
    private struct LogPipe {
        let reading: CInt
        let writing: CInt

        init() throws {
            var ends: [CInt] = [-1, -1]
            try #require(pipe(&ends) == 0)
            reading = ends[0]
            writing = ends[1]
        }

        /// Everything up to the end, which comes when the writing end is closed.
        func readAll() -> [String] { PipeReader(reading).lines() }
    }

    /// Reads a pipe on a thread of its own: one that blocks must not be one of the few that run tasks.
    private final class PipeReader: @unchecked Sendable {
        private var bytes: [UInt8] = []
        private let isDone = DispatchSemaphore(value: 0)

        init(_ descriptor: CInt) {
            Thread.detachNewThread { [self] in
                var piece = [UInt8](repeating: 0, count: 1 << 16)
                while true {
                    let count = read(descriptor, &piece, piece.count)
                    if count <= 0 { break }
                    bytes += piece.prefix(count)
                }
                close(descriptor)
                isDone.signal()
            }
        }

        func lines() -> [String] {
            isDone.wait()
            return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        }
    }

    private func lines(_ level: LogLevel = .debug, _ write: (Logger) -> Void) throws -> [String] {
        let pipe = try LogPipe()
        let sink = try #require(LogSink(descriptor: pipe.writing, wall: Self.noon))
        write(Logger(sink, level: level, wall: Self.noon))
        #expect(sink.close(patienceMilliseconds: 5000))
        close(pipe.writing)
        return pipe.readAll()
    }

    @Test func aLineIsAnObject() throws {
        let lines = try lines { logger in
            logger.log(.warning, "a \"message\"\n", request: Array("u-1".utf8).span) { line in
                line.key("count")
                line.int(7)
            }
            logger.log(.info, "plain")
        }
        #expect(
            lines == [
                #"{"time":"2026-11-21T12:00:00.125Z","level":"warning","message":"a \"message\"\n","request":"u-1","count":7}"#,
                #"{"time":"2026-11-21T12:00:00.125Z","level":"info","message":"plain"}"#,
            ])
    }

    /// A calendar that a test turns over.
    private final class Calendar: @unchecked Sendable { var now: Int64 = 0 }

    @Test func everyLineHasItsOwnTime() throws {
        let (pipe, calendar) = (try LogPipe(), Calendar())
        let sink = try #require(LogSink(descriptor: pipe.writing, wall: Self.noon))
        let logger = Logger(sink) { calendar.now }
        let milliseconds: [Int64] = [0, 1, 999, 1000, 1009, 59_999, 60_000, 86_400_000, 86_399_999, 5, 0, -1]
        let times = milliseconds.map { 1_795_262_400_000_000_000 + $0 * 1_000_000 } + [0, 7_000_000]
        for time in times {
            calendar.now = time
            logger.log(.info, "x")
        }
        #expect(sink.close(patienceMilliseconds: 5000))
        close(pipe.writing)
        let expected = times.map { #"{"time":"\#(Timestamp.text($0))","level":"info","message":"x"}"# }
        #expect(pipe.readAll() == expected)
        #expect(expected[5].contains("2026-11-21T12:00:59.999Z") && expected[11].contains("T11:59:59.999Z"))
    }

    @Test func linesBelowTheLevelAreLeftOut() throws {
        let lines = try lines(.warning) { logger in
            for level in LogLevel.allCases { logger.log(level, "x") }
            logger.level = .error
            logger.log(.warning, "x")
        }
        #expect(lines.count == 2)
        #expect(LogLevel("error") == .error && LogLevel("Error") == nil)
    }

    @Test func aLineThatIsTooLongLosesItsFields() throws {
        let lines = try lines { logger in
            let long = String(repeating: "\u{1}", count: 100_000)
            logger.log(.info, long, request: Array("u".utf8).span) { line in
                line.key("field")
                line.string(long)
            }
        }
        #expect(lines.count == 1 && lines[0].utf8.count <= 16 << 10)
        let document = try JSONDocument(parsing: lines[0])
        #expect(document.withRoot { $0["shortened"]?.bool == true && $0["request"]?.string == "u" })
    }

    /// Nobody reads: lines are dropped and counted, the writer goes on, and the count is told once somebody reads.
    @Test func aFullPipeStopsNobody() throws {
        let pipe = try LogPipe()
        let sink = try #require(LogSink(descriptor: pipe.writing, queueBytesMax: 4096, wall: Self.noon))
        let logger = Logger(sink, wall: Self.noon)
        let text = String(repeating: "x", count: 900)
        let started = ContinuousClock.now
        for _ in 0..<1000 { logger.log(.info, text) }
        #expect(ContinuousClock.now - started < .seconds(5))
        let dropped = sink.droppedCount
        #expect(dropped > 0)
        #expect(!sink.close(patienceMilliseconds: 0))
        let reader = PipeReader(pipe.reading)
        #expect(sink.close(patienceMilliseconds: 5000))
        close(pipe.writing)
        let lines = reader.lines()
        let reported = lines.compactMap { line in
            (try? JSONDocument(parsing: line))?.withRoot { $0["dropped"]?.int }
        }
        #expect(reported.reduce(0, +) == Int64(dropped))
        #expect(lines.count - reported.count == 1000 - dropped)
        #expect(lines.allSatisfy { $0.hasPrefix("{\"time\"") && $0.hasSuffix("}") })
    }

    @Test func manyThreadsDoNotMixTheirLines() throws {
        let pipe = try LogPipe()
        let sink = try #require(LogSink(descriptor: pipe.writing, wall: Self.noon))
        let reader = PipeReader(pipe.reading)
        let group = DispatchGroup()
        for thread in 0..<4 {
            group.enter()
            Thread.detachNewThread {
                let logger = Logger(sink, wall: Self.noon)
                for number in 0..<500 { logger.log(.info, "\(thread)-\(number)") }
                group.leave()
            }
        }
        group.wait()
        #expect(sink.close(patienceMilliseconds: 20_000))
        close(pipe.writing)
        let lines = reader.lines()
        #expect(Set(lines).count == 2000 && lines.count == 2000)
    }

    @Test func aClosedSinkTakesNothing() throws {
        let pipe = try LogPipe()
        let sink = try #require(LogSink(descriptor: pipe.writing, wall: Self.noon))
        #expect(sink.close(patienceMilliseconds: 5000))
        let isTaken = sink.append(Array("late".utf8).span)
        #expect(!isTaken)
        #expect(sink.droppedCount == 1)
        close(pipe.writing)
        #expect(pipe.readAll().isEmpty)
    }
}
