/// A reusable parser: its buffers are kept from one text to the next, so that parsing does not allocate once warm.
///
/// Each parse invalidates the nodes of the one before.
@safe public struct JSONTape: ~Copyable, @unchecked Sendable {
    private let storage: UnsafeMutablePointer<JSONStorage>
    private var ownText: UnsafeMutableBufferPointer<UInt8>
    private var parser = ParserScratch()

    /// A tape without memory yet.
    public init() {
        unsafe storage = .allocate(capacity: 1)
        let words = UnsafeMutablePointer<UInt64>.allocate(capacity: 16)
        unsafe ownText = .allocate(capacity: 16)
        unsafe storage.initialize(
            to: JSONStorage(
                text: TextBytes(base: UnsafePointer(ownText.baseAddress!), count: 0),
                words: TapeWords(base: words, capacity: 16)))
        unsafe words.initialize(to: 0)
    }

    deinit {
        unsafe storage.pointee.words.base.deallocate()
        unsafe storage.deallocate()
        unsafe ownText.deallocate()
    }

    /// The value parsed last; `null` before the first parse and after one that failed.
    public var root: JSONNode { unsafe JSONNode(storage: storage, index: 0) }

    /// Parses a text after copying it into memory of the tape's own.
    @discardableResult
    public mutating func parse(
        _ text: Span<UInt8>, options: JSONOptions = JSONOptions()
    ) throws(JSONError) -> JSONNode {
        guard text.count <= options.bytesMax else { throw forget(JSONError(.tooLong, at: options.bytesMax)) }
        if unsafe ownText.count < text.count {
            unsafe ownText.deallocate()
            unsafe ownText = .allocate(capacity: text.count + text.count / 2)
        }
        let own = unsafe ownText
        unsafe text.withUnsafeBufferPointer { source in
            if let base = source.baseAddress {
                unsafe own.baseAddress!.update(from: base, count: source.count)
            }
        }
        let copy = unsafe UnsafeBufferPointer(start: own.baseAddress, count: text.count)
        return unsafe try parse(inPlace: copy, options: options)
    }

    /// Parses a text where it lies; it must stay there, unchanged, for as long as the nodes are used.
    @unsafe @discardableResult
    public mutating func parse(
        inPlace text: UnsafeBufferPointer<UInt8>, options: JSONOptions = JSONOptions()
    ) throws(JSONError) -> JSONNode {
        guard let base = text.baseAddress, text.count > 0 else { throw forget(JSONError(.unexpectedEnd, at: 0)) }
        guard text.count <= min(options.bytesMax, JSONOptions.bytesLimit) else {
            throw forget(JSONError(.tooLong, at: options.bytesMax))
        }
        reserve(words: text.count + 8)
        unsafe storage.pointee.text = TextBytes(base: base, count: text.count)
        let error = unsafe parser.parse(storage.pointee.text, into: storage.pointee.words, options: options)
        if let error { throw forget(error) }
        return root
    }

    /// Leaves `null` as the root, so that a node taken after a failure reads nothing that is not there.
    private func forget(_ error: JSONError) -> JSONError {
        unsafe storage.pointee.words[0] = TapeWord.scalar(TapeTag.null, offset: 0, length: 0)
        return error
    }

    /// Makes room for the worst that a text of that length can need; pages that are never written cost nothing.
    private func reserve(words count: Int) {
        guard unsafe storage.pointee.words.capacity < count else { return }
        unsafe storage.pointee.words.base.deallocate()
        let capacity = count + count / 4
        unsafe storage.pointee.words = TapeWords(base: .allocate(capacity: capacity), capacity: capacity)
    }
}
