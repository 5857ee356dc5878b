/// Bytes that grow at the end and are dropped from the front, in memory that is kept from one use to the next.
@safe public struct ByteBuffer: ~Copyable, @unchecked Sendable {
    private var base: UnsafeMutablePointer<UInt8>?
    /// How many bytes the memory holds.
    public private(set) var capacity = 0
    /// How many bytes there are.
    public private(set) var count = 0

    /// An empty buffer; without a capacity it has no memory until something is added.
    public init(capacity: Int = 0) {
        unsafe base = nil
        if capacity > 0 { grow(to: capacity) }
    }

    deinit { unsafe base?.deallocate() }

    /// Whether there are no bytes.
    @inline(__always) public var isEmpty: Bool { count == 0 }

    /// The bytes, for as long as the call lasts.
    @inline(__always) public borrowing func withBytes<R, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R
    {
        try body(unsafe Span(_unsafeElements: UnsafeBufferPointer(start: base, count: count)))
    }

    /// The bytes, to be changed in place, for as long as the call lasts.
    @inline(__always) public mutating func withMutableBytes<R, E: Error>(
        _ body: (inout MutableSpan<UInt8>) throws(E) -> R
    ) throws(E) -> R {
        var span = unsafe MutableSpan(_unsafeElements: UnsafeMutableBufferPointer(start: base, count: count))
        return try body(&span)
    }

    /// A copy of the bytes.
    public var bytes: [UInt8] { unsafe Array(UnsafeBufferPointer(start: base, count: count)) }

    /// The bytes as a string; offending ones become U+FFFD.
    public var text: String { unsafe String(decoding: UnsafeBufferPointer(start: base, count: count), as: UTF8.self) }

    /// Forgets the bytes and keeps the memory.
    public mutating func removeAll() { count = 0 }

    /// Forgets the bytes and gives the memory back.
    public mutating func releaseMemory() {
        unsafe base?.deallocate()
        unsafe base = nil
        capacity = 0
        count = 0
    }

    /// Keeps the first `length` bytes.
    public mutating func truncate(to length: Int) { count = min(count, max(length, 0)) }

    /// Drops bytes at the front; what follows them moves there.
    public mutating func dropFirst(_ dropped: Int) {
        guard dropped > 0 else { return }
        let rest = count - min(dropped, count)
        if rest > 0, let base = unsafe base { unsafe base.update(from: base + (count - rest), count: rest) }
        count = rest
    }
}

extension ByteBuffer {
    /// Makes room for so many more bytes.
    @inline(__always) public mutating func reserve(_ more: Int) {
        if capacity &- count < more { grow(to: max(capacity &* 2, count &+ more)) }
    }

    @inline(never) private mutating func grow(to wanted: Int) {
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: wanted)
        if let base = unsafe base {
            unsafe larger.update(from: base, count: count)
            unsafe base.deallocate()
        }
        unsafe base = larger
        capacity = wanted
    }

    /// Adds one byte.
    @inline(__always) public mutating func append(_ byte: UInt8) {
        reserve(1)
        unsafe base![count] = byte
        count &+= 1
    }

    /// Adds bytes.
    @inline(__always) public mutating func append(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer { unsafe append(copying: $0) }
    }

    /// Adds bytes.
    @inline(__always) public mutating func append(_ bytes: [UInt8]) { append(bytes.span) }

    /// Adds a literal.
    @inline(__always) public mutating func append(_ text: StaticString) {
        unsafe append(copying: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Adds a string's UTF-8.
    public mutating func append(_ text: String) { append(text.utf8.span) }

    @inline(__always) private mutating func append(copying source: UnsafeBufferPointer<UInt8>) {
        guard let start = source.baseAddress, source.count > 0 else { return }
        reserve(source.count)
        unsafe (base! + count).update(from: start, count: source.count)
        count &+= source.count
    }

    /// Adds a number's decimal digits.
    public mutating func append(decimal value: Int) {
        reserve(20)
        if value < 0 { append(UInt8(ascii: "-")) }
        var rest = value.magnitude
        let end = count &+ Self.digitCount(rest)
        var position = end
        while position > count {
            position &-= 1
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            unsafe base![position] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: digit)
            rest = quotient
        }
        count = end
    }

    private static func digitCount(_ number: UInt) -> Int {
        var count = 1
        var rest = number
        while rest >= 10 {
            rest /= 10
            count &+= 1
        }
        return count
    }

    /// Makes room for at least `room` bytes behind the present ones and has `fill` write there; it returns how many it
    /// wrote, which are added.
    @unsafe @inline(__always) public mutating func append<E: Error>(
        room: Int, fill: (UnsafeMutableRawBufferPointer) throws(E) -> Int
    ) throws(E) -> Int {
        reserve(max(room, 1))
        let free = unsafe UnsafeMutableRawBufferPointer(start: base! + count, count: capacity &- count)
        let written = unsafe try fill(free)
        precondition(written >= 0 && written <= free.count)
        count &+= written
        return written
    }
}
