extension JSONNode {
    /// Whether the string's value is exactly the bytes between its quotes, so that `rawBytes` is the value.
    @inline(__always) public var isVerbatim: Bool { !TapeWord.isCoded(word) }

    /// The bytes between a string's quotes, or of a number's source text: empty for everything else.
    ///
    /// They are the string's value only if `isVerbatim`; the pointer is valid as long as the node is.
    @unsafe @inline(__always) public var rawBytes: UnsafeBufferPointer<UInt8> {
        let word = word
        guard TapeWord.tag(word) <= TapeTag.string else { return unsafe UnsafeBufferPointer(start: nil, count: 0) }
        let bytes = source
        return unsafe UnsafeBufferPointer(start: bytes.base, count: bytes.count)
    }

    /// Gives the string's value as UTF-8 to `body`; without a copy when it is verbatim, empty if this is no string.
    @inline(__always) public func withUTF8<R, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
        let word = word
        guard TapeWord.tag(word) == TapeTag.string else { return try body([UInt8]().span) }
        if !TapeWord.isCoded(word) { return try source.withSpan(body) }
        return try body(decoded().span)
    }

    /// The string's value, if this is one.
    public var string: String? {
        guard isString else { return nil }
        return withUTF8 { String(copying: $0) }
    }

    /// How many bytes the string's value has as UTF-8; zero if this is no string.
    @inline(__always) public var utf8Count: Int {
        let word = word
        guard TapeWord.tag(word) == TapeTag.string else { return 0 }
        return TapeWord.isCoded(word) ? decodedCount { $0 } : TapeWord.length(word)
    }

    /// How many code points the string has; zero if this is no string.
    public var scalarCount: Int {
        guard isString else { return 0 }
        guard isVerbatim else { return decodedCount { _ in 1 } }
        let bytes = source
        var count = 0
        for index in 0..<bytes.count where bytes[index] & 0xC0 != 0x80 { count += 1 }
        return count
    }

    /// Appends the string's value to `buffer` as UTF-8; nothing if this is no string.
    public func appendUTF8(to buffer: inout [UInt8]) {
        guard isString else { return }
        let bytes = source
        guard !isVerbatim else { return bytes.append(to: &buffer) }
        var pieces = StringPieces(bytes)
        while let piece = pieces.next() {
            switch piece {
            case .run(let start, let count): bytes.slice(start, count).append(to: &buffer)
            case .scalar(let scalar):
                var (encoded, count) = UTF8Scan.encode(scalar)
                while count > 0 {
                    buffer.append(UInt8(truncatingIfNeeded: encoded))
                    encoded >>= 8
                    count -= 1
                }
            }
        }
    }

    /// Writes the string's value into memory of at least `utf8Count` bytes and returns how many were written.
    ///
    /// The text between the quotes is never shorter than the value, so that many bytes always suffice.
    /// Where the decoding is long, `shouldStop` is asked every few thousand pieces.
    @unsafe public func copyUTF8(
        into memory: UnsafeMutableRawBufferPointer, shouldStop: () -> Bool = { false }
    ) -> Int {
        guard isString else { return 0 }
        let bytes = source
        var written = 0
        func put(_ run: TextBytes) {
            let count = min(run.count, memory.count - written)
            unsafe UnsafeMutableRawBufferPointer(rebasing: memory[written..<written + count])
                .copyMemory(from: UnsafeRawBufferPointer(start: run.base, count: count))
            written += count
        }
        guard !isVerbatim else {
            put(bytes)
            return written
        }
        var pieces = StringPieces(bytes)
        var steps = 0
        while let piece = pieces.next() {
            steps += 1
            if steps & 0xFFF == 0, shouldStop() { break }
            switch piece {
            case .run(let start, let count): put(bytes.slice(start, count))
            case .scalar(let scalar):
                var (encoded, count) = UTF8Scan.encode(scalar)
                while count > 0, written < memory.count {
                    unsafe memory[written] = UInt8(truncatingIfNeeded: encoded)
                    encoded >>= 8
                    count -= 1
                    written += 1
                }
            }
        }
        return written
    }

    /// Whether this is a string whose value is exactly these bytes; escapes are followed without making a copy.
    @inline(__always) public func equals(_ bytes: Span<UInt8>) -> Bool {
        unsafe bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return isString && utf8Count == 0 }
            return unsafe equals(TextBytes(base: base, count: buffer.count))
        }
    }

    /// Whether this is a string with exactly this value.
    @inline(__always) public func equals(_ value: StaticString) -> Bool { equals(value.bytes) }

    @inline(__always) func equals(_ bytes: TextBytes) -> Bool {
        let word = word
        guard TapeWord.tag(word) == TapeTag.string else { return false }
        if !TapeWord.isCoded(word) { return source == bytes }
        return DecodedBytes(source).matches(bytes)
    }

    /// Whether both are strings with the same value, however each is spelt.
    public func hasSameString(as other: JSONNode) -> Bool {
        guard isString, other.isString else { return false }
        return other.isVerbatim ? equals(other.source) : other.withUTF8 { equals($0) }
    }

    private func decoded() -> [UInt8] {
        var buffer: [UInt8] = []
        buffer.reserveCapacity(source.count)
        appendUTF8(to: &buffer)
        return buffer
    }

    /// The sum over the decoded value: `weigh` says what a scalar of that many bytes counts.
    private func decodedCount(_ weigh: (Int) -> Int) -> Int {
        let bytes = source
        var pieces = StringPieces(bytes)
        var total = 0
        while let piece = pieces.next() {
            switch piece {
            case .scalar(let scalar): total += weigh(UTF8Scan.encode(scalar).count)
            case .run(let start, let count):
                for index in start..<start + count where bytes[index] & 0xC0 != 0x80 {
                    total += weigh(UTF8Scan.length(bytes, at: index))
                }
            }
        }
        return total
    }
}

extension TextBytes {
    /// No bytes, somewhere.
    static var empty: TextBytes { ("" as StaticString).bytes }

    func append(to buffer: inout [UInt8]) {
        unsafe buffer.append(contentsOf: UnsafeBufferPointer(start: base, count: count))
    }
}

extension StaticString {
    /// The UTF-8 of a literal; a literal of one scalar has no bytes to point at and is not used here.
    @inline(__always) var bytes: TextBytes { unsafe TextBytes(base: utf8Start, count: utf8CodeUnitCount) }
}

/// A coded string's value, byte by byte, without memory of its own.
struct DecodedBytes {
    private let text: TextBytes
    private var pieces: StringPieces
    private var run = 0..<0
    private var pending: UInt32 = 0
    private var pendingCount = 0

    init(_ text: TextBytes) {
        self.text = text
        pieces = StringPieces(text)
    }

    mutating func next() -> UInt8? {
        while true {
            if pendingCount > 0 {
                defer { pending >>= 8 }
                pendingCount -= 1
                return UInt8(truncatingIfNeeded: pending)
            }
            if !run.isEmpty {
                defer { run = run.lowerBound + 1..<run.upperBound }
                return text[run.lowerBound]
            }
            switch pieces.next() {
            case .run(let start, let count): run = start..<start + count
            case .scalar(let scalar): (pending, pendingCount) = UTF8Scan.encode(scalar)
            case nil: return nil
            }
        }
    }

    /// Whether what is left is exactly `bytes`.
    func matches(_ bytes: TextBytes) -> Bool {
        var rest = self
        for index in 0..<bytes.count where rest.next() != bytes[index] { return false }
        return rest.next() == nil
    }
}
