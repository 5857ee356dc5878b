import Glibc

/// Standard output and standard error, without buffering of our own.
enum Console {
    static func print(_ text: String) { write(Array(text.utf8), to: STDOUT_FILENO) }

    static func print(_ bytes: [UInt8]) { write(bytes, to: STDOUT_FILENO) }

    static func error(_ text: String) { write(Array(text.utf8), to: STDERR_FILENO) }

    /// Says where something is wrong, as compilers do, so that editors find the place.
    static func error(_ file: String, _ line: Int, _ column: Int, _ message: String) {
        error("\(file):\(line):\(column): error: \(message)\n")
    }

    /// A reader that went away ends the program by SIGPIPE, as it ends other tools; other failures have nobody to be
    /// told to.
    private static func write(_ bytes: [UInt8], to descriptor: CInt) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else { return }
            rest = rest.dropFirst(written)
        }
    }
}
