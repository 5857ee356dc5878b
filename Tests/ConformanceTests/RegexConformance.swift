import Foundation
import LinearRegex
import TestSupport
import Testing

/// The calls of `matches`, `find` and `findAll` on literals in the corpus of Kubernetes' CEL, with the API server's values
/// and messages. The calls on anything else are CEL's to run.
struct RegexConformance {
    static let files = ["edge/regex.json", "doc-examples.json", "cost/library.json"]

    @Test func givesWhatTheAPIServerGives() throws {
        guard let folder = try Corpus.need("64 calls of regular expressions") else { return }
        var failures: [String] = []
        var run = 0
        for file in Self.files {
            let cases = try #require(try Corpus.json("k8s-cel/\(file)", in: folder) as? [[String: Any]])
            for one in cases {
                guard let text = one["expr"] as? String, let call = RegexCall(text) else { continue }
                let expected = try #require(one["k8s"] as? [String: Any])
                run += 1
                if let problem = call.problem(expected) { failures.append("\(file): \(text): \(problem)") }
            }
        }
        #expect(run >= 64)
        #expect(failures.isEmpty, "\(failures.count) of \(run): \(failures.prefix(10))")
    }
}

/// `'text'.method('pattern')`, `'text'.method('pattern', limit)` or `method('text', 'pattern')`.
struct RegexCall {
    let method: Substring
    let text: [UInt8]
    let pattern: [UInt8]
    let limit: Int?

    init?(_ expression: String) {
        let call = /(?s)(?:(?<text>'[^']*'|"[^"]*")\.)?(?<method>matches|find|findAll)\((?<rest>.*)\)/
        let argument = /(?s)\s*(?:dyn\()?(?<literal>'[^']*'|"[^"]*"|\d+)\)?\s*,?/
        guard let whole = expression.wholeMatch(of: call) else { return nil }
        var arguments = whole.rest.matches(of: argument).map(\.literal)
        if let first = whole.text { arguments.insert(first, at: 0) }
        guard arguments.count == 2 || arguments.count == 3 else { return nil }
        method = whole.method
        text = Self.unescaped(arguments[0])
        pattern = Self.unescaped(arguments[1])
        limit = arguments.count == 3 ? Int(arguments[2]) : nil
    }

    /// The bytes of a CEL literal.
    private static func unescaped(_ literal: Substring) -> [UInt8] {
        var result = String.UnicodeScalarView()
        var rest = Substring(literal.dropFirst().dropLast()).unicodeScalars
        let letters: [Unicode.Scalar: Unicode.Scalar] = [
            "n": "\n", "t": "\t", "r": "\r", "v": "\u{0B}", "f": "\u{0C}", "a": "\u{07}", "b": "\u{08}",
        ]
        while let scalar = rest.popFirst() {
            guard scalar == "\\", let escape = rest.popFirst() else {
                result.append(scalar)
                continue
            }
            if let digits = ["x": 2, "u": 4, "U": 8][escape] {
                let value = UInt32(String(rest.prefix(digits)), radix: 16) ?? 0
                rest.removeFirst(digits)
                result.append(Unicode.Scalar(value) ?? "\u{FFFD}")
            } else {
                result.append(letters[escape] ?? escape)
            }
        }
        return Array(String(result).utf8)
    }

    /// What is wrong with our answer, or nil.
    func problem(_ expected: [String: Any]) -> String? {
        let regex: LinearRegex
        do throws(LinearRegexError) { regex = try LinearRegex(pattern.span) } catch {
            guard let messages = expected["compile_error"] as? [String] else { return "refused: \(error)" }
            let isSaid = messages.contains(error.description) || messages == ["invalid matches argument"]
            return isSaid ? nil : "\(error) is not \(messages)"
        }
        guard let value = expected["value"] as? [String: Any] else { return "accepted, not \(expected)" }
        let ours = answer(regex)
        return ours == Self.shown(value) ? nil : "\(ours) is not \(value)"
    }

    /// A typed value of the corpus in the form of `answer`.
    private static func shown(_ value: [String: Any]) -> [String] {
        if let bool = value["bool"] as? Bool { return ["\(bool)"] }
        if let string = value["string"] as? String { return [string] }
        return (value["list"] as? [[String: String]] ?? []).compactMap { $0["string"] }
    }

    private func answer(_ regex: LinearRegex) -> [String] {
        var scratch = LinearRegex.Scratch()
        func string(_ range: Range<Int>) -> String { String(decoding: text[range], as: UTF8.self) }
        switch method {
        case "matches": return ["\(regex.matches(text.span, scratch: &scratch))"]
        case "find": return [string(regex.firstMatch(in: text.span, scratch: &scratch) ?? 0..<0)]
        default: return regex.findAll(in: text.span, limit: limit ?? .max, scratch: &scratch).map(string)
        }
    }
}
