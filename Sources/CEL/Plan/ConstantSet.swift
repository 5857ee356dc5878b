/// A constant list as a set, for `in`: strings in order, and everything else by its word.
struct ConstantSet: Sendable {
    private var strings: [ByteView] = []
    private var words: Set<Word> = []

    private struct Word: Hashable {
        let kind: UInt8
        let word: UInt64
    }

    /// Nil where an element is of a type that no set is made of.
    init?(_ values: [Value]) {
        for value in values {
            switch value.kind {
            case .string: strings.append(value.bytes)
            case .bool, .int, .uint, .double: for twin in Self.twins(of: value) { words.insert(Self.word(twin)) }
            default: return nil
            }
        }
        strings.sort { $0.order($1) < 0 }
    }

    /// The same number in each type that holds it.
    private static func twins(of value: Value) -> [Value] {
        var twins = [value]
        switch value.kind {
        case .int:
            twins.append(Value(Double(value.intValue)))
            if value.intValue >= 0 { twins.append(Value(UInt64(value.intValue))) }
        case .uint:
            twins.append(Value(Double(value.uintValue)))
            if let int = Int64(exactly: value.uintValue) { twins.append(Value(int)) }
        case .double:
            if let int = Int64(exactly: value.doubleValue) { twins.append(Value(int)) }
            if let uint = UInt64(exactly: value.doubleValue) { twins.append(Value(uint)) }
        default: break
        }
        return twins
    }

    /// Both zeros are one.
    private static func word(_ value: Value) -> Word {
        Word(kind: value.kind.rawValue, word: value.kind == .double && value.doubleValue == 0 ? 0 : value.word)
    }

    func contains(_ value: Value) -> Bool {
        switch value.kind {
        case .string: return containsString(value.bytes)
        case .bool, .int, .uint: return words.contains(Self.word(value))
        case .double: return !value.doubleValue.isNaN && words.contains(Self.word(value))
        default: return false
        }
    }

    private func containsString(_ bytes: ByteView) -> Bool {
        var low = 0
        var high = strings.count
        while low < high {
            let middle = (low + high) / 2
            let order = strings[middle].order(bytes)
            if order == 0 { return true }
            if order < 0 { low = middle + 1 } else { high = middle }
        }
        return false
    }
}
