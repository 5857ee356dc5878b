/// An immutable document that owns its text and tape: for configuration and for data that threads share.
///
/// Keep the document in a variable for as long as its nodes are used: they do not retain it.
@safe public final class JSONDocument: @unchecked Sendable {
    /// One block: the header, the words, the text.
    private let block: UnsafeMutableRawPointer
    let storage: UnsafePointer<JSONStorage>

    /// The document's one value.
    @inline(__always) public var root: JSONNode { unsafe JSONNode(storage: storage, index: 0) }

    /// How many words the tape has: an upper bound for every node's `index`.
    public let tapeCount: Int

    /// How many bytes of memory the document takes.
    public let byteCount: Int

    /// Parses a text, which is copied.
    public convenience init(parsing text: Span<UInt8>, options: JSONOptions = JSONOptions()) throws(JSONError) {
        var tape = JSONTape()
        try tape.parse(text, options: options)
        self.init(tape)
    }

    /// Parses a text, which is copied.
    public convenience init(parsing text: [UInt8], options: JSONOptions = JSONOptions()) throws(JSONError) {
        try self.init(parsing: text.span, options: options)
    }

    /// Parses a text, which is copied.
    public convenience init(parsing text: String, options: JSONOptions = JSONOptions()) throws(JSONError) {
        try self.init(parsing: Array(text.utf8), options: options)
    }

    /// Copies what a tape holds, so that it outlives the tape's next text.
    public convenience init(_ tape: borrowing JSONTape) {
        let root = tape.root
        self.init(words: root.words, wordCount: root.endPlace, text: root.text)
    }

    /// Copies a finished tape and its text.
    init(words: TapeWords, wordCount: Int, text: TextBytes) {
        let header = MemoryLayout<JSONStorage>.stride
        let wordBytes = wordCount * MemoryLayout<UInt64>.stride
        unsafe block = .allocate(byteCount: header + wordBytes + text.count, alignment: 16)
        let ownWords = unsafe (block + header).bindMemory(to: UInt64.self, capacity: wordCount)
        unsafe ownWords.update(from: words.base, count: wordCount)
        let ownText = unsafe (block + header + wordBytes).bindMemory(to: UInt8.self, capacity: text.count)
        unsafe ownText.update(from: text.base, count: text.count)
        let own = unsafe block.bindMemory(to: JSONStorage.self, capacity: 1)
        unsafe own.initialize(
            to: JSONStorage(
                text: TextBytes(base: ownText, count: text.count),
                words: TapeWords(base: ownWords, capacity: wordCount)))
        unsafe storage = UnsafePointer(own)
        tapeCount = wordCount
        byteCount = header + wordBytes + text.count
    }

    deinit { unsafe block.deallocate() }

    /// Gives the root to `body` and keeps the document alive until it returns.
    @inline(__always) public func withRoot<R, E: Error>(_ body: (JSONNode) throws(E) -> R) throws(E) -> R {
        defer { withExtendedLifetime(self) {} }
        return try body(root)
    }
}
