internal import JSON

/// A question with places for what a review says: `{{invocation_json}}` and the like.
struct PromptTemplate: Sendable {
    /// What can stand between double braces.
    enum Place: String, Sendable, CaseIterable {
        /// The whole invocation.
        case invocation = "invocation_json"
        /// The object alone; `null` where there is none.
        case object = "object_json"
        /// The object as it was; `null` where there is none.
        case oldObject = "old_object_json"
        /// The hook's name.
        case hook
        /// The operation: `CREATE`, `UPDATE`, `DELETE` or `CONNECT`.
        case operation
        /// The object's kind.
        case kind
        /// The object's namespace.
        case namespace
        /// The object's name.
        case name
        /// The name of the user who asks.
        case user
    }

    private enum Part: Sendable {
        case text([UInt8])
        case place(Place)
    }

    private static let bytesMax = 256 << 10
    private let parts: [Part]

    /// Reads a template, which must say where the object goes. `path` is its place in the document.
    init(_ template: String, at path: String) throws(ExecutorProblem) {
        guard template.utf8.count <= Self.bytesMax else { throw ExecutorProblem(path, "is longer than 256 KiB") }
        var parts: [Part] = []
        var rest = Array(template.utf8)[...]
        while let open = Self.index(of: "{{", in: rest) {
            guard let close = Self.index(of: "}}", in: rest[(open + 2)...]) else {
                throw ExecutorProblem(path, "a {{ has no }} behind it")
            }
            let name = String(decoding: rest[(open + 2)..<close].filter { $0 != 0x20 }, as: UTF8.self)
            guard let place = Place(rawValue: name) else {
                let known = Place.allCases.map { "{{\($0.rawValue)}}" }.joined(separator: ", ")
                throw ExecutorProblem(path, "\"{{\(Excerpt.of(name))}}\" is unknown; known are \(known)")
            }
            parts += [.text(Array(rest[..<open])), .place(place)]
            rest = rest[(close + 2)...]
        }
        parts.append(.text(Array(rest)))
        self.parts = parts
        guard names(.invocation) || names(.object) || names(.oldObject) else {
            throw ExecutorProblem(
                path, "must hold {{invocation_json}} or {{object_json}}: there would be nothing to judge")
        }
    }

    private func names(_ place: Place) -> Bool {
        parts.contains { if case .place(place) = $0 { true } else { false } }
    }

    private static func index(of pair: StaticString, in text: ArraySlice<UInt8>) -> Int? {
        let byte = pair.description.utf8.first
        return text.indices.dropLast().first { text[$0] == byte && text[$0 + 1] == byte }
    }

    /// The question about an invocation, given as JSON without secrets. What is put in is not looked at for places again.
    func filled(with invocation: JSONNode) -> [UInt8] {
        var text: [UInt8] = []
        for part in parts {
            switch part {
            case .text(let bytes): text += bytes
            case .place(let place): text += Self.value(place, invocation)
            }
        }
        return text
    }

    private static func value(_ place: Place, _ invocation: JSONNode) -> [UInt8] {
        let request = invocation["request"]
        switch place {
        case .invocation: return json(invocation)
        case .object: return json(request?["object"])
        case .oldObject: return json(request?["oldObject"])
        case .hook: return text(invocation["hook"])
        case .operation: return text(request?["operation"])
        case .kind: return text(request?["kind"]?["kind"])
        case .namespace: return text(request?["namespace"])
        case .name: return text(request?["name"])
        case .user: return text(request?["userInfo"]?["username"])
        }
    }

    private static func text(_ node: JSONNode?) -> [UInt8] { Array((node?.string ?? "").utf8) }

    private static func json(_ node: JSONNode?) -> [UInt8] {
        guard let node else { return Array("null".utf8) }
        var writer = JSONWriter()
        writer.node(node)
        return writer.bytes
    }
}
