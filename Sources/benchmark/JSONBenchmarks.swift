import Foundation
import JSON

/// JSON: parsing the bodies that an API server sends, against simdjson's DOM, orjson and Foundation; and printing them.
enum JSONBenchmarks {
    static func make() throws -> [Benchmark] {
        let reviews = try FileManager.default
            .contentsOfDirectory(atPath: Inputs.corpus.appendingPathComponent("reviews").path)
            .filter { $0.hasSuffix(".json") && $0 != "index.json" }.sorted()
        let sizes = try reviews.map { try Inputs.bytes("reviews/\($0)").count }
        let small = zip(reviews, sizes).filter { $0.1 < 100_000 }.map(\.0)
        let sixty = try sixtyKibibytes(small)
        return [
            try parse("reviews", small.map(path)),
            try parse("pod-create", [path("pod-create.json")]),
            try parse("60KiB", [sixty]),
            try parse("271KB", [path("pod-create-200-containers.json")]),
            try parse("2MiB", [path("configmap-create-2mib.json")]),
            try printing("pod-create"),
            try diffing("pod-update"),
        ]
    }

    private static func path(_ review: String) -> String {
        Inputs.corpus.appendingPathComponent("reviews/\(review)").path
    }

    /// An array of review bodies, as many as make 60 KiB, in a file that the peers read too.
    private static func sixtyKibibytes(_ reviews: [String]) throws -> String {
        var text: [UInt8] = []
        for review in reviews where text.count < 60 << 10 {
            text += text.isEmpty ? "[".utf8 : ",".utf8
            text += try Inputs.bytes("reviews/\(review)")
        }
        text += "]".utf8
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("portcullis-60KiB.json")
        try Data(text).write(to: file)
        return file.path
    }

    private static func parse(_ name: String, _ paths: [String]) throws -> Benchmark {
        let texts = try paths.map { [UInt8](try Data(contentsOf: URL(fileURLWithPath: $0))) }
        let data = texts.map { Data($0) }
        let tape = ReusedTape()
        let python = Inputs.checkout.appendingPathComponent(".build/python/bin/python3").path
        return Benchmark(
            name: "json/parse/\(name)", bytes: texts.map(\.count).reduce(0, +),
            ours: { for text in texts { tape.parse(text) } },
            peers: [
                Peer(name: "simdjson", work: .program([Inputs.builtPeer("simdjson-parse")] + paths), ratioMax: 2.5),
                Peer(name: "orjson", work: .program([python, Inputs.peer("orjson_parse.py")] + paths), ratioMax: 1),
                Peer(
                    name: "Foundation",
                    work: .here { for text in data { consume(try? JSONSerialization.jsonObject(with: text)) } },
                    ratioMax: 0.2),
            ])
    }

    private static func printing(_ name: String) throws -> Benchmark {
        let text = try Inputs.bytes("reviews/\(name).json")
        let document = try JSONDocument(parsing: text)
        let object = try JSONSerialization.jsonObject(with: Data(text))
        let writer = ReusedWriter()
        return Benchmark(
            name: "json/print/\(name)", bytes: text.count, ours: { writer.print(document.root) },
            peers: [
                Peer(
                    name: "Foundation",
                    work: .here { consume(try? JSONSerialization.data(withJSONObject: object)) }, ratioMax: nil)
            ])
    }

    private static func diffing(_ name: String) throws -> Benchmark {
        let text = try Inputs.bytes("reviews/\(name).json")
        let document = try JSONDocument(parsing: text)
        return Benchmark(
            name: "json/diff/\(name)", bytes: 0,
            ours: {
                guard let old = document.root["request"]?["oldObject"], let new = document.root["request"]?["object"]
                else { return }
                consume(JSONPatch.diff(from: old, to: new))
            }, peers: [])
    }
}

/// A tape that a closure can hold on to.
private final class ReusedTape {
    private var tape = JSONTape()

    func parse(_ text: [UInt8]) {
        unsafe text.withUnsafeBufferPointer { bytes in
            let root = unsafe try? tape.parse(inPlace: bytes)
            precondition(root != nil, "a review body was refused")
        }
    }
}

private final class ReusedWriter {
    private var writer = JSONWriter(capacity: 1 << 16)

    func print(_ node: JSONNode) {
        writer.reset()
        writer.node(node)
        consume(writer.count)
    }
}
