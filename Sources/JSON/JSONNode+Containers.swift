extension JSONNode {
    /// How many members or elements a container has; zero for everything else.
    @inline(__always) public var count: Int {
        let word = word
        return TapeWord.tag(word) >= TapeTag.array ? TapeWord.count(word) : 0
    }

    /// The elements of an array in order; nothing if this is no array.
    @inline(__always) public var elements: JSONElements { JSONElements(self) }

    /// The members of an object in source order; nothing if this is no object.
    @inline(__always) public var members: JSONMembers { JSONMembers(self) }

    /// The element at a position, found by stepping over those before it; nil past the end or if this is no array.
    public func element(_ position: Int) -> JSONNode? {
        guard isArray, position >= 0, position < count else { return nil }
        var place = place &+ 1
        for _ in 0..<position { place &+= TapeWord.step(words[place]) }
        return at(place)
    }

    /// The value of the member with this key; nil when there is none or this is no object.
    @inline(__always) public subscript(_ key: StaticString) -> JSONNode? { value(key.bytes) }

    /// The value of the member with this key; nil when there is none or this is no object.
    @inline(__always) public subscript(_ key: Span<UInt8>) -> JSONNode? {
        unsafe key.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return value(.empty) }
            return unsafe value(TextBytes(base: base, count: buffer.count))
        }
    }

    /// The value of the member with this key; nil when there is none or this is no object.
    public subscript(_ key: String) -> JSONNode? { self[key.utf8.span] }

    /// The value of the member whose key is this string, escaped or not.
    public func value(forKey key: JSONNode) -> JSONNode? {
        key.isVerbatim ? value(key.source) : key.withUTF8 { self[$0] }
    }

    @inline(__always) func value(_ key: TextBytes) -> JSONNode? {
        let word = word
        guard TapeWord.tag(word) == TapeTag.object else { return nil }
        let words = words
        let text = text
        let end = place &+ TapeWord.span(word)
        var place = place &+ 1
        while place < end {
            let keyWord = words[place]
            if TapeWord.isCoded(keyWord) {
                if at(place).equals(key) { return at(place &+ 1) }
            } else if TapeWord.length(keyWord) == key.count {
                if text.slice(TapeWord.offset(keyWord), key.count).hasSameBytes(as: key) { return at(place &+ 1) }
            }
            place &+= 1 &+ TapeWord.step(words[place &+ 1])
        }
        return nil
    }
}

/// The elements of an array: steps along the tape, without memory or reference counts.
public struct JSONElements: Sequence, IteratorProtocol, Sendable {
    private let array: JSONNode
    private var place: Int
    private let end: Int

    @inline(__always) init(_ array: JSONNode) {
        self.array = array
        place = array.place &+ 1
        end = array.isArray ? array.endPlace : place
    }

    /// How many there are.
    @inline(__always) public var count: Int { array.isArray ? array.count : 0 }
    /// A cheap lower bound for collections that reserve room.
    @inline(__always) public var underestimatedCount: Int { count }

    /// The next element, or nil at the end.
    @inline(__always) public mutating func next() -> JSONNode? {
        guard place < end else { return nil }
        let element = array.at(place)
        place &+= TapeWord.step(array.words[place])
        return element
    }
}

/// The members of an object: steps along the tape, without memory or reference counts.
public struct JSONMembers: Sequence, IteratorProtocol, Sendable {
    /// A member: its key, a string node, and its value.
    public typealias Element = (key: JSONNode, value: JSONNode)

    private let object: JSONNode
    private var place: Int
    private let end: Int

    @inline(__always) init(_ object: JSONNode) {
        self.object = object
        place = object.place &+ 1
        end = object.isObject ? object.endPlace : place
    }

    /// How many there are.
    @inline(__always) public var count: Int { object.isObject ? object.count : 0 }
    /// A cheap lower bound for collections that reserve room.
    @inline(__always) public var underestimatedCount: Int { count }

    /// The next member, or nil at the end.
    @inline(__always) public mutating func next() -> Element? {
        guard place < end else { return nil }
        let key = object.at(place)
        let value = object.at(place &+ 1)
        place = value.endPlace
        return (key, value)
    }
}
