import Gate
import Reactor

/// `serve`: answers the API server.
enum ServeCommand: Command {
    static let name = "serve"
    static let summary = "answer the API server's admission reviews"
    static let help = """
        usage: portcullis serve [--config FILE] [options]

        Answers admission reviews over TLS at /validate and /mutate, and probes and Prometheus at /livez, /readyz and
        /metrics of a second address. A flag wins over the file, which is a document of apiVersion portcullis.dev/v1 and
        kind Server.

          --config FILE              the configuration (SIGHUP reads it again)
          --listen ADDRESS           where the API server finds it (default 0.0.0.0:8443)
          --admin-listen ADDRESS     where people and Prometheus find it (default 127.0.0.1:9090)
          --certificate FILE         the certificate with its chain, PEM; replaced while it serves when the file changes
          --key FILE                 its key, PEM
          --client-ca FILE           authorities (PEM); clients must then show a certificate of theirs
          --rules PATH,…             files and folders of rules: admission policies, their bindings and parameters; read again
                                     when they change
          --context PATH,…           files and folders that stand in for a cluster: namespaces, parameters, roles
          --shadow-rules PATH,…      rules that are tried beside those in force: /v1/shadow tells where they would differ
          --record DIR               keep decisions, without secrets, for portcullis replay
          --allow-invalid-rules      start although some documents are invalid
          --hooks NAME,…             hooks that are registered in Swift, in this order
          --admin-token-file FILE    whoever shows this token may change things: POST /v1/reload, /v1/hooks/…
          --loops N                  event loops (default: one for each processor)
          --workers N                so many processes share the work and the loops, under one that starts them again
                                     and answers people for all of them: a crash costs one (default 0: one process)
          --state DIR                what must survive a restart
          --log-level LEVEL          debug, info, warning or error (default info)

        SIGTERM and SIGINT: no longer ready, connections end with their next answer, exit 0. A second one: at once.

        """

    private static let options: Set<String> = [
        "--config", "--listen", "--admin-listen", "--certificate", "--key", "--client-ca", "--hooks", "--loops",
        "--state", "--log-level", "--workers", "--rules", "--context", "--admin-token-file",
        "--shadow-rules", "--record",
    ]

    static func run(_ words: [String]) throws(UsageError) -> ExitStatus {
        let arguments = try Arguments(words, flags: ["--allow-invalid-rules"], values: options)
        guard arguments.operands.isEmpty else {
            throw UsageError(message: "it takes no operands, but '\(arguments.operands[0])' is one")
        }
        let flags = try ServeFlags(arguments)
        do throws(GateError) {
            try ServerProcess.run(clock: SystemClock()) { () throws(GateError) in try configuration(flags) }
            return .fine
        } catch {
            Console.error(error.description.split(separator: "\n").map { "portcullis: \($0)\n" }.joined())
            return .cannotRun
        }
    }

    private static func configuration(_ flags: ServeFlags) throws(GateError) -> ServerConfiguration {
        var configuration = ServerConfiguration()
        if let file = flags.config {
            let bytes: [UInt8]
            do throws(SystemError) { bytes = try WholeFile.read(file, bytesMax: 1 << 20) } catch {
                throw GateError("cannot read \(file): \(error)")
            }
            do throws(ServerConfiguration.Problems) {
                configuration = try ServerConfiguration(parsing: bytes, file: file)
            } catch {
                throw GateError(error.list.map(\.description).joined(separator: "\n"))
            }
        }
        flags.apply(to: &configuration)
        return configuration
    }
}

/// The flags of `serve`, read once; they win over the file whenever that is read.
private struct ServeFlags {
    let config: String?
    private let listen: SocketAddress?
    private let adminListen: SocketAddress?
    private let certificate: String?
    private let key: String?
    private let clientAuthority: String?
    private let hooks: [String]?
    private let rules: [String]?
    private let context: [String]?
    private let allowsInvalidRules: Bool
    private let loops: Int?
    private let workers: Int?
    private let state: String?
    private let tokenFile: String?
    private let shadowRules: [String]?
    private let recording: String?
    private let logLevel: ServerConfiguration.LogLevel?

    init(_ arguments: Arguments) throws(UsageError) {
        config = arguments.value("--config")
        listen = try Self.address("--listen", arguments)
        adminListen = try Self.address("--admin-listen", arguments)
        certificate = arguments.value("--certificate")
        key = arguments.value("--key")
        clientAuthority = arguments.value("--client-ca")
        hooks = Self.list("--hooks", arguments)
        rules = Self.list("--rules", arguments)
        context = Self.list("--context", arguments)
        allowsInvalidRules = arguments.has("--allow-invalid-rules")
        state = arguments.value("--state")
        tokenFile = arguments.value("--admin-token-file")
        shadowRules = Self.list("--shadow-rules", arguments)
        recording = arguments.value("--record")
        logLevel = try arguments.choice(
            "--log-level", ServerConfiguration.LogLevel.allCases.map { ($0.rawValue, $0) })
        loops = try Self.count("--loops", in: 1...256, arguments)
        workers = try Self.count("--workers", in: 0...ServerConfiguration.workersMax, arguments)
    }

    private static func count(
        _ name: String, in range: ClosedRange<Int>, _ arguments: Arguments
    ) throws(UsageError) -> Int? {
        guard let text = arguments.value(name) else { return nil }
        guard let count = Int(text), range.contains(count) else {
            throw UsageError(
                message: "\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound), "
                    + "not '\(text)'")
        }
        return count
    }

    private static func list(_ name: String, _ arguments: Arguments) -> [String]? {
        arguments.value(name)?.split(separator: ",").map(String.init)
    }

    private static func address(_ name: String, _ arguments: Arguments) throws(UsageError) -> SocketAddress? {
        guard let text = arguments.value(name) else { return nil }
        guard let address = SocketAddress(text) else {
            throw UsageError(message: "\(name) must be an address with a port, such as 0.0.0.0:8443, not '\(text)'")
        }
        return address
    }

    func apply(to configuration: inout ServerConfiguration) {
        if let listen { configuration.listen = listen }
        if let adminListen { configuration.adminListen = adminListen }
        if let certificate { configuration.tls.certificate = certificate }
        if let key { configuration.tls.key = key }
        if let clientAuthority { configuration.tls.clientAuthority = clientAuthority }
        if let hooks { configuration.hooks = hooks }
        if let rules { configuration.rules = rules }
        if let context { configuration.context = context }
        if allowsInvalidRules { configuration.allowsInvalidRules = true }
        if let loops { configuration.loops = loops }
        if let workers { configuration.workers = workers }
        if let state { configuration.state = state }
        if let shadowRules { configuration.shadowRules = shadowRules }
        if let recording { configuration.recording = recording }
        if let tokenFile { configuration.admin.tokenFile = tokenFile }
        if let logLevel { configuration.logLevel = logLevel }
    }
}
