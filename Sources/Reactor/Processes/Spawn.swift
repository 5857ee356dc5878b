internal import CSystem
internal import Glibc

/// Starting a process without `fork`, which a threaded process must not do.
enum Spawn {
    /// Starts the command in its own process group, with default signals, nothing open but its three streams, and no
    /// environment but its own.
    static func start(
        _ command: ChildCommand, stdin: CInt, stdout: CInt, stderr: CInt
    ) throws(SystemError) -> pid_t {
        guard let program = command.arguments.first, !program.isEmpty else {
            throw SystemError("start a command without a name", code: EINVAL)
        }
        let words = command.arguments + command.environment
        guard !(words + [command.directory ?? ""]).contains(where: { $0.utf8.contains(0) }) else {
            throw SystemError("start \(program): a word holds a zero byte", code: EINVAL)
        }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, stdin, STDIN_FILENO)
        unsafe posix_spawn_file_actions_adddup2(&actions, stdout, STDOUT_FILENO)
        unsafe posix_spawn_file_actions_adddup2(&actions, stderr, STDERR_FILENO)
        unsafe posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1)
        if let directory = command.directory {
            unsafe posix_spawn_file_actions_addchdir_np(&actions, directory)
        }
        var attributes = posix_spawnattr_t()
        prepare(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var id: pid_t = 0
        let code = unsafe withStrings(command.arguments) { arguments in
            unsafe withStrings(command.environment) { environment in
                unsafe posix_spawnp(&id, program, &actions, &attributes, arguments, environment)
            }
        }
        guard code == 0 else { throw SystemError("start \(program)", code: code) }
        return id
    }

    private static func prepare(_ attributes: inout posix_spawnattr_t) {
        unsafe posix_spawnattr_init(&attributes)
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe posix_spawnattr_setsigmask(&attributes, &signals)
        unsafe sigfillset(&signals)
        unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
        unsafe posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        unsafe posix_spawnattr_setflags(&attributes, Int16(flags))
    }

    /// Lends `strings` as C wants them: pointers to zero-ended bytes, and a null pointer at the end.
    private static func withStrings(
        _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> CInt
    ) -> CInt {
        var pointers: [UnsafeMutablePointer<CChar>?] = unsafe strings.map { unsafe strdup($0) } + [nil]
        defer { unsafe pointers.forEach { unsafe free($0) } }
        return unsafe pointers.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return ENOMEM }
            return unsafe body(base)
        }
    }
}
