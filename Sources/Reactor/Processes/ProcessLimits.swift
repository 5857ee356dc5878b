internal import CSystem

/// What the kernel lets a process use.
public struct ProcessLimits: Hashable, Sendable {
    /// Memory of its own that it can write to: the heap and what it maps, not what it merely reserves.
    public var memoryBytesMax = 512 << 20
    /// The longest file that it can write.
    public var fileBytesMax = 64 << 20
    /// Files, pipes and sockets open at the same time.
    public var openFilesMax = 256

    /// The usual limits.
    public init() {}

    /// Sets the limits of a process that was just started; those it starts have them too. It leaves no core dumps either.
    ///
    /// The process runs already. What it does before its first own instruction (its libraries are being loaded) takes far
    /// longer than this call, but a limit is no wall: whoever must have one puts the server into a container.
    public func apply(to process: Int32) throws(SystemError) {
        let table: [(resource: CInt, most: Int)] = [
            (CInt(RLIMIT_DATA.rawValue), memoryBytesMax), (CInt(RLIMIT_FSIZE.rawValue), fileBytesMax),
            (CInt(RLIMIT_NOFILE.rawValue), openFilesMax), (CInt(RLIMIT_CORE.rawValue), 0),
        ]
        for (resource, most) in table {
            guard system_limit(process, resource, UInt64(clamping: most)) == 0 else { throw SystemError("prlimit") }
        }
    }
}
