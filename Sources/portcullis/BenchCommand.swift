import Glibc
import HTTP
import JSON
import Load
import Reactor
import TLS

/// `portcullis bench`: load-tests an admission webhook.
enum BenchCommand: Command {
    static let name = "bench"
    static let summary = "load-test an admission webhook, this one or any other"
    static let help = """
        usage: portcullis bench URL --reviews PATH… [OPTION…]

        Posts AdmissionReviews to a webhook and prints how long the answers took. Each answer is checked: status 200, the
        uid of its review, a verdict.

          --reviews PATH       a file with one AdmissionReview as JSON, or a folder of them; may be repeated
          --rate N             so many requests a second, whatever the server does: the time of a request is counted from
                               when it was due, so that a stall is seen in full. Without it every connection sends its
                               next request as soon as it has its answer
          --random SEED        with --rate: at random moments, as many independent callers make them, not evenly
          --spin               take a whole processor and never sleep: the time to wake the load test up is in no figure then,
                               and how long it did not run at most is told
          --connections N      requests on their way at once (default 8)
          --new-connections    a new connection for every request
          --duration TIME      how long (default 10s)
          --warm-up TIME       of which so much is not counted (default 1s)
          --requests N         no more requests than this
          --timeout TIME       a request that takes longer has failed (default 10s)
          --ca FILE            certificates (PEM) to trust instead of the system's
          --certificate FILE --key FILE   a client certificate and its key (PEM)
          --pid PID            also tell the CPU time of this process for each request
          -o, --output text|json

        Exit status: 0 every request got a verdict, 1 some did not, 2 wrong use or cannot run.

        """

    static func run(_ words: [String]) throws(UsageError) -> ExitStatus {
        let arguments = try Arguments(
            words, flags: ["--new-connections", "--spin"],
            values: [
                "--reviews", "--rate", "--random", "--connections", "--duration", "--warm-up", "--requests",
                "--timeout",
                "--ca", "--certificate", "--key", "--pid", "--output",
            ], short: ["-o": "--output"])
        let isJSON = try arguments.choice("--output", [("text", false), ("json", true)]) ?? false
        let options = try BenchOptions(arguments)
        SignalWatch.ignoreBrokenPipes()
        guard let requests = BenchReviews.requests(arguments.all("--reviews"), to: options.url),
            let report = BenchRun.report(options, requests)
        else { return .cannotRun }
        if isJSON {
            var writer = JSONWriter()
            report.write(to: &writer)
            Console.print(writer.text + "\n")
        } else {
            Console.print(report.text)
        }
        return report.requestCount > 0 && report.failureCount == 0 ? .fine : .bad
    }
}

/// What the command line says about a load test.
struct BenchOptions {
    let url: HTTPURL
    var plan = LoadPlan()
    let connectsAnew: Bool
    let authorities: String?
    let pair: (certificate: String, key: String)?
    let process: Int?

    init(_ arguments: Arguments) throws(UsageError) {
        guard let target = arguments.operands.first, arguments.operands.count == 1 else {
            throw UsageError(message: "give one URL")
        }
        do throws(HTTPURL.Problem) { url = try HTTPURL(target) } catch {
            throw UsageError(message: "'\(target)': \(error.sentence)")
        }
        guard !arguments.all("--reviews").isEmpty else { throw UsageError(message: "--reviews is needed") }
        connectsAnew = arguments.has("--new-connections")
        authorities = arguments.value("--ca")
        let key = arguments.value("--key")
        guard (key == nil) == (arguments.value("--certificate") == nil) else {
            throw UsageError(message: "--certificate and --key go together")
        }
        pair = arguments.value("--certificate").flatMap { certificate in key.map { (certificate, $0) } }
        process = try Self.whole("--pid", arguments, from: 1)
        try readPlan(arguments)
    }

    private mutating func readPlan(_ arguments: Arguments) throws(UsageError) {
        if let text = arguments.value("--rate") {
            guard let rate = Double(text), rate > 0, rate <= 1e6 else {
                throw UsageError(message: "--rate must be a number above 0 and at most 1000000, not '\(text)'")
            }
            plan.rate = rate
        }
        if let seed = try Self.whole("--random", arguments, from: 0) {
            guard plan.rate != nil else { throw UsageError(message: "--random goes with --rate") }
            plan.pattern = .random(seed: UInt64(seed))
        }
        plan.spins = arguments.has("--spin")
        plan.connections = try Self.whole("--connections", arguments, from: 1, upTo: 65_536) ?? plan.connections
        plan.requestsMax = try Self.whole("--requests", arguments, from: 1) ?? plan.requestsMax
        plan.durationNanoseconds = try Self.time("--duration", arguments) ?? plan.durationNanoseconds
        plan.patienceNanoseconds = try Self.time("--timeout", arguments) ?? plan.patienceNanoseconds
        // Where only some requests are wanted, all of them are.
        let usual = arguments.value("--requests") == nil ? min(plan.warmUpNanoseconds, plan.durationNanoseconds / 2) : 0
        plan.warmUpNanoseconds = try Self.time("--warm-up", arguments) ?? usual
        guard plan.warmUpNanoseconds < plan.durationNanoseconds else {
            throw UsageError(message: "--warm-up must be shorter than --duration")
        }
    }

