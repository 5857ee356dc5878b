import Foundation
import JSON
import TestSupport
import Testing

/// `corpus/json`: JSONTestSuite, and the values that Kubernetes' decoder gives.
@Suite struct JSONConformance {
    /// What we decided where RFC 8259 leaves it to the implementation (`i_` of JSONTestSuite): numbers too large for a
    /// float are refused, those too small become zero, integers beyond 64 bits become floats; whatever is not Unicode is
    /// refused, raw or escaped; there is no byte order mark; 500 containers fit within the default depth of 512.
    static let accepted: Set = [
        "i_number_double_huge_neg_exp.json", "i_number_real_underflow.json", "i_number_too_big_neg_int.json",
        "i_number_too_big_pos_int.json", "i_number_very_big_negative_int.json", "i_structure_500_nested_arrays.json",
    ]

    @Test func acceptsAndRefusesWhatTheSuiteDemands() throws {
        guard let folder = try Corpus.need("corpus/json/test_parsing") else { return }
        var failures: [String] = []
        var seen = 0
        for entry in try manifest(folder) where entry.file.hasPrefix("test_parsing/") {
            let name = String(entry.file.dropFirst("test_parsing/".count))
            let expected = name.hasPrefix("y_") || (name.hasPrefix("i_") && Self.accepted.contains(name))
            let bytes = try Corpus.bytes("json/" + entry.file, in: folder)
            if accepts(bytes, JSONOptions()) != expected { failures.append(name) }
            seen += 1
        }
        #expect(seen > 300)
        #expect(failures.isEmpty, "\(failures.prefix(5))")
    }

    @Test func givesTheValuesThatKubernetesGives() throws {
        guard let folder = try Corpus.need("corpus/json/manifest.json, as Kubernetes reads it") else { return }
        var failures: [String] = []
        for entry in try manifest(folder) {
            let bytes = try Corpus.bytes("json/" + entry.file, in: folder)
            let document = try? JSONDocument(parsing: bytes, options: .go(depthMax: 10_000))
            let isRight =
                entry.isAccepted
                ? document.map { plain($0.root) == entry.value.map(plain) } ?? false : document == nil
            if !isRight { failures.append(entry.file) }
        }
        #expect(failures.isEmpty, "\(failures.prefix(5))")
    }

    @Test func givesTheTypedValuesThatKubernetesGives() throws {
        guard let folder = try Corpus.need("corpus/json/k8s-values.json") else { return }
        let cases = try JSONDocument(parsing: Corpus.bytes("json/k8s-values.json", in: folder))
        var failures: [String] = []
        for example in cases.root.elements {
            let bytes = example["json"]?.string.map { Array($0.utf8) } ?? base64(example["b64"])
            let document = try? JSONDocument(parsing: bytes, options: .go(depthMax: 10_000))
            let wanted = example["k8s"]?["typed"].map(wanted)
            if document.map({ typed($0.root) }) != wanted {
                failures.append("\(String(decoding: bytes.prefix(40), as: UTF8.self))")
            }
        }
        #expect(cases.root.count > 30)
        #expect(failures.isEmpty, "\(failures.prefix(5))")
    }

    @Test func refusesDuplicateKeysWhereToldTo() throws {
        guard let folder = try Corpus.need("corpus/json, duplicate keys") else { return }
        var options = JSONOptions.go()
        options.duplicateKeys = .refuse
        var failures: [String] = []
        for entry in try manifest(folder) where entry.isAccepted {
            let bytes = try Corpus.bytes("json/" + entry.file, in: folder)
            if accepts(bytes, options) == entry.hasDuplicates { failures.append(entry.file) }
        }
        #expect(failures.isEmpty, "\(failures.prefix(5))")
    }
}

extension JSONConformance {
    struct Entry {
        let file: String
        let isAccepted: Bool
        let hasDuplicates: Bool
        /// Keeps the manifest alive beside the node into it.
        let document: JSONDocument
        let value: JSONNode?
    }

    func manifest(_ folder: URL) throws -> [Entry] {
        let document = try JSONDocument(parsing: Corpus.bytes("json/manifest.json", in: folder))
        return try document.root.elements.map { entry in
            let kubernetes = try #require(entry["k8s"])
            return Entry(
                file: try #require(entry["file"]?.string), isAccepted: kubernetes["accept"]?.bool == true,
                hasDuplicates: kubernetes["strict_error"] != nil, document: document, value: kubernetes["value"])
        }
    }

    func accepts(_ bytes: [UInt8], _ options: JSONOptions) -> Bool {
        (try? JSONDocument(parsing: bytes, options: options)) != nil
    }

    func base64(_ node: JSONNode?) -> [UInt8] { [UInt8](Data(base64Encoded: node?.string ?? "") ?? Data()) }

    /// A value written plainly, numbers as floats and members sorted by the bytes of their keys.
    func plain(_ node: JSONNode) -> String {
        switch node.kind {
        case .null: "null"
        case .bool: "\(node.bool == true)"
        case .int, .uint, .double: "\(node.double ?? .nan)"
        case .string: quoted(node)
        case .array: "[" + node.elements.map(plain).joined(separator: ",") + "]"
        case .object:
            "{"
                + node.members.map { quoted($0.key) + ":" + plain($0.value) }
                .sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }.joined(separator: ",") + "}"
        }
    }

    /// The corpus's typed encoding as `typed` writes it: Go spells floats in more ways than one.
    func wanted(_ node: JSONNode) -> String {
        if let digits = node["double"]?.string { return #"{"double":"\#(Double(digits) ?? .nan)"}"# }
        switch node.kind {
        case .array: return "[" + node.elements.map(wanted).joined(separator: ",") + "]"
        case .object:
            return "{" + node.members.map { quoted($0.key) + ":" + wanted($0.value) }.joined(separator: ",") + "}"
        default: return plain(node)
        }
    }

    /// The typed encoding of the corpus, written plainly: an `int` where an `Int64` holds it, else a `double`.
    func typed(_ node: JSONNode) -> String {
        switch node.kind {
        case .null: #"{"null":null}"#
        case .bool: #"{"bool":\#(node.bool == true)}"#
        case .int: #"{"int":"\#(node.int ?? 0)"}"#
        case .uint, .double: #"{"double":"\#(node.double ?? .nan)"}"#
        case .string: #"{"string":\#(quoted(node))}"#
        case .array: #"{"list":["# + node.elements.map(typed).joined(separator: ",") + "]}"
        case .object:
            #"{"map":["#
                + node.members.map { #"[{"string":\#(quoted($0.key))},\#(typed($0.value))]"# }.joined(separator: ",")
                + "]}"
        }
    }

    /// The bytes in hexadecimal, because `String` comparison is by canonical equivalence.
    func quoted(_ node: JSONNode) -> String {
        node.withUTF8 { bytes in
            var text = "\""
            for index in 0..<bytes.count {
                let byte = bytes[index]
                let isPlain = byte > 0x20 && byte < 0x7F && byte != 0x22
                text += isPlain ? String(UnicodeScalar(byte)) : "%" + String(byte, radix: 16)
            }
            return text + "\""
        }
    }
}
