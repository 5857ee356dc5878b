// Block and flow collections, entry by entry.

extension YAMLParser {
    private mutating func endCollection(_ kind: YAMLEvent.Kind, _ token: YAMLToken, takes: Bool) -> YAMLEvent {
        popState()
        if takes { scanner.skip() }
        return YAMLEvent(kind, token.start)
    }

    mutating func parseBlockSequence(isFirst: Bool) throws(YAMLError) -> YAMLEvent {
        if isFirst { scanner.skip() }
        let token = try scanner.peek()
        switch token.kind {
        case .blockEntry:
            let next = try take()
            if next.kind == .blockEntry || next.kind == .blockEnd {
                return emptyNode(token.end, then: .blockSequenceEntry)
            }
            return try node(then: .blockSequenceEntry, isBlock: true)
        case .blockEnd: return endCollection(.sequenceEnd, token, takes: true)
        default: throw fail(.expectedBlockEntry, at: token.start)
        }
    }

    /// A sequence as a mapping's value may stand at the column of its key; nothing marks its end.
    mutating func parseIndentlessSequence() throws(YAMLError) -> YAMLEvent {
        let token = try scanner.peek()
        guard token.kind == .blockEntry else { return endCollection(.sequenceEnd, token, takes: false) }
        switch try take().kind {
        case .blockEntry, .key, .value, .blockEnd: return emptyNode(token.end, then: .indentlessSequenceEntry)
        default: return try node(then: .indentlessSequenceEntry, isBlock: true)
        }
    }

    mutating func parseBlockMappingKey(isFirst: Bool) throws(YAMLError) -> YAMLEvent {
        if isFirst { scanner.skip() }
        let token = try scanner.peek()
        switch token.kind {
        case .key:
            switch try take().kind {
            case .key, .value, .blockEnd: return emptyNode(token.end, then: .blockMappingValue)
            default: return try node(then: .blockMappingValue, isBlock: true, indentless: true)
            }
        case .value where isCore: return emptyNode(token.start, then: .blockMappingValue)
        case .blockEnd: return endCollection(.mappingEnd, token, takes: true)
        default: throw fail(.expectedKey, at: token.start)
        }
    }

    mutating func parseBlockMappingValue() throws(YAMLError) -> YAMLEvent {
        let token = try scanner.peek()
        guard token.kind == .value else { return emptyNode(token.start, then: .blockMappingKey) }
        switch try take().kind {
        case .key, .value, .blockEnd: return emptyNode(token.end, then: .blockMappingKey)
        default: return try node(then: .blockMappingKey, isBlock: true, indentless: true)
        }
    }
}

// MARK: Flow

extension YAMLParser {
    mutating func parseFlowSequence(isFirst: Bool) throws(YAMLError) -> YAMLEvent {
        if isFirst { scanner.skip() }
        var token = try scanner.peek()
        if token.kind != .flowSequenceEnd && !isFirst {
            guard token.kind == .flowEntry else { throw fail(.expectedSequenceEnd, at: token.start) }
            token = try take()
        }
        switch token.kind {
        case .flowSequenceEnd: return endCollection(.sequenceEnd, token, takes: true)
        case .key:
            // A single pair, written without braces.
            scanner.skip()
            state = .flowPairKey
            return YAMLEvent(.mappingStart, token.start, isExplicit: true)
        case .value where isCore:
            state = .flowPairKey
            return YAMLEvent(.mappingStart, token.start, isExplicit: true)
        default: return try node(then: .flowSequenceEntry, isBlock: false)
        }
    }

    mutating func parseFlowPairKey() throws(YAMLError) -> YAMLEvent {
        let token = try scanner.peek()
        switch token.kind {
        case .value, .flowEntry, .flowSequenceEnd:
            // The library behind Kubernetes drops this token, which leaves its `: value` without a home.
            if !isCore { scanner.skip() }
            return emptyNode(token.start, then: .flowPairValue)
        default: return try node(then: .flowPairValue, isBlock: false)
        }
    }

    mutating func parseFlowPairValue() throws(YAMLError) -> YAMLEvent {
        var token = try scanner.peek()
        if token.kind == .value {
            token = try take()
            if token.kind != .flowEntry && token.kind != .flowSequenceEnd {
                return try node(then: .flowPairEnd, isBlock: false)
            }
        }
        return emptyNode(token.start, then: .flowPairEnd)
    }

    mutating func parseFlowPairEnd() throws(YAMLError) -> YAMLEvent {
        let token = try scanner.peek()
        state = .flowSequenceEntry
        return YAMLEvent(.mappingEnd, token.start)
    }

    mutating func parseFlowMappingKey(isFirst: Bool) throws(YAMLError) -> YAMLEvent {
        if isFirst { scanner.skip() }
        var token = try scanner.peek()
        if token.kind != .flowMappingEnd && !isFirst {
            guard token.kind == .flowEntry else { throw fail(.expectedMappingEnd, at: token.start) }
            token = try take()
        }
        switch token.kind {
        case .flowMappingEnd: return endCollection(.mappingEnd, token, takes: true)
        case .key:
            token = try take()
            switch token.kind {
            case .value, .flowEntry, .flowMappingEnd: return emptyNode(token.start, then: .flowMappingValue)
            default: return try node(then: .flowMappingValue, isBlock: false)
            }
        case .value where isCore: return emptyNode(token.start, then: .flowMappingValue)
        default: return try node(then: .flowMappingEmptyValue, isBlock: false)
        }
    }

    mutating func parseFlowMappingValue(isEmpty: Bool) throws(YAMLError) -> YAMLEvent {
        var token = try scanner.peek()
        if !isEmpty && token.kind == .value {
            token = try take()
            if token.kind != .flowEntry && token.kind != .flowMappingEnd {
                return try node(then: .flowMappingKey, isBlock: false)
            }
        }
        return emptyNode(token.start, then: .flowMappingKey)
    }
}
