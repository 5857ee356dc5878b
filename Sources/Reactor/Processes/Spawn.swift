internal import CSystem
internal import Glibc

/// Starting a process without `fork`, which a threaded process must not do.
enum Spawn {
    /// A process that was started, and the kernel's descriptor for it.
    struct Started: ~Copyable {
        let id: pid_t
        var pidfd: FileDescriptor
    }

    /// Starts the command in its own process group, with default signals, nothing open but its three streams, and no
    /// environment but its own; its limits hold from its first instruction on.
    static func start(
        _ command: ChildCommand, stdin: CInt, stdout: CInt, stderr: CInt
    ) throws(SystemError) -> Started {
        guard let program = command.arguments.first, !program.isEmpty else {
            throw SystemError("start a command without a name", code: EINVAL)
        }
        let words = command.arguments + command.environment
        guard !(words + [command.directory ?? ""]).contains(where: { $0.utf8.contains(0) }) else {
            throw SystemError("start \(program): a word holds a zero byte", code: EINVAL)
        }
        var start = unsafe system_start()
        unsafe start.streams = (stdin, stdout, stderr)
        unsafe start.niceness = command.isLast ? ChildProcess.farthestBack : CInt(clamping: command.niceness)
        unsafe start.is_last = command.isLast ? 1 : 0
        unsafe start.ends_with_thread = command.endsWithThread ? 1 : 0
        unsafe start.turn = command.hasShortTurns ? ThreadRank.shortTurn : 0
        let limits = command.limits?.table ?? []
        unsafe start.limit_count = CInt(limits.count)
        unsafe withUnsafeMutableBytes(of: &start.limits) { place in
            unsafe limits.withUnsafeBytes { unsafe place.copyMemory(from: $0) }
        }
        var pidfd: CInt = -1
        let id = unsafe withStrings(candidates(program)) { programs in
            unsafe withStrings(command.arguments) { arguments in
                unsafe withStrings(command.environment) { environment in
                    unsafe withString(command.directory) { directory in
                        unsafe start.programs = UnsafePointer(programs)
                        unsafe start.arguments = UnsafePointer(arguments)
                        unsafe start.environment = UnsafePointer(environment)
                        unsafe start.directory = directory
                        return unsafe system_start(&start, &pidfd)
                    }
                }
            }
        }
        guard id > 0 else { throw unsafe SystemError("start \(program)", code: start.error) }
        return Started(id: id, pidfd: FileDescriptor(adopting: pidfd))
    }

    /// Where a program may be: a name without a slash is looked for where this process's `PATH` says.
    private static func candidates(_ program: String) -> [String] {
        guard !program.utf8.contains(UInt8(ascii: "/")) else { return [program] }
        let path = unsafe getenv("PATH").map { unsafe String(cString: $0) } ?? "/usr/bin:/bin"
        return path.split(separator: ":", omittingEmptySubsequences: false).map { folder in
            folder.isEmpty ? "./\(program)" : "\(folder)/\(program)"
        }
    }

    private typealias Words = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

    /// Lends `strings` as C wants them: pointers to zero-ended bytes, and a null pointer at the end.
    private static func withStrings(_ strings: [String], _ body: (Words) -> pid_t) -> pid_t {
        var pointers: [UnsafeMutablePointer<CChar>?] = unsafe strings.map { unsafe strdup($0) } + [nil]
        defer { unsafe pointers.forEach { unsafe free($0) } }
        return unsafe pointers.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return -1 }
            return unsafe body(base)
        }
    }

    private static func withString(_ string: String?, _ body: (UnsafePointer<CChar>?) -> pid_t) -> pid_t {
        guard let string else { return body(nil) }
        return unsafe string.withCString { unsafe body($0) }
    }
}
