internal import Glibc
internal import HTTP
internal import JSON
internal import Reactor
internal import TLS
public import TestSupport

/// A strict stand-in for kube-apiserver: TLS with client certificates and tokens, rules of RBAC, the kinds of objects that
/// Portcullis touches, server-side apply with its owners and conflicts, and the real one's words for everything that it
/// refuses. It records every request.
///
/// In a test of a part:
///
///     let cluster = try RecordingCluster()
///     let access = try ClusterAccess.find(kubeconfig: cluster.kubeconfig())
///     // … do something through ClusterClient(access) …
///     #expect(cluster.requests.map(\.line) == ["PATCH /api/v1/namespaces/a/secrets/b?fieldManager=portcullis"])
///     #expect(cluster.object("secrets", "b", in: "a")?["data"]["tls.crt"] == "…")
///
/// In a test of the built program give it `["--kubeconfig", try cluster.kubeconfig()]`. `kubeconfig(user:)` makes one for a
/// user with fewer rights, whom `grant` gives some; the user `admin` may do everything. `put` seeds objects as another manager
/// would make them, `failNext` answers the next request with an error, and `interpose` changes something just before the next
/// request of a method is looked at, which is how a race is lost. It ends, and its kubeconfigs are
/// gone, when the test lets go of it.
public final class RecordingCluster: Sendable {
    /// Its address, `https://127.0.0.1:…`.
    public let url: String
    /// Where kubeconfigs are written.
    public let folder: TemporaryDirectory
    /// The authority of its certificate, PEM.
    public let authority: [UInt8]
    private let state: Guarded<ClusterState>
    private let clients: ClientCertificates
    private let thread: LoopThread
    private let inside: Inside

    /// The names of its namespaces; objects in others cannot be created.
    public static let namespaces = ["default", "kube-system", "portcullis-system"]

