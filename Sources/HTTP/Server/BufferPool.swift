/// Buffers that connections have given back, kept for the next that needs one.
struct BufferPool: ~Copyable {
    /// What has no more room than this is small.
    static let smallBytes = 256 << 10
    private static let smallMax = 16
    /// Memory of this size would go back to the kernel and come again, zeroed page by page, with every large request.
    private static let largeBytesMax = 32 << 20

    private var small = BufferStack()
    private var large = BufferStack()

    /// A buffer; it may have no memory yet.
    mutating func take(for bytes: Int) -> ByteBuffer { bytes > Self.smallBytes ? large.pop() : small.pop() }

    /// Keeps the memory, unless there is enough.
    mutating func give(_ buffer: consuming ByteBuffer) {
        guard buffer.capacity > 0 else { return }
        if buffer.capacity > Self.smallBytes {
            if large.bytes + buffer.capacity <= Self.largeBytesMax { large.push(buffer) }
        } else if small.count < Self.smallMax {
            small.push(buffer)
        }
    }

    /// Gives back the memory of what is not small.
    mutating func releaseLarge() { large = BufferStack() }
}

/// Empty buffers with memory; what was put there last is the warmest.
private struct BufferStack: ~Copyable {
    /// A box, because arrays hold only what can be copied. Boxes are kept, so that a buffer costs one only once.
    private final class Box {
        var buffer = ByteBuffer()
    }

    private var boxes: [Box] = []
    private(set) var count = 0
    private(set) var bytes = 0

    mutating func push(_ buffer: consuming ByteBuffer) {
        var given = consume buffer
        given.removeAll()
        bytes += given.capacity
        if count == boxes.count { boxes.append(Box()) }
        swap(&boxes[count].buffer, &given)
        count += 1
    }

    mutating func pop() -> ByteBuffer {
        var taken = ByteBuffer()
        guard count > 0 else { return taken }
        count -= 1
        swap(&taken, &boxes[count].buffer)
        bytes -= taken.capacity
        return taken
    }
}
