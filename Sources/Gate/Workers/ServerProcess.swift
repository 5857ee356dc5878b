public import Admission
import Glibc
public import Reactor

/// What this process is to a server: all of it, or, where there are to be several workers, the supervisor or one of them.
public enum ServerProcess {
    /// Serves until it is told to end. `read` gives the configuration, and gives it again at every reload.
    ///
    /// A worker is this same program, started with the same arguments. So whatever a program does before it calls this is done
    /// by each of them.
    public static func run(
        registry: BuiltinRegistry = BuiltinRegistry(), clock: any Clock,
        read: @escaping () throws(GateError) -> ServerConfiguration
    ) throws(GateError) {
        let order = try order()
        let readOwn: Gate.Reread = { () throws(GateError) in
            var configuration = try read()
            order?.apply(to: &configuration)
            return configuration
        }
        let configuration = try readOwn()
        if order == nil, configuration.workers > 1 {
            // The kernel's name for this very program, whatever has been put in its place on the disk since.
            let program = ["/proc/self/exe"] + CommandLine.arguments.dropFirst()
            return try Supervisor(configuration, program: program, clock: clock).run()
        }
        let gate = try Gate(configuration, registry: registry, clock: clock, reread: readOwn)
        if order != nil { gate.whenServing = { report(WorkerReport(admin: $0)) } }
        try gate.run()
    }

    /// Which worker a process is stands in its environment: its arguments are its program's own.
    static let variable = "PORTCULLIS_WORKER"
    private static let orderBytesMax = 1 << 20

    /// What the supervisor wants of this process, if it has one.
    private static func order() throws(GateError) -> WorkerOrder? {
        guard let word = unsafe getenv(variable) else { return nil }
        let number = unsafe Int(String(cString: word))
        let bytes = try? WholeFile.read("/proc/self/fd/0", bytesMax: orderBytesMax)
        guard let order = WorkerOrder(parsing: bytes ?? []), order.number == number else {
            throw GateError("\(variable) is set, which is for the processes that a supervisor starts")
        }
        guard ParentProcess.follow(order.parent) else { throw GateError("the supervisor has ended") }
        return order
    }

    /// It is shorter than what a pipe takes at once.
    private static func report(_ report: WorkerReport) {
        let bytes = Array(report.text.utf8)
        _ = unsafe bytes.withUnsafeBytes { unsafe write(STDOUT_FILENO, $0.baseAddress, $0.count) }
    }
}
