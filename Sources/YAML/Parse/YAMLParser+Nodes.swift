/// What a `%TAG` directive defines.
struct YAMLTagHandle {
    let handle: [UInt8]
    let prefix: [UInt8]
}

/// The anchor and tag before a node.
private struct Properties {
    var start: Int32
    var anchor = YAMLSlice.empty
    var tag = YAMLSlice.empty
    var isEmpty: Bool { anchor.isEmpty && tag.isEmpty }
}

extension YAMLParser {
    mutating func parseNode(isBlock: Bool, indentless: Bool) throws(YAMLError) -> YAMLEvent {
        var token = try scanner.peek()
        if token.kind == .alias {
            popState()
            scanner.skip()
            var event = YAMLEvent(.alias, token.start)
            event.anchor = token.text
            return event
        }
        var properties = Properties(start: token.start)
        if token.kind == .anchor || token.kind == .tag {
            properties = try parseProperties()
            token = try scanner.peek()
        }
        switch token.kind {
        case .blockEntry where indentless:
            return collection(.sequenceStart, properties, .indentlessSequenceEntry, isFlow: false)
        case .scalar: return scalar(token, properties)
        case .flowSequenceStart: return collection(.sequenceStart, properties, .flowSequenceFirst, isFlow: true)
        case .flowMappingStart: return collection(.mappingStart, properties, .flowMappingFirst, isFlow: true)
        case .blockSequenceStart where isBlock:
            return collection(.sequenceStart, properties, .blockSequenceFirst, isFlow: false)
        case .blockMappingStart where isBlock:
            return collection(.mappingStart, properties, .blockMappingFirst, isFlow: false)
        default: return try missing(token, properties)
        }
    }

    private mutating func scalar(_ token: YAMLToken, _ properties: Properties) -> YAMLEvent {
        popState()
        scanner.skip()
        var event = YAMLEvent(.scalar, properties.start)
        event.style = token.style
        event.text = token.text
        event.anchor = properties.anchor
        event.tag = properties.tag
        event.isImplicit = properties.tag.isEmpty ? token.style == .plain : bytes(properties.tag) == [0x21]
        return event
    }

    private mutating func collection(
        _ kind: YAMLEvent.Kind, _ properties: Properties, _ next: State, isFlow: Bool
    ) -> YAMLEvent {
        state = next
        var event = YAMLEvent(kind, properties.start, isExplicit: isFlow)
        event.anchor = properties.anchor
        event.tag = properties.tag
        return event
    }

    /// No value where one is expected: only an anchor or a tag makes that an empty one.
    private mutating func missing(_ token: YAMLToken, _ properties: Properties) throws(YAMLError) -> YAMLEvent {
        if isCore && token.kind == .alias { throw fail(.aliasWithProperties, at: token.start) }
        guard !properties.isEmpty else { throw fail(.expectedNode, at: token.start) }
        popState()
        var event = YAMLEvent.emptyScalar(properties.start)
        event.anchor = properties.anchor
        event.tag = properties.tag
        event.isImplicit = properties.tag.isEmpty
        return event
    }

    /// At most one anchor and one tag, in either order.
    private mutating func parseProperties() throws(YAMLError) -> Properties {
        var token = try scanner.peek()
        var properties = Properties(start: token.start)
        while true {
            if token.kind == .anchor && properties.anchor.isEmpty {
                properties.anchor = token.text
            } else if token.kind == .tag && properties.tag.isEmpty {
                properties.tag = try resolve(token)
            } else {
                break
            }
            token = try take()
        }
        if token.kind == .anchor || token.kind == .tag { throw fail(.duplicateProperty, at: token.start) }
        return properties
    }

    /// The bytes that a slice stands for.
    @inline(__always) func bytes(_ slice: YAMLSlice) -> ArraySlice<UInt8> {
        slice.isScratch ? scanner.scratch[slice.range] : scanner.source[slice.range]
    }
}

// MARK: Tags and directives

extension YAMLParser {
    /// Handles are looked for one by one, so there must not be many.
    private static let tagHandlesMax = 64

    private static let defaultHandles = [
        YAMLTagHandle(handle: Array("!".utf8), prefix: Array("!".utf8)),
        YAMLTagHandle(handle: Array("!!".utf8), prefix: Array("tag:yaml.org,2002:".utf8)),
    ]

    mutating func setDefaultHandles() {
        for handle in Self.defaultHandles where !tagHandles.contains(where: { $0.handle == handle.handle }) {
            tagHandles.append(handle)
        }
    }

    /// A tag with its handle replaced by what the handle stands for.
    private mutating func resolve(_ token: YAMLToken) throws(YAMLError) -> YAMLSlice {
        if token.text.isEmpty { return token.suffix }
        let handle = bytes(token.text)
        guard let known = tagHandles.first(where: { handle.elementsEqual($0.handle) }) else {
            throw fail(.undefinedTagHandle, at: token.start)
        }
        let start = scanner.scratch.count
        let suffix = bytes(token.suffix)
        scanner.scratch.append(contentsOf: known.prefix)
        scanner.scratch.append(contentsOf: suffix)
        return YAMLSlice(
            start: Int32(truncatingIfNeeded: start), end: Int32(truncatingIfNeeded: scanner.scratch.count),
            isScratch: true)
    }

    /// Reads the directives before a document; the answer is the token after them.
    mutating func parseDirectives() throws(YAMLError) -> YAMLToken {
        var token = try scanner.peek()
        var hasVersion = false
        while true {
            switch token.kind {
            case .versionDirective:
                if hasVersion { throw fail(.duplicateDirective, at: token.start) }
                hasVersion = true
                try checkVersion(token)
            case .tagDirective: try addHandle(token)
            case .reservedDirective: break
            default:
                setDefaultHandles()
                return token
            }
            token = try take()
        }
    }

    /// Kubernetes' library takes 1.1 only; the core schema any 1.x.
    private func checkVersion(_ token: YAMLToken) throws(YAMLError) {
        let major = bytes(token.text).drop(while: { $0 == 0x30 })
        let minor = bytes(token.suffix).drop(while: { $0 == 0x30 })
        guard major.elementsEqual([0x31]), isCore || minor.elementsEqual([0x31]) else {
            throw fail(.incompatibleVersion, at: token.start)
        }
    }

    private mutating func addHandle(_ token: YAMLToken) throws(YAMLError) {
        guard tagHandles.count < Self.tagHandlesMax else { throw fail(.tooManyDirectives, at: token.start) }
        let handle = Array(bytes(token.text))
        if tagHandles.contains(where: { $0.handle == handle }) { throw fail(.duplicateDirective, at: token.start) }
        tagHandles.append(YAMLTagHandle(handle: handle, prefix: Array(bytes(token.suffix))))
    }
}
