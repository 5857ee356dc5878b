/// Memory that one evaluation uses and gives back all at once.
///
/// Blocks are kept from one evaluation to the next, so that a warm arena asks the allocator for nothing.
@safe struct Arena: ~Copyable {
    private var blocks: [UnsafeMutableRawBufferPointer] = unsafe []
    /// Where the next bytes are, in the block in use.
    private var next: UnsafeMutableRawPointer
    private var remaining: Int
    private var current = 0
    /// What blocks before the one in use hold, for the bound.
    private var used = 0
    let bytesMax: Int

    /// What was handed out, and what was left over at the ends of blocks.
    var bytesInUse: Int { unsafe used + blocks[current].count - remaining }

    private static let firstBlockBytes = 16 * 1024

    init(bytesMax: Int) {
        self.bytesMax = bytesMax
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.firstBlockBytes, alignment: 16)
        unsafe blocks.append(block)
        unsafe next = block.baseAddress.unsafelyUnwrapped
        remaining = block.count
    }

    deinit {
        let count = unsafe blocks.count
        for index in 0..<count { unsafe blocks[index].deallocate() }
    }

    /// Gives everything back; what was made is gone.
    mutating func reset() {
        current = 0
        used = 0
        unsafe next = blocks[0].baseAddress.unsafelyUnwrapped
        remaining = unsafe blocks[0].count
    }

    /// Room for `count` bytes, aligned for any value; nil where that would pass the bound.
    @inline(__always)
    mutating func allocate(_ count: Int) -> UnsafeMutableRawPointer? {
        let rounded = (count &+ 15) & ~15
        guard count >= 0, rounded <= remaining else { return unsafe allocateFromNextBlock(rounded) }
        let memory = unsafe next
        unsafe next = next + rounded
        remaining &-= rounded
        return unsafe memory
    }

    @inline(never)
    private mutating func allocateFromNextBlock(_ count: Int) -> UnsafeMutableRawPointer? {
        guard count >= 0, count <= bytesMax - used else { return nil }
        used += unsafe blocks[current].count
        while true {
            current += 1
            if unsafe current == blocks.count {
                let size = unsafe max(count, min(blocks[current - 1].count * 2, bytesMax))
                guard size <= max(count, bytesMax - used) else { return unsafe giveUp() }
                unsafe blocks.append(.allocate(byteCount: size, alignment: 16))
            }
            let block = unsafe blocks[current]
            if block.count >= count {
                unsafe next = block.baseAddress.unsafelyUnwrapped + count
                remaining = block.count - count
                return block.baseAddress
            }
            used += block.count
        }
    }

    private mutating func giveUp() -> UnsafeMutableRawPointer? {
        current -= 1
        remaining = 0
        return nil
    }
}
