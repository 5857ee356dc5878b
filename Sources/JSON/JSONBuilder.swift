/// Builds a document value by value, in order; mistakes in the order are kept and reported by `finish`.
///
/// Keys must be unique within their object: a second one is an error at the end of the object.
public struct JSONBuilder: ~Copyable {
    /// An open container: where its word is, and how many values (keys not counted) it has so far.
    private struct Frame {
        var opening: Int
        var count: Int
        var isObject: Bool
    }

    private var words: [UInt64] = []
    private var text: [UInt8] = []
    private var frames: [Frame] = []
    private var keys = KeyScratch()
    private var hasKey = false
    private var failure: JSONError?
    private let depthMax: Int

    /// An empty builder; as in the parser, at most `depthMax` containers may be open at once.
    public init(depthMax: Int = JSONOptions().depthMax) { self.depthMax = depthMax }

    /// Forgets everything and keeps the memory.
    public mutating func reset() {
        words.removeAll(keepingCapacity: true)
        text.removeAll(keepingCapacity: true)
        frames.removeAll(keepingCapacity: true)
        hasKey = false
        failure = nil
    }

    /// The tape index that the next value will have, for tables that are kept beside the document.
    public var position: Int { words.count }

    /// How many containers are open.
    public var depth: Int { frames.count }

    /// Whether no mistake has been recorded so far.
    public var isFine: Bool { failure == nil }

    /// Opens an object.
    public mutating func beginObject() { begin(isObject: true) }

    /// Closes the object that is open.
    public mutating func endObject() { end(isObject: true) }

    /// Opens an array.
    public mutating func beginArray() { begin(isObject: false) }

    /// Closes the array that is open.
    public mutating func endArray() { end(isObject: false) }

    /// Starts a member; its value follows.
    public mutating func key(_ key: Span<UInt8>) {
        guard let frame = frames.last, frame.isObject, !hasKey else { return fail(.unbalanced) }
        hasKey = true
        write(key)
    }

    /// Starts a member; its value follows.
    public mutating func key(_ key: String) { self.key(key.utf8.span) }

    /// Starts a member; its value follows.
    public mutating func key(_ key: StaticString) {
        key.bytes.withSpan { span in self.key(span) }
    }

    /// Adds a string, whose bytes must be UTF-8.
    public mutating func string(_ value: Span<UInt8>) {
        guard admit() else { return }
        write(value)
    }

    /// Adds a string.
    public mutating func string(_ value: String) { string(value.utf8.span) }

    /// Adds a string.
    public mutating func string(_ value: StaticString) {
        value.bytes.withSpan { span in self.string(span) }
    }

    /// Adds `null`.
    public mutating func null() { add(TapeTag.null) }

    /// Adds `true` or `false`.
    public mutating func bool(_ value: Bool) { add(value ? TapeTag.true : TapeTag.false) }

    /// Adds a whole number.
    public mutating func int(_ value: Int64) { add(TapeTag.int, UInt64(bitPattern: value)) }

    /// Adds a whole number; as in the parser it becomes an `int` when it fits.
    public mutating func uint(_ value: UInt64) {
        add(value > UInt64(Int64.max) ? TapeTag.uint : TapeTag.int, value)
    }

    /// Adds a number, which must be finite.
    public mutating func double(_ value: Double) {
        guard value.isFinite else { return fail(.numberOutOfRange) }
        add(TapeTag.double, value.bitPattern)
    }

    /// Adds a copy of a value of another document.
    public mutating func copy(_ node: JSONNode) {
        guard frames.count + node.depth(upTo: depthMax) <= depthMax else { return fail(.tooDeep) }
        guard admit() else { return }
        let source = node.text
        for step in TapeWalk(node) {
            guard step.isScalar else {
                words.append(step.word)
                continue
            }
            let length = TapeWord.length(step.word)
            guard hasRoom(for: length) else { return }
            words.append(TapeWord.moved(step.word, to: text.count))
            if let bits = step.bits { words.append(bits) }
            if length > 0 { source.slice(TapeWord.offset(step.word), length).append(to: &text) }
        }
    }

