import Foundation
import JSON
import YAML

/// YAML against libyaml, the C parser that most other languages use.
enum YAMLBenchmarks {
    static func make() throws -> [Benchmark] {
        let stream = try manifests(bytes: 1_000_000)
        let file = Inputs.checkout.appendingPathComponent(".build/manifests.yaml")
        try Data(stream).write(to: file)
        let python = Inputs.checkout.appendingPathComponent(".build/python/bin/python3").path
        let peer = Peer(
            name: "PyYAML CSafeLoader",
            work: .program([python, Inputs.peer("yaml-csafeloader.py"), file.path]), ratioMax: 3)
        let documents = try documents(stream)
        return [
            Benchmark(
                name: "yaml/parse/kubernetes-1MB", bytes: stream.count,
                ours: { consume(try? Self.documents(stream)) }, peers: [peer]),
            Benchmark(
                name: "yaml/parse/core-1MB", bytes: stream.count, ours: { consume(try? Self.coreDocuments(stream)) },
                peers: [peer]),
            Benchmark(
                name: "yaml/write/1MB", bytes: stream.count,
                ours: {
                    var writer = YAMLWriter()
                    for document in documents { document.json.withRoot { writer.write($0) } }
                    consume(writer.bytes)
                }, peers: []),
            Benchmark(
                name: "yaml/refuse/aliases", bytes: 0, ours: { consume(try? YAMLDocument(parsing: bomb)) }, peers: []),
        ]
    }

    /// Every policy of the corpus, each as a document, again and again up to the size.
    private static func manifests(bytes: Int) throws -> [UInt8] {
        let root = Inputs.corpus.appendingPathComponent("policies")
        let paths =
            FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)?
            .compactMap { $0 as? URL }
            .filter { $0.pathExtension == "yaml" && $0.pathComponents.count == root.pathComponents.count + 3 }
            .sorted { $0.path < $1.path } ?? []
        guard !paths.isEmpty else { throw PeerFailure(description: "no policies in the corpus") }
        var stream: [UInt8] = []
        while stream.count < bytes {
            for path in paths where stream.count < bytes {
                stream += try Data(contentsOf: path)
                if stream.last != 0x0A { stream.append(0x0A) }
                stream += "---\n".utf8
            }
        }
        return stream
    }

    private static func documents(_ bytes: [UInt8]) throws -> [YAMLDocument] {
        var stream = try KubernetesStream(bytes)
        var documents: [YAMLDocument] = []
        while let document = try stream.next() { documents.append(document) }
        return documents
    }

    private static func coreDocuments(_ bytes: [UInt8]) throws -> Int {
        var stream = try YAMLStream(bytes, options: YAMLOptions(schema: .core))
        var count = 0
        while try stream.next() != nil { count += 1 }
        return count
    }

    /// Nine aliases of nine aliases, ten levels deep, behind enough plain values to keep the ratio low for long.
    private static let bomb: [UInt8] = {
        var text = "pad: [\(String(repeating: "1,", count: 4_000))]\na0: &a0 [\"x\"]\n"
        for level in 1...9 {
            let alias = "*a\(level - 1),"
            text += "a\(level): &a\(level) [\(String(repeating: alias, count: 9))]\n"
        }
        return Array(text.utf8)
    }()
}
