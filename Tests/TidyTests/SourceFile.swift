import Foundation
import TestSupport

/// One file of the checkout, as lines.
struct SourceFile: Sendable {
    /// Relative to the checkout's root.
    let path: String
    let lines: [String]

    /// The folder below `Sources` that the file belongs to, which is its target's name.
    var target: String { String(path.split(separator: "/").dropFirst().first ?? "") }

    /// Tables of facts may be long; they say so by their name.
    var isTable: Bool { path.hasSuffix("Table.swift") || path.hasSuffix("Tables.swift") }

    /// Every file below `folder` whose name ends with one of `endings`.
    static func all(below folder: String, endings: [String]) -> [SourceFile] {
        let root = Corpus.checkout.appendingPathComponent(folder)
        guard let walk = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil) else { return [] }
        return walk.compactMap { $0 as? URL }
            .filter { url in endings.contains { url.lastPathComponent.hasSuffix($0) } }
            .compactMap { url in
                guard let text = try? String(contentsOf: url, encoding: .utf8) else { return nil }
                let path = String(url.path.dropFirst(Corpus.checkout.path.count + 1))
                return SourceFile(path: path, lines: text.components(separatedBy: "\n"))
            }
            .sorted { $0.path < $1.path }
    }

    static let sources = all(below: "Sources", endings: [".swift"])
    static let tests = all(below: "Tests", endings: [".swift", ".py"])
    static let scripts = all(below: "deploy", endings: [".sh", ".py"]) + all(below: ".ci", endings: ["run"])
}