    /// The document, if the calls made exactly one value and kept the limits.
    public consuming func finish() throws(JSONError) -> JSONDocument { try makeDocument() }

    /// The document, as `finish`, leaving the builder empty with its memory kept.
    public mutating func finishAndReset() throws(JSONError) -> JSONDocument {
        defer { reset() }
        return try makeDocument()
    }

    private borrowing func makeDocument() throws(JSONError) -> JSONDocument {
        if let failure { throw failure }
        guard frames.isEmpty, let first = words.first, TapeWord.step(first) == words.count else {
            throw JSONError(.unbalanced, at: words.count)
        }
        return withTape { JSONDocument(words: $0, wordCount: words.count, text: $1) }
    }
}

extension JSONBuilder {
    private mutating func fail(_ reason: JSONError.Reason) {
        if failure == nil { failure = JSONError(reason, at: words.count) }
    }

    /// Makes room in the open container for one more value, or records why there is none.
    private mutating func admit() -> Bool {
        guard let last = frames.indices.last else {
            if words.isEmpty { return true }
            fail(.unbalanced)
            return false
        }
        guard frames[last].isObject == hasKey else {
            fail(.unbalanced)
            return false
        }
        hasKey = false
        frames[last].count += 1
        return true
    }

    private mutating func begin(isObject: Bool) {
        guard frames.count < depthMax else { return fail(.tooDeep) }
        guard admit() else { return }
        frames.append(Frame(opening: words.count, count: 0, isObject: isObject))
        words.append(0)
    }

    private mutating func end(isObject: Bool) {
        guard failure == nil else { return }
        guard let frame = frames.last, frame.isObject == isObject, !hasKey else { return fail(.unbalanced) }
        frames.removeLast()
        let span = words.count - frame.opening
        guard frame.count <= TapeWord.lengthMax, span <= TapeWord.spanMax else { return fail(.tooLong) }
        let tag = isObject ? TapeTag.object : TapeTag.array
        words[frame.opening] = TapeWord.container(tag, count: frame.count, span: span)
        if isObject, frame.count > 1, let place = duplicate(in: frame.opening) {
            failure = JSONError(.duplicateKey, at: place)
        }
    }

    /// The place of the first key of that object that has been used before.
    private mutating func duplicate(in opening: Int) -> Int? {
        var scratch = KeyScratch()
        swap(&scratch, &keys)
        defer { swap(&scratch, &keys) }
        return withTape { scratch.firstDuplicate(ofObjectAt: opening, words: $0, text: $1) }
    }

    private mutating func add(_ tag: UInt64, _ bits: UInt64? = nil) {
        guard admit() else { return }
        words.append(TapeWord.scalar(tag, offset: 0, length: 0))
        if let bits { words.append(bits) }
    }

    private mutating func write(_ bytes: Span<UInt8>) {
        guard hasRoom(for: bytes.count) else { return }
        words.append(TapeWord.scalar(TapeTag.string, offset: text.count, length: bytes.count))
        unsafe bytes.withUnsafeBufferPointer { unsafe text.append(contentsOf: $0) }
    }

    private mutating func hasRoom(for count: Int) -> Bool {
        if count <= JSONOptions.bytesLimit, text.count <= 1 << 31 - 1 - count { return true }
        fail(.tooLong)
        return false
    }

    private borrowing func withTape<R>(_ body: (TapeWords, TextBytes) -> R) -> R {
        unsafe words.withUnsafeBufferPointer { words in
            unsafe text.withUnsafeBufferPointer { text in
                // Empty arrays have no memory to point at; nothing is read through the stand-in.
                let base = unsafe words.baseAddress ?? UnsafePointer(bitPattern: 8)!
                let bytes = unsafe text.baseAddress ?? UnsafePointer(bitPattern: 8)!
                return unsafe body(
                    TapeWords(base: UnsafeMutablePointer(mutating: base), capacity: words.count),
                    TextBytes(base: bytes, count: text.count))
            }
        }
    }
}
