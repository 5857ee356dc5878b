/// One value as its author wrote it.
struct YAMLNode {
    enum Kind: UInt8 { case scalar, sequence, mapping, alias }

    var kind: Kind
    var tag: YAMLTag
    /// A scalar whose value follows from its text.
    var isImplicit: Bool
    /// Where it starts in the source.
    var start: Int32
    /// The node after this one and all it holds; zero while the collection is open.
    var end: Int32 = 0
    /// An alias's node.
    var target: Int32 = 0
    /// A scalar's text.
    var text = YAMLSlice.empty
}

/// The tags that mean something to a schema.
enum YAMLTag: UInt8 {
    case none, string, int, float, bool, null, timestamp, binary, merge, other

    private static let prefix = Array("tag:yaml.org,2002:".utf8)
    private static let names: [(name: StaticString, tag: YAMLTag)] = [
        ("str", .string), ("int", .int), ("float", .float), ("bool", .bool), ("null", .null),
        ("timestamp", .timestamp), ("binary", .binary), ("merge", .merge),
    ]

    init(_ bytes: ArraySlice<UInt8>) {
        self = .other
        if bytes.isEmpty { self = .none }
        guard bytes.starts(with: Self.prefix) else { return }
        let name = bytes.dropFirst(Self.prefix.count)
        for known in Self.names where name.elementsEqual("\(known.name)".utf8) { self = known.tag }
    }
}

/// Events → one document's nodes in document order, aliases resolved to nodes but not yet followed.
///
/// A collection's first child is the node after it; a mapping's children are keys and values in turn.
struct YAMLComposer {
    var parser: YAMLParser
    private(set) var nodes: [YAMLNode] = []
    private var open: [Int] = []
    private var anchors: [ArraySlice<UInt8>: Int32] = [:]
    private let limits: YAMLLimits

    init(_ input: YAMLInput, text: YAMLText, options: YAMLOptions) {
        parser = YAMLParser(input, text: text, options: options)
        limits = options.limits
    }

    /// Reads one document into `nodes`; false at the end of the stream.
    mutating func composeDocument() throws(YAMLError) -> Bool {
        nodes.removeAll(keepingCapacity: true)
        open.removeAll(keepingCapacity: true)
        if !anchors.isEmpty { anchors.removeAll(keepingCapacity: true) }
        parser.scanner.forgetScratch()
        while true {
            let event = try parser.next()
            switch event.kind {
            case .streamEnd: return false
            case .documentStart: break
            case .documentEnd: return true
            case .sequenceEnd, .mappingEnd: close()
            default: try add(event)
            }
        }
    }

    private mutating func close() {
        guard let index = open.popLast() else { return }
        nodes[index].end = Int32(truncatingIfNeeded: nodes.count)
    }

    private mutating func add(_ event: YAMLEvent) throws(YAMLError) {
        guard nodes.count < limits.nodesMax else { throw parser.fail(.tooManyNodes, at: event.start) }
        let index = nodes.count
        var node = YAMLNode(
            kind: .scalar, tag: event.tag.isEmpty ? .none : YAMLTag(parser.bytes(event.tag)),
            isImplicit: event.isImplicit, start: event.start)
        switch event.kind {
        case .alias:
            node.kind = .alias
            node.target = try target(of: event)
        case .sequenceStart: node.kind = .sequence
        case .mappingStart: node.kind = .mapping
        default: node.text = event.text
        }
        if node.kind == .sequence || node.kind == .mapping {
            open.append(index)
            if open.count > limits.depthMax { throw parser.fail(.tooDeep, at: event.start) }
        } else {
            node.end = Int32(truncatingIfNeeded: index + 1)
        }
        nodes.append(node)
        if !event.anchor.isEmpty && event.kind != .alias {
            anchors[parser.bytes(event.anchor)] = Int32(truncatingIfNeeded: index)
        }
    }

    private func target(of event: YAMLEvent) throws(YAMLError) -> Int32 {
        let name = parser.bytes(event.anchor)
        if let target = anchors[name], nodes[Int(target)].end != 0 { return target }
        let reason: YAMLError.Reason = anchors[name] == nil ? .unknownAnchor : .selfReference
        throw parser.scanner.fail(reason, at: Int(event.start), subject: String(decoding: name, as: UTF8.self))
    }
}
