/// The Castagnoli checksum (RFC 3720, appendix B.4), a byte at a time by a table.
struct CRC32C {
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
    }

    private var state: UInt32 = .max

    /// The checksum of what was added so far.
    var value: UInt32 { ~state }

    mutating func add(_ bytes: Span<UInt8>) {
        var state = state
        unsafe Self.table.withUnsafeBufferPointer { table in
            for index in bytes.indices {
                state = unsafe table[Int((state ^ UInt32(bytes[index])) & 0xFF)] ^ state >> 8
            }
        }
        self.state = state
    }
}
