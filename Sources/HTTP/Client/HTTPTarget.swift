public import Reactor
public import TLS

/// Whom a client talks to, and within what bounds.
public struct HTTPTarget {
    /// The scheme, the host and the port; each request has its own path.
    public var url: HTTPURL
    /// What TLS needs; an `https` URL without it fails.
    public var tls: TLSContext?
    /// The name that the server is asked for and that its certificate must bear; nil: the URL's host.
    public var serverName: String?
    /// Whether an address may be connected to; asked for each address that the host's name has, before connecting.
    public var allows: (IPAddress) -> Bool = { _ in true }
    /// Connections at the same time.
    public var connectionsMax = 16
    /// Requests that wait for a connection.
    public var queueMax = 256
    /// How long a connection is kept without a request,
    public var idleTimeout = Nanoseconds.seconds(30)
    /// and how long altogether, so that a changed address comes into use.
    public var connectionAgeMax = Nanoseconds.seconds(300)
    /// The bounds of each response.
    public var limits = HTTPLimits()

    /// A target with these bounds.
    public init(_ url: HTTPURL, tls: TLSContext? = nil) {
        self.url = url
        self.tls = tls
        limits.bodyBytesMax = 1 << 20
    }
}

/// Why a request has no response.
public enum HTTPClientError: Error, Sendable {
    /// The host's name could not be turned into addresses.
    case name(Resolver.Failure)
    /// None of the host's addresses may be connected to.
    case addressRefused(IPAddress)
    /// No address could be connected to; this is the last one's error.
    case connect(SystemError)
    /// TLS failed.
    case tls(TLSError)
    /// An `https` URL for which there is no TLS configuration.
    case noTLS
    /// The connection ended before a response.
    case connectionLost
    /// The response cannot be used.
    case response(ResponseError)
    /// The deadline came first.
    case timedOut
    /// Too many requests wait already.
    case overloaded
    /// The request was cancelled, or the client closed.
    case cancelled

    /// What happened, in a sentence for people.
    public var sentence: String {
        switch self {
        case .name(.invalidName): "the URL's host is no name that can be looked up"
        case .name(.notFound): "the host's name is not known"
        case .name(.noAnswer): "no name server answered"
        case .name(.timedOut): "looking up the host's name took too long"
        case .name(.overloaded): "too many names are being looked up"
        case .addressRefused(let address): "the host's address \(address) is not among the allowed targets"
        case .connect(let error): error.description
        case .tls(let error): "TLS: \(error)"
        case .noTLS: "there is no TLS configuration for this https URL"
        case .connectionLost: "the connection ended before the answer"
        case .response(let error): error.sentence.description
        case .timedOut: "there was no answer in time"
        case .overloaded: "too many requests wait for a connection"
        case .cancelled: "the request was cancelled"
        }
    }
}

/// A complete response.
public struct HTTPResponse: Sendable {
    /// Its head, whose ranges point into `bytes`.
    public let head: ResponseHead
    /// Head and body as they came.
    public let bytes: [UInt8]
    /// Where the body is in `bytes`.
    public let bodyRange: Range<Int>

    /// The body.
    public var body: ArraySlice<UInt8> { bytes[bodyRange] }
}
