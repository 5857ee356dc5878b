public import Admission
public import HTTP
public import Hooks
public import Reactor
public import TLS

/// Everything that `serve` can be told: what a `kind: Server` document says, with the command line's flags over it.
public struct ServerConfiguration: Sendable {
    /// Where the API server finds us.
    public var listen = SocketAddress(IPAddress(v4: 0), port: 8443)
    /// Where people and Prometheus find us.
    public var adminListen = SocketAddress(.loopbackV4, port: 9090)
    /// How the API server's connections are secured.
    public var tls = TLS()
    /// How many event loops serve; nil: one for each core that this process may use.
    public var loops: Int?
    /// How many processes answer reviews, under one that looks after them; 0 or 1: this one alone.
    public var workers = 0
    /// What this process was told as one of several; nil: it is none.
    public var worker: WorkerOrder?
    /// The folder of what must survive a restart.
    public var state: String?
    /// Files and folders of rules.
    public var rules: [String] = []
    /// Files and folders that stand in for a cluster.
    public var context: [String] = []
    /// Files and folders of rules that are tried beside those in force; their verdicts are compared and count for nothing.
    public var shadowRules: [String] = []
    /// The folder that decisions are recorded in; nil: none.
    public var recording: String?
    /// The share of decisions that is recorded.
    public var recordingShare = 1.0
    /// How much of the recording is kept.
    public var recordingBytesMax = 256 << 20
    /// Whether to serve although some of the rules are invalid when it starts.
    public var allowsInvalidRules = false
    /// Hooks that are registered in Swift, by name.
    public var hooks: [String] = []
    /// The least level of log lines that are written.
    public var logLevel = LogLevel.info
    /// The bounds of requests and connections.
    public var limits = Limits()
    /// How long a review may take.
    public var deadline = DeadlineRule()
    /// When work is turned away.
    public var overload = Overload()
    /// How the server ends.
    public var shutdown = Shutdown()
    /// Who may change things while it serves, and how people's connections are secured.
    public var admin = Admin()
    /// What hooks may do.
    public var calls = Calls()
    /// Who is told of traces.
    public var traces = Traces()

    /// As many workers can there be.
    public static let workersMax = EntryNumber.workersMax

    /// The configuration as it is unless someone changes it.
    public init() {}

    /// The levels of log lines.
    public enum LogLevel: String, Sendable, CaseIterable {
        case debug, info, warning, error
    }

    /// Certificates and protocol.
    public struct TLS: Sendable {
        /// The file of the server's certificate with its chain, PEM.
        public var certificate: String?
        /// The file of the certificate's key, PEM.
        public var key: String?
        /// Other certificates and their keys, for clients that ask for the names in them.
        public var others: [CertificateFiles] = []
        /// The file of the authorities of clients' certificates; nil: clients are not asked for one.
        public var clientAuthority: String?
        /// Whether a client may go without a certificate although it is asked for one.
        public var isClientCertificateOptional = false
        /// The common or alternative names of which a client's certificate must have one; empty: any will do.
        public var clientNames: [String] = []
        /// Versions and ciphers.
        public var policy = TLSPolicy()
    }

    /// Bounds of requests and connections.
    public struct Limits: Sendable {
        /// The bounds of a message.
        public var message = HTTPLimits()
        /// A body that comes more slowly than this, in bytes a second, is given up.
        public var bodyRateMin = 1024
        /// How long a request's head may take.
        public var headTime = Nanoseconds.seconds(10)
        /// How long a connection may be idle; the API server keeps its own for 90 seconds.
        public var idleTime = Nanoseconds.seconds(120)
        /// How long a connection lives before it is asked to end, up to a tenth more.
        public var connectionAge = Nanoseconds.seconds(3600)
        /// How many connections a loop has.
        public var connectionsPerLoop = 10_000
    }

    /// When work is turned away.
    public struct Overload: Sendable {
        /// How many reviews may be unanswered on one loop.
        public var inFlightPerLoop = 1024
        /// How long a request may wait for its loop before it is turned away.
        public var queueDelay = Nanoseconds.milliseconds(500)
    }

    /// The endpoints for people and Prometheus.
    public struct Admin: Sendable {
        /// The file of the token that changes need; nil: no token will do.
        public var tokenFile: String?
        /// Certificates; without one the endpoints are plain HTTP. A client's certificate is never required, because
        /// probes have none; one of `clientNames` may change things.
        public var tls = TLS()
    }

    /// What hooks may do.
    public struct Calls: Sendable {
        /// Addresses that hooks may reach besides public ones.
        public var allowedTargets = AllowedTargets()
        /// How many retries there may be for a hundred calls of all hooks together,
        public var retryPercent = 20
        /// and how many besides in a bad moment.
        public var retryReserve = 50
        /// Whole reviews a second that the fail-open ledger keeps; of more it keeps how many, and who asked for what in the first.
        public var uncheckedReviewsPerSecond = 50
        /// Where commands have their temporary folders.
        public var scratch = "/tmp"
    }

    /// Who is told of traces.
    public struct Traces: Sendable {
        /// Where spans are posted, as OTLP over HTTP in JSON: `http://collector:4318/v1/traces`; nil: nowhere.
        public var endpoint: HTTPURL?
        /// Certificates (PEM) to trust instead of the system's.
        public var authorities: String?
        /// The share of reviews without a trace of their caller's that begin one.
        public var share = 0.0
        /// What the server is called there.
        public var service = "portcullis"
    }

    /// How the server ends.
    public struct Shutdown: Sendable {
        /// How long `/readyz` says no before connections are closed, so that no new ones come.
        public var delay = Nanoseconds.zero
        /// How long answers may take until the process ends anyway.
        public var grace = Nanoseconds.seconds(25)
    }
}
