import CSystem
import Glibc
import Reactor

/// How many processors this process may use.
enum Processors {
    /// Those that its affinity allows, and no more than its control group pays for.
    static var usable: Int {
        let allowed = Int(system_processor_count())
        return max(1, min(allowed, paid ?? allowed))
    }

    /// What `cpu.max` of control groups allows, rounded up; nil where nothing is said.
    private static var paid: Int? {
        guard let bytes = try? WholeFile.read("/sys/fs/cgroup/cpu.max", bytesMax: 256) else { return nil }
        let words = String(decoding: bytes, as: UTF8.self).split { $0 == " " || $0 == "\n" }
        guard words.count == 2, let quota = Int(words[0]), let period = Int(words[1]), period > 0, quota > 0 else {
            return nil
        }
        return (quota + period - 1) / period
    }
}

/// How many descriptors this process may have.
enum OpenFiles {
    /// Takes all that it is allowed to take.
    static func raiseLimit() {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(7), &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
        limit.rlim_cur = limit.rlim_max
        _ = unsafe setrlimit(__rlimit_resource_t(7), &limit)
    }
}
