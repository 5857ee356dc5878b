/// Writes JSON into a byte buffer that is kept from one text to the next.
///
/// Values may be written token by token (commas and colons come by themselves; the balance of containers is the
/// caller's) or as whole nodes. Strings are escaped as Go's encoder does with HTML escaping off.
@safe public struct JSONWriter: ~Copyable {
    private var base: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    /// How many bytes have been written.
    public private(set) var count = 0
    private var needsComma = false
    /// Open containers while nodes are written, and the sorted key places of those that want it.
    var walk = WriterWalk()

    /// An empty writer with room for that many bytes to begin with.
    public init(capacity: Int = 256) {
        self.capacity = max(capacity, 64)
        unsafe base = .allocate(capacity: self.capacity)
    }

    deinit { unsafe base.deallocate() }

    /// Forgets what was written and keeps the memory.
    public mutating func reset() {
        count = 0
        needsComma = false
    }

    /// The bytes written, for as long as the call lasts.
    @inline(__always) public borrowing func withBytes<R, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R
    {
        try body(unsafe Span(_unsafeStart: UnsafePointer(base), count: count))
    }

    /// A copy of the bytes written.
    public var bytes: [UInt8] { unsafe Array(UnsafeBufferPointer(start: base, count: count)) }

    /// What was written, as a string.
    public var text: String { withBytes { String(copying: $0) } }
}

extension JSONWriter {
    /// Opens an object.
    @inline(__always) public mutating func beginObject() { open(UInt8(ascii: "{")) }
    /// Closes an object.
    @inline(__always) public mutating func endObject() { close(UInt8(ascii: "}")) }
    /// Opens an array.
    @inline(__always) public mutating func beginArray() { open(UInt8(ascii: "[")) }
    /// Closes an array.
    @inline(__always) public mutating func endArray() { close(UInt8(ascii: "]")) }

    /// Starts a member; its value follows.
    @inline(__always) public mutating func key(_ key: Span<UInt8>) {
        string(key)
        put(UInt8(ascii: ":"))
        needsComma = false
    }

    /// Starts a member whose key needs no escapes; its value follows.
    @inline(__always) public mutating func key(_ key: StaticString) {
        separate()
        ensure(key.utf8CodeUnitCount + 3)
        store(UInt8(ascii: "\""))
        store(key.bytes)
        store(UInt8(ascii: "\""))
        store(UInt8(ascii: ":"))
        needsComma = false
    }

    /// Adds a string; bytes that are not UTF-8 become U+FFFD.
    @inline(__always) public mutating func string(_ value: Span<UInt8>) {
        separate()
        unsafe value.withUnsafeBufferPointer { buffer in
            let bytes = unsafe buffer.baseAddress.map { unsafe TextBytes(base: $0, count: buffer.count) } ?? .empty
            quote(bytes)
        }
    }

    /// Adds a string.
    public mutating func string(_ value: String) { string(value.utf8.span) }

    /// Adds a string.
    public mutating func string(_ value: StaticString) {
        separate()
        quote(value.bytes)
    }

    /// Adds `null`.
    public mutating func null() { literal("null") }
    /// Adds `true` or `false`.
    public mutating func bool(_ value: Bool) { literal(value ? "true" : "false") }

    /// Adds a whole number.
    public mutating func int(_ value: Int64) {
        separate()
        decimal(value.magnitude, isNegative: value < 0)
    }

    /// Adds a whole number.
    public mutating func uint(_ value: UInt64) {
        separate()
        decimal(value, isNegative: false)
    }

    /// Adds a number as Go's encoder prints it; `null` when it is not finite, which JSON cannot say.
    public mutating func double(_ value: Double) {
        guard value.isFinite else { return null() }
        separate()
        real(value)
    }

    /// Adds so many thousandths as a number, as `double` would write it: 1250 is `1.25`.
    public mutating func thousandths(_ value: Int64) {
        separate()
        decimal(thousandths: value.magnitude, isNegative: value < 0)
    }

    /// Adds bytes that are one value already, as they are.
    public mutating func verbatim(_ value: Span<UInt8>) {
        separate()
        unsafe value.withUnsafeBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return }
            unsafe put(TextBytes(base: start, count: buffer.count))
        }
    }

    private mutating func literal(_ value: StaticString) {
        separate()
        put(value.bytes)
    }

    @inline(__always) private mutating func open(_ bracket: UInt8) {
        separate()
        put(bracket)
        needsComma = false
    }

    @inline(__always) private mutating func close(_ bracket: UInt8) {
        put(bracket)
        needsComma = true
    }

    /// A comma where the value that follows is not the first of its container.
    @inline(__always) mutating func separate() {
        if needsComma { put(UInt8(ascii: ",")) }
        needsComma = true
    }
}

extension JSONWriter {
    /// Makes room for that many more bytes.
    @inline(__always) mutating func ensure(_ more: Int) {
        if capacity &- count < more { grow(more) }
    }

    @inline(never) private mutating func grow(_ more: Int) {
        let wanted = max(capacity * 2, count + more)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: wanted)
        unsafe larger.update(from: base, count: count)
        unsafe base.deallocate()
        unsafe base = larger
        capacity = wanted
    }

    /// Stores a byte that there is room for.
    @inline(__always) mutating func store(_ byte: UInt8) {
        assert(count < capacity)
        unsafe base[count] = byte
        count &+= 1
    }

    /// Stores the last so many digits of a number, for which there is room.
    @inline(__always) mutating func store(digits: Int, of value: UInt64) {
        assert(count + digits <= capacity)
        var rest = value
        for place in (count..<count &+ digits).reversed() {
            unsafe base[place] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        count &+= digits
    }

    /// Stores bytes that there is room for.
    @inline(__always) mutating func store(_ bytes: TextBytes) {
        assert(count + bytes.count <= capacity)
        unsafe (base + count).update(from: bytes.base, count: bytes.count)
        count &+= bytes.count
    }

    @inline(__always) mutating func put(_ byte: UInt8) {
        ensure(1)
        store(byte)
    }

    @inline(__always) mutating func put(_ bytes: TextBytes) {
        ensure(bytes.count)
        store(bytes)
    }
}
