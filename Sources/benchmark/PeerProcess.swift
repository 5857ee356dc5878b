import Foundation

/// A peer that runs as a program of its own.
///
/// The protocol is lines of text. The program prepares its input and prints `ready` (or `missing <why>`). For each line
/// `N` on its standard input it does its operation N times and prints the CPU nanoseconds that took, as its own process
/// is accounted. At the end of its input it exits.
final class PeerProcess {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var pending = Data()

    /// Starts the program and waits until it is ready; throws what it says when it is not.
    init(_ arguments: [String]) throws {
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let greeting = try readLine()
        guard greeting == "ready" else {
            stop()
            throw PeerFailure(description: greeting)
        }
    }

    /// Has the operation done `times` times; the answer is CPU nanoseconds.
    func run(_ times: Int) throws -> Double {
        try input.fileHandleForWriting.write(contentsOf: Data("\(times)\n".utf8))
        let line = try readLine()
        guard let nanoseconds = Double(line) else { throw PeerFailure(description: "not a number: \(line)") }
        return nanoseconds
    }

    /// Ends the program.
    func stop() {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    private func readLine() throws -> String {
        while true {
            if let end = pending.firstIndex(of: 10) {
                let line = String(decoding: pending[pending.startIndex..<end], as: UTF8.self)
                pending = Data(pending[pending.index(after: end)...])
                return line
            }
            let more = output.fileHandleForReading.availableData
            if more.isEmpty { throw PeerFailure(description: "the program ended") }
            pending.append(more)
        }
    }
}

/// Why a peer cannot take part.
struct PeerFailure: Error, CustomStringConvertible {
    let description: String
}
