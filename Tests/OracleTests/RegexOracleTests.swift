import Foundation
import LinearRegex
import TestSupport
import Testing

/// Random patterns and texts against RE2, and against Go by way of a file.
///
/// `REGEX_ORACLE_COUNT` sets the number of pairs and `REGEX_ORACLE_SEED` the seed; `REGEX_ORACLE_FILE` names a file of
/// lines to check instead, as `Tests/Oracles/regex.go` writes them.
struct RegexOracleTests {
    static let environment = ProcessInfo.processInfo.environment

    @Test func agreesWithRE2() throws {
        let count = Self.environment["REGEX_ORACLE_COUNT"] ?? "4000"
        let seed = Self.environment["REGEX_ORACLE_SEED"] ?? "1"
        let lines: [Substring]
        if let file = Self.environment["REGEX_ORACLE_FILE"] {
            lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
        } else {
            lines = try Self.run(Self.python, Self.oracle("regex.py"), "--seed", seed, "--count", count)
        }
        guard !lines.isEmpty else {
            try #require(!Corpus.isRequired, "google-re2 (PyPI) is required here (CI=true) and is not installed")
            print("google-re2 is not installed: not run: \(count) regex pairs")
            return
        }
        var checker = RegexChecker()
        for line in lines { checker.check(line) }
        print("regex oracle: \(checker.checked) pairs, seed \(seed)")
        #expect(checker.failures.isEmpty, "\(checker.failures.count) of them, first \(checker.failures.prefix(10))")
    }

    /// The Python that has the modules: the checkout's own, or the machine's.
    static let python: String = {
        let own = Corpus.checkout.appendingPathComponent(".build/python/bin/python3").path
        return FileManager.default.isExecutableFile(atPath: own) ? own : "python3"
    }()

    static func oracle(_ name: String) -> String {
        Corpus.checkout.appendingPathComponent("Tests/Oracles").appendingPathComponent(name).path
    }

    /// The lines a program prints; none when it cannot run.
    static func run(_ arguments: String...) throws -> [Substring] {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return process.terminationStatus == 0 ? text.split(separator: "\n") : []
    }
}

/// Compares lines of an oracle with our own answers.
struct RegexChecker: ~Copyable {
    private(set) var checked = 0
    private(set) var failures: [String] = []
    private var scratch = LinearRegex.Scratch()
    private var lastPattern: [UInt8]?
    private var compiled: Result<LinearRegex, LinearRegexError>?

    mutating func check(_ line: Substring) {
        let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
        guard fields.count == 3 || fields.count == 5 else {
            failures.append("not a line of an oracle: \(line)")
            return
        }
        let pattern = Self.bytes(fields[0])
        let text = Self.bytes(fields[1])
        checked += 1
        expect(answer(pattern, text, isRefusalWorded: fields[2].hasSuffix("!")), fields[2], pattern, text)
        guard fields.count == 5, case .success(let regex) = compiled else { return }
        let all = regex.findAll(in: text.span, scratch: &scratch).map(Self.span).joined(separator: ",")
        expect(all, fields[3], pattern, text)
        let replaced = regex.replaceAll(in: text.span, with: regex.template("<$1>"), scratch: &scratch)
        expect(Self.hexadecimal(replaced), fields[4], pattern, text)
    }

    private mutating func expect(_ ours: String, _ theirs: Substring, _ pattern: [UInt8], _ text: [UInt8]) {
        if ours == theirs { return }
        failures.append(
            "\(String(decoding: pattern, as: UTF8.self)) on \(String(decoding: text, as: UTF8.self).debugDescription): "
                + "\(ours), not \(theirs)")
    }

    private mutating func answer(_ pattern: [UInt8], _ text: [UInt8], isRefusalWorded: Bool) -> String {
        if lastPattern != pattern {
            lastPattern = pattern
            compiled = Result { () throws(LinearRegexError) in try LinearRegex(pattern.span) }
        }
        switch compiled {
        case .failure(let error):
            guard isRefusalWorded else { return "refused" }
            return Self.hexadecimal(error.description.utf8) + "!"
        case .success(let regex):
            let groups = regex.captures(in: text.span, scratch: &scratch)
            if regex.matches(text.span, scratch: &scratch) != (groups != nil) { return "matches is not captures" }
            if regex.firstMatch(in: text.span, scratch: &scratch) != groups?[0] { return "firstMatch is not captures" }
            return groups.map { $0.map(Self.span).joined(separator: ",") } ?? "none"
        case nil: return "not compiled"
        }
    }

    private static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    private static func span(_ range: Range<Int>?) -> String {
        range.map { "\($0.lowerBound):\($0.upperBound)" } ?? "-"
    }

    static func bytes(_ hexadecimal: some StringProtocol) -> [UInt8] {
        var bytes: [UInt8] = []
        var high: UInt8?
        for digit in hexadecimal.utf8 {
            let value = digit < 0x3A ? digit & 15 : (digit & 15) + 9
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return bytes
    }
}
