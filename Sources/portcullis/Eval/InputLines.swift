import Glibc

/// Standard input, line by line, as the lines come.
struct InputLines {
    /// A longer line is cut off, and so is refused by whoever reads it.
    private static let bytesMax = 64 << 20

    private var pending: [UInt8] = []
    private var start = 0
    private var hasEnded = false

    static var isTerminal: Bool { isatty(STDIN_FILENO) == 1 }

    /// The next line without its end; nil after the last.
    mutating func next() -> [UInt8]? {
        var searched = start
        while true {
            if let end = pending[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { start = end + 1 }
                return Array(pending[start..<end])
            }
            guard !hasEnded, pending.count - start < Self.bytesMax else { return rest() }
            pending.removeFirst(start)
            start = 0
            searched = pending.count
            fill()
        }
    }

    private mutating func rest() -> [UInt8]? {
        defer { (pending, start) = ([], 0) }
        return start < pending.count ? Array(pending[start...]) : nil
    }

    private mutating func fill() {
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        var count: Int
        repeat {
            count = unsafe chunk.withUnsafeMutableBytes { unsafe read(STDIN_FILENO, $0.baseAddress, $0.count) }
        } while count < 0 && errno == EINTR
        if count <= 0 { hasEnded = true } else { pending += chunk[..<count] }
    }
}
