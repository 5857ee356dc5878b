/// Tokens → events: YAML's grammar as a machine with an explicit stack, so nothing here recurses.
struct YAMLParser {
    /// What is expected next.
    enum State: UInt8 {
        case streamStart, documentStart, documentContent, documentEnd, streamEnd
        case blockNode
        case blockSequenceFirst, blockSequenceEntry, indentlessSequenceEntry
        case blockMappingFirst, blockMappingKey, blockMappingValue
        case flowSequenceFirst, flowSequenceEntry, flowPairKey, flowPairValue, flowPairEnd
        case flowMappingFirst, flowMappingKey, flowMappingValue, flowMappingEmptyValue
    }

    var scanner: YAMLScanner
    var state = State.streamStart
    var states: [State] = []
    var tagHandles: [YAMLTagHandle] = []
    /// Core: the last document ended with `...`, so the next may do without `---` and may have directives.
    var lastEndedExplicitly = true

    init(_ input: YAMLInput, text: YAMLText, options: YAMLOptions) {
        scanner = YAMLScanner(input, text: text, options: options)
    }

    var isCore: Bool { scanner.isCore }

    /// The next event; after the end of the stream, that again.
    mutating func next() throws(YAMLError) -> YAMLEvent {
        switch state {
        case .streamStart, .documentStart: return try parseDocumentStart()
        case .documentContent: return try parseDocumentContent()
        case .documentEnd: return try parseDocumentEnd()
        case .streamEnd: return YAMLEvent(.streamEnd, Int32(truncatingIfNeeded: scanner.end))
        case .blockNode: return try parseNode(isBlock: true, indentless: false)
        case .blockSequenceFirst: return try parseBlockSequence(isFirst: true)
        case .blockSequenceEntry: return try parseBlockSequence(isFirst: false)
        case .indentlessSequenceEntry: return try parseIndentlessSequence()
        case .blockMappingFirst: return try parseBlockMappingKey(isFirst: true)
        case .blockMappingKey: return try parseBlockMappingKey(isFirst: false)
        case .blockMappingValue: return try parseBlockMappingValue()
        case .flowSequenceFirst: return try parseFlowSequence(isFirst: true)
        case .flowSequenceEntry: return try parseFlowSequence(isFirst: false)
        case .flowPairKey: return try parseFlowPairKey()
        case .flowPairValue: return try parseFlowPairValue()
        case .flowPairEnd: return try parseFlowPairEnd()
        case .flowMappingFirst: return try parseFlowMappingKey(isFirst: true)
        case .flowMappingKey: return try parseFlowMappingKey(isFirst: false)
        case .flowMappingValue: return try parseFlowMappingValue(isEmpty: false)
        case .flowMappingEmptyValue: return try parseFlowMappingValue(isEmpty: true)
        }
    }

    /// Takes the token and shows the one after it.
    mutating func take() throws(YAMLError) -> YAMLToken {
        scanner.skip()
        return try scanner.peek()
    }

    /// Goes back to what was expected around the collection or node that ended.
    mutating func popState() { state = states.popLast() ?? .documentEnd }

    mutating func node(then next: State, isBlock: Bool, indentless: Bool = false) throws(YAMLError) -> YAMLEvent {
        states.append(next)
        return try parseNode(isBlock: isBlock, indentless: indentless)
    }

    mutating func emptyNode(_ at: Int32, then next: State) -> YAMLEvent {
        state = next
        return .emptyScalar(at)
    }

    func fail(_ reason: YAMLError.Reason, at offset: Int32) -> YAMLError { scanner.fail(reason, at: Int(offset)) }
}

// MARK: Documents

extension YAMLParser {
    private mutating func parseDocumentStart() throws(YAMLError) -> YAMLEvent {
        let isFirst = state == .streamStart
        var token = try scanner.peek()
        while token.kind == .documentEnd && (!isFirst || isCore) {
            lastEndedExplicitly = true
            token = try take()
        }
        if token.kind == .streamEnd {
            state = .streamEnd
            return YAMLEvent(.streamEnd, token.start)
        }
        let hasDirectives =
            token.kind == .versionDirective || token.kind == .tagDirective || token.kind == .reservedDirective
        // Kubernetes' library lets only the first document do without a marker.
        let mayBeBare = isCore ? lastEndedExplicitly : isFirst
        if mayBeBare && !hasDirectives && token.kind != .documentStart {
            setDefaultHandles()
            states.append(.documentEnd)
            state = .blockNode
            return YAMLEvent(.documentStart, token.start)
        }
        if isCore && hasDirectives && !lastEndedExplicitly { throw fail(.directiveWithoutDocument, at: token.start) }
        let start = token.start
        token = try parseDirectives()
        guard token.kind == .documentStart else {
            throw fail(hasDirectives ? .directiveWithoutDocument : .expectedDocumentStart, at: token.start)
        }
        scanner.skip()
        states.append(.documentEnd)
        state = .documentContent
        return YAMLEvent(.documentStart, start, isExplicit: true)
    }

    private mutating func parseDocumentContent() throws(YAMLError) -> YAMLEvent {
        let token = try scanner.peek()
        switch token.kind {
        case .versionDirective, .tagDirective, .reservedDirective, .documentStart, .documentEnd, .streamEnd:
            popState()
            return .emptyScalar(token.start)
        default:
            return try parseNode(isBlock: true, indentless: false)
        }
    }

    private mutating func parseDocumentEnd() throws(YAMLError) -> YAMLEvent {
        let token = try scanner.peek()
        let isExplicit = token.kind == .documentEnd
        if isExplicit { scanner.skip() }
        tagHandles.removeAll(keepingCapacity: true)
        lastEndedExplicitly = isExplicit
        state = .documentStart
        return YAMLEvent(.documentEnd, token.start, isExplicit: isExplicit)
    }
}
