internal import CSystem

/// What the kernel lets a process use, and each of those that it starts.
public struct ProcessLimits: Hashable, Sendable {
    /// Memory of its own that it can write to: the heap and what it maps, not what it merely reserves.
    public var memoryBytesMax = 512 << 20
    /// The longest file that it can write.
    public var fileBytesMax = 64 << 20
    /// Files, pipes and sockets open at the same time.
    public var openFilesMax = 256

    /// The usual limits.
    public init() {}

    /// As the kernel takes them. There are no core dumps either.
    var table: [system_start_limit] {
        let table: [(resource: CInt, most: Int)] = [
            (CInt(RLIMIT_DATA.rawValue), memoryBytesMax), (CInt(RLIMIT_FSIZE.rawValue), fileBytesMax),
            (CInt(RLIMIT_NOFILE.rawValue), openFilesMax), (CInt(RLIMIT_CORE.rawValue), 0),
        ]
        return table.map { system_start_limit(resource: $0.resource, most: UInt64(clamping: $0.most)) }
    }
}
