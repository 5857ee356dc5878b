import Foundation

/// What the benchmarks read: the conformance corpus, and the peers' programs.
enum Inputs {
    /// The root of the checkout this program was built from.
    static let checkout = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The corpus: `PORTCULLIS_CORPUS`, or `../shared/corpus` beside the checkout.
    static let corpus =
        ProcessInfo.processInfo.environment["PORTCULLIS_CORPUS"].map { URL(fileURLWithPath: $0) }
        ?? checkout.deletingLastPathComponent().appendingPathComponent("shared/corpus")

    /// Whether the corpus is there.
    static let hasCorpus = FileManager.default.fileExists(atPath: corpus.appendingPathComponent("README.md").path)

    /// The path of a peer's source or script in `deploy/peers`.
    static func peer(_ name: String) -> String {
        checkout.appendingPathComponent("deploy/peers").appendingPathComponent(name).path
    }

    /// The path of a peer that `deploy/install.sh benchmark` compiled.
    static func builtPeer(_ name: String) -> String {
        checkout.appendingPathComponent(".build/peers").appendingPathComponent(name).path
    }

    /// The bytes of a file of the corpus.
    static func bytes(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: corpus.appendingPathComponent(path)))
    }
}

/// Keeps the optimiser from dropping work whose result nobody reads.
@inline(never) func consume<T>(_ value: borrowing T) {}
