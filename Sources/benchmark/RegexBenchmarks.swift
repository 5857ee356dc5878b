import Foundation
import LinearRegex

/// Patterns that Kubernetes and policy authors use, and hostile ones, against RE2.
enum RegexBenchmarks {
    static let name = #"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"#
    static let subdomain = #"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"#
    static let image =
        #"^((?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?\.)+[a-zA-Z0-9]+(?::[0-9]+)?/)?"#
        + #"([a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*)"#
        + #"(?::([\w][\w.-]{0,127}))?(?:@(sha256:[a-f0-9]{64}))?$"#

    static func make() throws -> [Benchmark] {
        [
            try row("matches/names", name, names, barRatio: 3),
            try row("matches/subdomains", subdomain, names.map { $0 + ".apps.example.com" }, barRatio: 3),
            try row("matches/images", image, images, barRatio: 3),
            try row("captures/images", image, images, barRatio: 3, wantsGroups: true),
            try row("matches/literal-1MB", "kube-apiserver", [filler], barRatio: nil),
            try row("matches/case-1MB", "(?i)kube-(apiserver|proxy)", [filler], barRatio: nil),
            try row(
                "captures/search-1MB", #"([a-z]+)-(\d+)-(\d+)!"#, [filler + "pod-12-34!"], barRatio: nil,
                wantsGroups: true),
            try row("matches/nested-star-1MB", "(a*)*b", [String(repeating: "a", count: 1 << 20)], barRatio: nil),
            try row("matches/nested-plus-1MB", "(x+x+)+y", [String(repeating: "x", count: 1 << 20)], barRatio: nil),
        ]
    }

    private static let names = (0..<1000).map { "web-\($0)-\($0 &* 2_654_435_761 % 1_000_003)-frontend" }
    private static let images = (0..<1000).map { index in
        switch index % 4 {
        case 0: "nginx:1.\(index)"
        case 1: "registry.example.com:5000/team-\(index)/service/app:v2.\(index).0-rc.1"
        case 2: "gcr.example.com/project/image@sha256:" + String(repeating: "0123456789abcdef", count: 4)
        default: "Not an image \(index)"
        }
    }
    private static let filler = String(
        String(repeating: "the quick brown pod-7-x jumps over 12 lazy nodes; ", count: 21_000).prefix(1 << 20))

    /// One row: every text once is one operation.
    private static func row(
        _ label: String, _ pattern: String, _ texts: [String], barRatio: Double?, wantsGroups: Bool = false
    ) throws -> Benchmark {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("regex-\(UUID().uuidString).txt")
        try Data(texts.joined(separator: "\n").utf8).write(to: file)
        let regex = try LinearRegex(pattern)
        let bytes = texts.map { Array($0.utf8) }
        let runner = Runner(regex: regex, texts: bytes)
        let mode = wantsGroups ? "capture" : "match"
        let peer = Peer(
            name: "RE2", work: .program([Inputs.builtPeer("re2"), mode, pattern, file.path]), ratioMax: barRatio)
        return Benchmark(
            name: "regex/" + label, bytes: bytes.reduce(0) { $0 + $1.count },
            ours: { wantsGroups ? runner.captures() : runner.matches() }, peers: [peer])
    }

    /// The texts of one row, one after the other, with the scratch that a loop's thread would own.
    private final class Runner {
        let regex: LinearRegex
        let bytes: [UInt8]
        let ranges: [Range<Int>]
        var scratch = LinearRegex.Scratch()

        init(regex: LinearRegex, texts: [[UInt8]]) {
            self.regex = regex
            bytes = Array(texts.joined())
            var end = 0
            ranges = texts.map { text in
                end += text.count
                return end - text.count..<end
            }
        }

        func matches() {
            var count = 0
            let local = bytes
            let span = local.span
            for range in ranges where regex.matches(span.extracting(range), scratch: &scratch) { count += 1 }
            consume(count)
        }

        func captures() {
            var count = 0
            let local = bytes
            let span = local.span
            for range in ranges {
                count += regex.captures(in: span.extracting(range), scratch: &scratch)?.count ?? 0
            }
            consume(count)
        }
    }
}