    private static func whole(
        _ name: String, _ arguments: Arguments, from least: Int, upTo most: Int = Int.max
    ) throws(UsageError) -> Int? {
        guard let text = arguments.value(name) else { return nil }
        guard let number = Int(text), number >= least, number <= most else {
            let bound = most == Int.max ? "\(least) or more" : "from \(least) to \(most)"
            throw UsageError(message: "\(name) must be a whole number, \(bound), not '\(text)'")
        }
        return number
    }

    private static func time(_ name: String, _ arguments: Arguments) throws(UsageError) -> UInt64? {
        guard let text = arguments.value(name) else { return nil }
        guard let duration = GoDuration(text), duration.nanoseconds >= 0,
            duration.nanoseconds > 0 || name == "--warm-up"
        else { throw UsageError(message: "\(name) must be a time such as 10s or 500ms, not '\(text)'") }
        return UInt64(duration.nanoseconds)
    }
}

/// The reviews of a load test.
enum BenchReviews {
    /// A request for every review in the files and folders, in order; nil after saying what is wrong.
    static func requests(_ paths: [String], to url: HTTPURL) -> [LoadRequest]? {
        var requests: [LoadRequest] = []
        for path in paths {
            let folder = entries(of: path)
            for name in folder ?? [path] {
                guard let file = InputFile(name) else { return nil }
                do { requests.append(try LoadRequest(file.bytes, to: url)) } catch {
                    // Folders hold other things too: an index, a README.
                    Console.error("portcullis bench: \(name): \(error)\(folder == nil ? "" : "; left out")\n")
                    if folder == nil { return nil }
                }
            }
        }
        if requests.isEmpty { Console.error("portcullis bench: no AdmissionReview found\n") }
        return requests.isEmpty ? nil : requests
    }

    /// The JSON files of a folder, by name; nil if it is none.
    private static func entries(of path: String) -> [String]? {
        guard let folder = unsafe opendir(path) else { return nil }
        defer { unsafe closedir(folder) }
        var names: [String] = []
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name.hasSuffix(".json") { names.append("\(path)/\(name)") }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}

/// Finds the server and runs the test.
enum BenchRun {
    /// The report, or nil after saying why there is none.
    static func report(_ options: BenchOptions, _ requests: [LoadRequest]) -> LoadReport? {
        // What it measures is to be the server's, not how long its own thread waited for a processor.
        ThreadRank.prompt.take()
        do {
            let loop = try EventLoop(clock: SystemClock())
            guard let ip = address(of: options.url.host, on: loop) else { return nil }
            var target = LoadGenerator.Target(
                url: options.url, address: SocketAddress(ip, port: UInt16(options.url.port)))
            target.tls = try options.url.isSecure ? context(options) : nil
            target.connectsAnew = options.connectsAnew
            target.process = options.process
            return try LoadGenerator(options.plan, target, requests, on: loop).report()
        } catch {
            Console.error("portcullis bench: \(error)\n")
            return nil
        }
    }

    private static func address(of host: String, on loop: EventLoop) -> IPAddress? {
        var result: Result<[IPAddress], Resolver.Failure>?
        let resolver = Resolver(on: loop)
        resolver.resolve(host, deadline: loop.now + .seconds(10)) { result = $0 }
        while result == nil { loop.turn() }
        if case .success(let addresses) = result, let first = addresses.first { return first }
        Console.error("portcullis bench: \(host) has no address that could be found\n")
        return nil
    }

    private static func context(_ options: BenchOptions) throws -> TLSContext {
        var configuration = TLSClientConfiguration()
        if let path = options.authorities { configuration.authorities = try WholeFile.read(path, bytesMax: 1 << 20) }
        if let pair = options.pair {
            configuration.pair = try CertificatePair(
                chain: WholeFile.read(pair.certificate, bytesMax: 1 << 20),
                key: WholeFile.read(pair.key, bytesMax: 1 << 20))
        }
        return try TLSContext(configuration)
    }
}
