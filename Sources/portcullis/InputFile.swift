import Glibc

/// A file that a command was given, read whole.
struct InputFile {
    /// The name as messages show it.
    let name: String
    let bytes: [UInt8]

    /// No command has use for more than this.
    private static let bytesMax = 256 << 20

    /// Reads a file, or standard input for `-`; nil after saying why not.
    init?(_ path: String) {
        name = path == "-" ? "stdin" : path
        let descriptor = path == "-" ? STDIN_FILENO : unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            Self.report(name)
            return nil
        }
        defer { if path != "-" { close(descriptor) } }
        guard let bytes = Self.read(descriptor, name) else { return nil }
        self.bytes = bytes
    }

    private static func read(_ descriptor: CInt, _ name: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe chunk.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else {
                report(name)
                return nil
            }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= bytesMax else {
                Console.error("portcullis: \(name): longer than \(bytesMax >> 20) MiB\n")
                return nil
            }
        }
    }

    private static func report(_ name: String) {
        Console.error("portcullis: cannot read \(name): \(unsafe String(cString: strerror(errno)))\n")
    }
}