    /// Starts one on a free port of this machine.
    public init() throws {
        SignalWatch.ignoreBrokenPipes()
        folder = try TemporaryDirectory()
        let now = SystemClock().wall / 1_000_000_000
        clients = ClientCertificates(try CertificateMaker(authority: "recording-cluster", now: now, days: 2))
        authority = try clients.authority()
        let pair = try clients.issue(
            "kube-apiserver", names: ["localhost", "127.0.0.1", "::1", "kubernetes.default.svc"], isServer: true)
        var configuration = TLSServerConfiguration(pairs: [pair])
        configuration.clientAuthentication = .optional
        configuration.clientAuthorities = authority
        let tickets = try TicketKeys(clock: SystemClock())
        let identity = ServerIdentity(try TLSContext(configuration, tickets: tickets))
        state = Guarded(ClusterState())
        inside = Inside(tickets)
        let gate = Latch()
        thread = try LoopThread("test", clock: SystemClock()) { [inside, state] loop in
            var options = HTTPServerOptions()
            options.limits.bodyBytesMax = 8 << 20
            let server = HTTPServer(on: loop, options, identity: identity, handler: RequestHandler(state))
            inside.port = (try? server.listen(on: SocketAddress(.loopbackV4, port: 0)))?.port ?? 0
            inside.server = server
            gate.open()
        }
        gate.wait()
        url = "https://127.0.0.1:\(inside.port)"
        grant("admin", verbs: ["*"], group: "*", "*")
        for name in Self.namespaces { put(#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"\#(name)"}}"#) }
    }

    deinit {
        let gate = Latch()
        let isTaken = thread.mailbox.submit { [inside] _ in
            inside.server?.close()
            inside.server = nil
            gate.open()
        }
        if isTaken { gate.wait() }
        thread.stop()
    }

    /// What belongs to the loop's thread, and what the server needs for as long as it lives.
    private final class Inside: @unchecked Sendable {
        var server: HTTPServer?
        var port: UInt16 = 0
        let tickets: TicketKeys

        init(_ tickets: TicketKeys) { self.tickets = tickets }
    }
}

extension RecordingCluster {
    /// The requests so far, in order.
    public var requests: [RecordedRequest] { state.withLock { $0.requests } }

    /// Forgets the requests so far.
    public func forgetRequests() { state.withLock { $0.requests = [] } }

    /// The object as it would be shown; nil where there is none.
    public func object(_ resource: String, _ name: String, in namespace: String? = nil) -> Value? {
        state.withLock { $0.object(resource, name, in: namespace) }
    }

    /// Puts an object there as `manager` would, whatever is there already. The JSON is that of a whole object.
    public func put(_ json: String, manager: String = "kubectl") { state.withLock { $0.put(json, manager: manager) } }

    /// Removes an object.
    public func remove(_ resource: String, _ name: String, in namespace: String? = nil) {
        state.withLock { $0.remove(resource, name, in: namespace) }
    }

    /// Lets a user do something; without names to all objects, without a namespace everywhere.
    public func grant(
        _ user: String, verbs: [String], group: String = "", _ resource: String, names: [String] = [],
        in namespace: String? = nil
    ) {
        state.withLock {
            $0.grants.append(
                .init(user: user, verbs: verbs, group: group, resource: resource, names: names, namespace: namespace))
        }
    }

    /// Accepts another token for a user.
    public func accept(token: String, of user: String) { state.withLock { $0.tokens[token] = user } }

    /// Accepts a token no longer.
    public func revoke(token: String) { state.withLock { $0.tokens[token] = nil } }

    /// Answers the next request (after those that are to fail already) with an error.
    public func failNext(_ code: Int, _ reason: String, _ message: String = "", retryAfter: Int? = nil) {
        var answer = Answer(code, reason, message)
        answer.retryAfter = retryAfter
        let last = answer
        state.withLock { $0.scripted.append(last) }
    }

    /// Has something happen just before the next request of that method is looked at.
    public func interpose(on method: String, _ change: @escaping @Sendable (inout ClusterState) -> Void) {
        state.withLock { $0.interposed.append((method, change)) }
    }

    /// A client certificate and its key for a user, PEM.
    public func certificate(of user: String) throws -> (chain: [UInt8], key: [UInt8]) {
        let pair = try clients.issue(user, names: [], isServer: false)
        return (pair.chain, pair.key)
    }

    /// Writes a kubeconfig for a user, with a client certificate or with a token, and returns its path.
    public func kubeconfig(user: String = "admin", withToken: Bool = false) throws -> String {
        var credentials: String
        if withToken {
            accept(token: "token-of-\(user)", of: user)
            credentials = #"{"token": "token-of-\#(user)"}"#
        } else {
            let pair = try certificate(of: user)
            credentials =
                #"{"client-certificate-data": "\#(Base64Text.encode(pair.chain))", "#
                + #""client-key-data": "\#(Base64Text.encode(pair.key))"}"#
        }
        let text = """
            apiVersion: v1
            kind: Config
            current-context: recording
            clusters:
            - name: recording
              cluster: {server: "\(url)", certificate-authority-data: "\(Base64Text.encode(authority))"}
            users:
            - name: \(user)
              user: \(credentials)
            contexts:
            - name: recording
              context: {cluster: recording, user: \(user)}

            """
        let path = "\(folder.path)/\(user)-\(withToken ? "token" : "certificate").kubeconfig"
        try WholeFile.replace(path, with: Array(text.utf8), mode: 0o600)
        return path
    }
}

/// Makes certificates from any thread.
private final class ClientCertificates: @unchecked Sendable {
    private let maker: CertificateMaker

    init(_ maker: consuming CertificateMaker) { self.maker = maker }

    func authority() throws -> [UInt8] { try maker.pair().chain }

    func issue(_ name: String, names: [String], isServer: Bool) throws -> CertificatePair {
        try maker.issue(
            name, names: names, purpose: isServer ? .server : .client, now: SystemClock().wall / 1_000_000_000, days: 1)
    }
}

/// Lets one thread wait for another.
@safe
private final class Latch: @unchecked Sendable {
    private let semaphore: UnsafeMutablePointer<sem_t>

    init() {
        unsafe semaphore = .allocate(capacity: 1)
        _ = unsafe sem_init(semaphore, 0, 0)
    }

    deinit {
        _ = unsafe sem_destroy(semaphore)
        unsafe semaphore.deallocate()
    }

    func open() { _ = unsafe sem_post(semaphore) }

    func wait() { while unsafe sem_wait(semaphore) != 0 {} }
}
