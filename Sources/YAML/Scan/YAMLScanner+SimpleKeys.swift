/// A token that may turn out to be a key, should a `:` follow on the same line.
struct YAMLSimpleKey {
    var isPossible = false
    /// It starts a line of the current block mapping, where nothing but a key can stand.
    var isRequired = false
    /// How many tokens come before it in the stream.
    var tokenNumber = 0
    var position = 0
    var line = 0
    var column = 0
}

extension YAMLScanner {
    /// How far a key without `?` may reach, in characters: YAML sets this so that a scanner needs to look no further.
    private static let simpleKeyLengthMax = 1024

    @inline(__always) var nextTokenNumber: Int { tokensTaken + tokens.count - head }

    /// True if the first token of the queue must wait, since a KEY may yet go before it.
    mutating func headMayBecomeKey() throws(YAMLError) -> Bool {
        var low = 0
        var high = simpleKeys.count
        while low < high {
            let middle = (low + high) / 2
            if simpleKeys[middle].tokenNumber < tokensTaken { low = middle + 1 } else { high = middle }
        }
        guard low < simpleKeys.count, simpleKeys[low].tokenNumber == tokensTaken else { return false }
        return try simpleKeyIsValid(low)
    }

    /// Whether the candidate can still become a key; it cannot once the line has ended or it is too long.
    mutating func simpleKeyIsValid(_ index: Int) throws(YAMLError) -> Bool {
        let key = simpleKeys[index]
        guard key.isPossible else { return false }
        if streamEndSeen { return try giveUpSimpleKey(index) }
        // In a core flow mapping a key may cross lines; in Kubernetes' grammar no key does.
        if isCore && index > 0 && index - 1 < flowIsMapping.count && flowIsMapping[index - 1] { return true }
        if key.line == line && !isTooLong(key) { return true }
        return try giveUpSimpleKey(index)
    }

    /// False, unless the candidate had to be a key.
    private mutating func giveUpSimpleKey(_ index: Int) throws(YAMLError) -> Bool {
        if simpleKeys[index].isRequired { throw fail(.simpleKeyWithoutColon, at: simpleKeys[index].position) }
        simpleKeys[index].isPossible = false
        return false
    }

    @inline(__always) private func isTooLong(_ key: YAMLSimpleKey) -> Bool {
        guard position - key.position > Self.simpleKeyLengthMax else { return false }
        var characters = 0
        for index in key.position..<position where source[index] & 0xC0 != 0x80 { characters += 1 }
        return characters > Self.simpleKeyLengthMax
    }

    /// Notes that the token about to be made may be a key.
    mutating func saveSimpleKey() throws(YAMLError) {
        guard simpleKeyAllowed else { return }
        try removeSimpleKey()
        simpleKeys[simpleKeys.count - 1] = YAMLSimpleKey(
            isPossible: true, isRequired: flowLevel == 0 && indent == column, tokenNumber: nextTokenNumber,
            position: position, line: line, column: column)
    }

    /// Gives up the innermost candidate.
    mutating func removeSimpleKey() throws(YAMLError) {
        let last = simpleKeys.count - 1
        if simpleKeys[last].isPossible { _ = try giveUpSimpleKey(last) }
    }

    mutating func increaseFlowLevel(isMapping: Bool) throws(YAMLError) {
        simpleKeys.append(YAMLSimpleKey(tokenNumber: nextTokenNumber))
        flowIsMapping.append(isMapping)
        if flowLevel > depthMax { throw fail(.tooDeep, at: position) }
    }

    mutating func decreaseFlowLevel() {
        guard flowIsMapping.popLast() != nil else { return }
        simpleKeys.removeLast()
    }

    /// Opens a block collection if the column is further in than the current one.
    mutating func rollIndent(_ column: Int, _ kind: YAMLToken.Kind, at offset: Int, before number: Int?)
        throws(YAMLError)
    {
        guard flowLevel == 0, indent < column else { return }
        indents.append(indent)
        indent = column
        if indents.count > depthMax { throw fail(.tooDeep, at: position) }
        let token = YAMLToken(kind, offset, offset)
        if let number { insert(token, before: number) } else { tokens.append(token) }
    }

    /// Closes the block collections that are further in than the column.
    mutating func unrollIndent(_ column: Int) {
        guard flowLevel == 0 else { return }
        while indent > column, let outer = indents.popLast() {
            append(.blockEnd, position, position)
            indent = outer
        }
    }
}
