public import Reactor
internal import Synchronization

/// The context that a server's new connections use, and that is replaced when the certificate's files change. Connections
/// that are open keep theirs.
public final class ServerIdentity: Sendable {
    private let current: Guarded<TLSContext>
    private let changes = Atomic<Int>(0)

    /// Begins with `context`.
    public init(_ context: TLSContext) { current = Guarded(context) }

    /// How often the context has been replaced: what a loop compares before it asks for the context.
    public var generation: Int { changes.load(ordering: .acquiring) }

    /// The context for new connections.
    public var context: TLSContext { current.withLock { $0 } }

    /// Puts another context in its place.
    public func replace(_ context: TLSContext) {
        current.withLock { $0 = context }
        changes.add(1, ordering: .acquiringAndReleasing)
    }
}

/// The files of a server's certificate.
public struct CertificateFiles: Hashable, Sendable {
    /// The chain of certificates.
    public var certificate: String
    /// The private key.
    public var key: String

    /// A key is a few kilobytes, a chain some tens.
    private static let bytesMax = 1 << 20

    /// These two files.
    public init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }

    /// Reads both, of the same version where a link's swap changes both at once: the certificate is looked at again after the
    /// key. A file that a swap takes away between its name and its content is asked for once more.
    public func read() throws(SystemError) -> CertificatePair {
        var pair = CertificatePair(chain: [], key: [])
        for _ in 0..<Self.readingsMax {
            pair = CertificatePair(chain: try readOnce(certificate), key: try readOnce(key))
            if try readOnce(certificate) == pair.chain { break }
        }
        return pair
    }

    private static let readingsMax = 5

    private func readOnce(_ path: String) throws(SystemError) -> [UInt8] {
        do throws(SystemError) { return try WholeFile.read(path, bytesMax: Self.bytesMax) } catch {
            guard error.isNotFound else { throw error }
            return try WholeFile.read(path, bytesMax: Self.bytesMax)
        }
    }
}

/// Who wants to know what became of changed certificate files.
public protocol CertificateReloadHandler: AnyObject {
    /// The new certificate is in use.
    func reloaded(_ facts: Certificate.Facts, on loop: EventLoop)
    /// The new files cannot be used, and the old certificate stays; the text says why.
    func refused(_ reason: String, on loop: EventLoop)
}

/// Watches a server's certificate files and replaces its context when they have changed to something usable.
///
/// The two files cannot change at once. A pair that does not fit together is therefore looked at again a few times before it
/// is refused.
public final class CertificateReload: DirectoryWatchHandler {
    private static let patience = 5
    private static let pause = Nanoseconds.milliseconds(200)

    private let files: [CertificateFiles]
    private let identity: ServerIdentity
    private let tickets: TicketKeys
    private var configuration: TLSServerConfiguration
    private weak var handler: (any CertificateReloadHandler)?
    private var watches: [DirectoryWatch] = []
    private var attempts = 0
    private var retry: Timer?
    private let loop: EventLoop

    /// Watches `files`, from which `configuration` was made.
    public init(
        _ files: [CertificateFiles], _ configuration: TLSServerConfiguration, identity: ServerIdentity,
        tickets: TicketKeys, pace: DirectoryWatch.Pace = DirectoryWatch.Pace(), on loop: EventLoop,
        handler: any CertificateReloadHandler
    ) throws(SystemError) {
        self.files = files
        self.configuration = configuration
        self.identity = identity
        self.tickets = tickets
        self.handler = handler
        self.loop = loop
        let paths = files.flatMap { [$0.certificate, $0.key] }.map { WholeFile.parent(of: $0) ?? "/" }
        for path in Set(paths).sorted() {
            watches.append(try DirectoryWatch(path, pace: pace, on: loop, handler: self))
        }
    }

    /// Watches no more.
    public func close() {
        for watch in watches { watch.close() }
        loop.cancel(&retry)
    }

    /// Something beside the files has changed, or they have.
    public func changed(_ watch: DirectoryWatch, on loop: EventLoop) {
        attempts = 0
        reload(loop)
    }

    /// Reads the files now, whether or not they have changed.
    public func reload(_ loop: EventLoop) {
        loop.cancel(&retry)
        do {
            var fresh = configuration
            fresh.pairs = try files.map { try $0.read() }
            guard fresh.pairs != configuration.pairs else { return }
            let context = try TLSContext(fresh, tickets: tickets)
            configuration = fresh
            identity.replace(context)
            if let facts = context.facts { handler?.reloaded(facts, on: loop) }
        } catch {
            failed("\(error)", loop)
        }
    }

    private func failed(_ reason: String, _ loop: EventLoop) {
        attempts += 1
        guard attempts >= Self.patience else {
            retry = loop.arm(after: Self.pause) { [weak self] loop in
                self?.retry = nil
                self?.reload(loop)
            }
            return
        }
        let names = files.map { "\($0.certificate), \($0.key)" }.joined(separator: "; ")
        handler?.refused("\(names): \(reason); the old certificate stays in use", on: loop)
    }
}
