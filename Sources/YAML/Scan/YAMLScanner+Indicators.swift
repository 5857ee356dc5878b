// The tokens that are single characters, and the markers between documents.

extension YAMLScanner {
    mutating func fetchStreamEnd() throws(YAMLError) {
        unrollIndent(-1)
        try removeSimpleKey()
        simpleKeyAllowed = false
        append(.streamEnd, position, position)
        streamEndSeen = true
    }

    mutating func fetchDocumentMarker() throws(YAMLError) {
        // Inside a flow collection a marker cannot be content: the collection was never closed.
        if isCore && flowLevel > 0 { throw fail(.documentMarkerInScalar, at: position) }
        unrollIndent(-1)
        try removeSimpleKey()
        simpleKeyAllowed = false
        let isStart = source[position] == UInt8(ascii: "-")
        append(isStart ? .documentStart : .documentEnd, position, position + 3)
        position += 3
        if isCore && !isStart { try expectLineEnd() }
    }

    /// Nothing but a comment may follow `...` on its line.
    private mutating func expectLineEnd() throws(YAMLError) {
        var index = position
        while isBlank(index) { index += 1 }
        let isComment = source[index] == UInt8(ascii: "#") && index > position
        guard isComment || isBreakOrEnd(index) else { throw fail(.trailingContent, at: index) }
    }

    mutating func fetchFlowStart(isMapping: Bool) throws(YAMLError) {
        try saveSimpleKey()
        try increaseFlowLevel(isMapping: isMapping)
        simpleKeyAllowed = true
        append(isMapping ? .flowMappingStart : .flowSequenceStart, position, position + 1)
        position += 1
    }

    mutating func fetchFlowEnd(_ kind: YAMLToken.Kind) throws(YAMLError) {
        try removeSimpleKey()
        decreaseFlowLevel()
        simpleKeyAllowed = false
        append(kind, position, position + 1)
        position += 1
        lastIsJSONLike = true
    }

    mutating func fetchFlowEntry() throws(YAMLError) {
        try removeSimpleKey()
        simpleKeyAllowed = true
        append(.flowEntry, position, position + 1)
        position += 1
    }

    mutating func fetchBlockEntry() throws(YAMLError) {
        if flowLevel == 0 {
            guard simpleKeyAllowed else { throw fail(.blockEntryNotAllowed, at: position) }
            try rollIndent(column, .blockSequenceStart, at: position, before: nil)
        } else if isCore {
            throw fail(.blockEntryNotAllowed, at: position)
        }
        try removeSimpleKey()
        simpleKeyAllowed = true
        append(.blockEntry, position, position + 1)
        position += 1
    }

    mutating func fetchKey() throws(YAMLError) {
        if flowLevel == 0 {
            guard simpleKeyAllowed else { throw fail(.mappingKeyNotAllowed, at: position) }
            try rollIndent(column, .blockMappingStart, at: position, before: nil)
        }
        try removeSimpleKey()
        simpleKeyAllowed = flowLevel == 0
        append(.key, position, position + 1)
        position += 1
    }

    /// A `:` makes the candidate before it a key; without one the key is empty.
    mutating func fetchValue() throws(YAMLError) {
        let last = simpleKeys.count - 1
        if try simpleKeyIsValid(last) {
            let key = simpleKeys[last]
            insert(YAMLToken(.key, key.position, key.position), before: key.tokenNumber)
            try rollIndent(key.column, .blockMappingStart, at: key.position, before: key.tokenNumber)
            simpleKeys[last].isPossible = false
            simpleKeyAllowed = false
        } else {
            if flowLevel == 0 {
                guard simpleKeyAllowed else { throw fail(.mappingValueNotAllowed, at: position) }
                try rollIndent(column, .blockMappingStart, at: position, before: nil)
            }
            simpleKeyAllowed = flowLevel == 0
        }
        append(.value, position, position + 1)
        position += 1
    }

    mutating func fetchAnchor(_ kind: YAMLToken.Kind) throws(YAMLError) {
        try saveSimpleKey()
        simpleKeyAllowed = false
        let start = position
        position += 1
        while isAnchorCharacter() { position += 1 }
        guard position > start + 1, isCore || endsAnchor() else { throw fail(.anchorName, at: start) }
        var token = YAMLToken(kind, start, position)
        token.text = YAMLSlice(start + 1, position)
        tokens.append(token)
    }

    /// YAML 1.2 lets a name hold anything but spaces and flow indicators; 1.1 letters, digits, `-` and `_`.
    private func isAnchorCharacter() -> Bool {
        isCore ? !isSpaceOrEnd(position) && !isFlowIndicator(position) : isWord(position)
    }

    private func endsAnchor() -> Bool {
        if isSpaceOrEnd(position) { return true }
        switch source[position] {
        case UInt8(ascii: "?"), UInt8(ascii: ":"), UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"),
            UInt8(ascii: "%"), UInt8(ascii: "@"), UInt8(ascii: "`"):
            return true
        default: return false
        }
    }
}
