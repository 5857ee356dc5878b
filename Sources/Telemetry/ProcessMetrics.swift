import Glibc

/// What the operating system says about this process, under the names that Prometheus' own clients use.
public enum ProcessMetrics {
    /// Adds the process's metrics to every scrape.
    public static func register(in registry: MetricRegistry) {
        registry.collect { writer in
            if let stat = ProcessStat.read() { write(stat, to: &writer) }
            if let count = openDescriptors() {
                writer.gauge("process_open_fds", "Number of open file descriptors.")
                writer.sample(Double(count))
            }
            if let limit = descriptorLimit() {
                writer.gauge("process_max_fds", "Maximum number of open file descriptors.")
                writer.sample(limit)
            }
        }
    }

    private static func write(_ stat: ProcessStat, to writer: inout SampleWriter) {
        writer.counter("process_cpu_seconds", "Total user and system CPU time spent in seconds.")
        writer.sample(stat.cpuSeconds)
        writer.gauge("process_resident_memory_bytes", "Resident memory size in bytes.")
        writer.sample(stat.residentBytes)
        writer.gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.")
        writer.sample(stat.virtualBytes)
        writer.gauge("process_threads", "Number of threads of the process.")
        writer.sample(stat.threads)
        if let boot = ProcessStat.bootSeconds() {
            writer.gauge("process_start_time_seconds", "Start time of the process since unix epoch in seconds.")
            writer.sample(boot + stat.startSeconds)
        }
    }

    /// How many descriptors are open, the one that counts them left out.
    private static func openDescriptors() -> Int? {
        guard let folder = unsafe opendir("/proc/self/fd") else { return nil }
        defer { unsafe closedir(folder) }
        var count = 0
        while let entry = unsafe readdir(folder) {
            if unsafe entry.pointee.d_name.0 != CChar(bitPattern: UInt8(ascii: ".")) { count += 1 }
        }
        return max(count - 1, 0)
    }

    private static func descriptorLimit() -> Double? {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        return limit.rlim_cur == rlim_t.max ? .infinity : Double(limit.rlim_cur)
    }
}

/// `/proc/PID/stat`, of which a few fields are of use (proc_pid_stat(5)).
public struct ProcessStat: Sendable {
    /// User and system time of all its threads.
    public let cpuSeconds: Double
    let residentBytes: Double
    let virtualBytes: Double
    let threads: Double
    /// After the machine was started.
    let startSeconds: Double

    /// What is known about a process, by default this one; nil when there is none.
    public static func read(process: Int? = nil) -> ProcessStat? {
        guard let text = file("/proc/\(process.map { String($0) } ?? "self")/stat") else { return nil }
        return ProcessStat(
            text, ticks: Double(max(sysconf(Int32(_SC_CLK_TCK)), 1)),
            pageBytes: Double(max(sysconf(Int32(_SC_PAGESIZE)), 1)))
    }

    /// The fields behind the name, which may itself hold spaces and parentheses.
    init?(_ text: String, ticks: Double, pageBytes: Double) {
        guard let name = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: name)...].split(separator: " ").map { Double($0) }
        // The first of them is the third of the line.
        func field(_ number: Int) -> Double? { fields.indices.contains(number - 3) ? fields[number - 3] : nil }
        guard let user = field(14), let system = field(15), let threads = field(20), let start = field(22),
            let virtual = field(23), let resident = field(24)
        else { return nil }
        cpuSeconds = (user + system) / ticks
        residentBytes = resident * pageBytes
        virtualBytes = virtual
        self.threads = threads
        startSeconds = start / ticks
    }

    /// When the machine was started, since 1970.
    static func bootSeconds() -> Double? {
        guard let text = file("/proc/stat") else { return nil }
        let line = text.split(separator: "\n").first { $0.hasPrefix("btime ") }
        return line.flatMap { Double($0.dropFirst(6)) }
    }

    /// The text of a file of the kernel's; these have no size to go by.
    private static func file(_ path: String) -> String? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        while bytes.count < 1 << 20 {
            var piece = [UInt8](repeating: 0, count: 1 << 14)
            let count = unsafe Glibc.read(descriptor, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            if count <= 0 { break }
            bytes += piece.prefix(count)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
