/// Turns host names into addresses without blocking the loop.
public final class Resolver {
    /// Why there are no addresses.
    public enum Failure: Error, Hashable, Sendable {
        /// It is no host name.
        case invalidName
        /// No server knows the name, or it has no address.
        case notFound
        /// No server gave a usable answer.
        case noAnswer
        /// The deadline came first.
        case timedOut
        /// Too many names are being looked up already.
        case overloaded
    }

    /// How an answer is delivered.
    public typealias Completion = (Result<[IPAddress], Failure>) -> Void

    /// Names looked up at the same time at most.
    public static let lookupsMax = 256
    private static let configurationAge = Nanoseconds.seconds(5)

    private let loop: EventLoop
    private let readConfiguration: () -> ResolverConfiguration
    private var configuration: ResolverConfiguration
    private var configurationEnd: Instant
    private var lookups: [ObjectIdentifier: Lookup] = [:]

    /// A resolver on `loop`; `configuration` is asked again from time to time.
    public init(
        on loop: EventLoop, configuration: @escaping () -> ResolverConfiguration = ResolverConfiguration.ofMachine
    ) {
        self.loop = loop
        readConfiguration = configuration
        self.configuration = configuration()
        configurationEnd = loop.now + Self.configurationAge
    }

    /// Looks up a name or reads an address; `completion` is called on the loop, at once where no server need be asked.
    public func resolve(_ name: String, deadline: Instant, completion: @escaping Completion) {
        if let ip = IPAddress(name) { return completion(.success([ip])) }
        guard DNSQuestion.labels(name) != nil else { return completion(.failure(.invalidName)) }
        refresh()
        var key = name.lowercased()
        if key.hasSuffix(".") { key.removeLast() }
        if let known = configuration.hosts[key] { return completion(.success(known)) }
        // RFC 6761: this name never needs a server.
        if key == "localhost" { return completion(.success([.loopbackV4, .loopbackV6])) }
        guard lookups.count < Self.lookupsMax else { return completion(.failure(.overloaded)) }
        let lookup = Lookup(name, configuration, deadline: deadline, on: loop)
        lookups[ObjectIdentifier(lookup)] = lookup
        lookup.start { [weak self] lookup, result in
            self?.lookups[ObjectIdentifier(lookup)] = nil
            completion(result)
        }
    }

    private func refresh() {
        guard loop.now >= configurationEnd else { return }
        configuration = readConfiguration()
        configurationEnd = loop.now + Self.configurationAge
    }
}
