import HTTP
import Reactor
import TLS
import Telemetry

/// Who may change things while the server serves: whoever knows the token, or shows a certificate with one of the names.
struct AdminCredentials: Sendable {
    /// What somebody may do.
    enum Standing: Equatable {
        /// Everything; the name goes into the log.
        case known(String)
        /// Nothing: there is no credential that would let anybody.
        case nobody
        /// Nothing: they have not shown who they are.
        case unknown
    }

    private let token: [UInt8]?
    private let names: Set<String>
    private let acceptsCertificates: Bool
    /// Whether it is a supervisor that asks, and says for whom.
    let isOfSupervisor: Bool

    /// A shorter token could be guessed.
    private static let tokenBytesMin = 16

    /// Reads the token's file. A worker is asked by its supervisor and nobody else.
    init(_ configuration: ServerConfiguration) throws(GateError) {
        let admin = configuration.admin
        isOfSupervisor = configuration.worker != nil
        names = Set(admin.tls.clientNames)
        acceptsCertificates = admin.tls.clientAuthority != nil
        guard let file = admin.tokenFile else {
            token = configuration.worker.map { Array($0.token.utf8) }
            return
        }
        let bytes: [UInt8]
        do throws(SystemError) { bytes = try WholeFile.read(file, bytesMax: 4096) } catch {
            throw GateError("cannot read the admin token: \(error)")
        }
        let spaces: Set<UInt8> = [0x20, 0x09, 0x0A, 0x0D]
        let trimmed = Array(bytes.drop { spaces.contains($0) }.reversed().drop { spaces.contains($0) }.reversed())
        guard trimmed.count >= Self.tokenBytesMin, trimmed.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw GateError(
                "\(file): an admin token has at least \(Self.tokenBytesMin) characters of ASCII and no space among them"
            )
        }
        token = trimmed
    }

    /// Who somebody is by the Authorization field of a request, and by the certificate of its connection.
    func standing(authorization: ByteRange, in bytes: Span<UInt8>, _ certificate: Certificate.Facts?) -> Standing {
        guard token != nil || acceptsCertificates else { return .nobody }
        if let token, Self.isToken(token, authorization, bytes) { return .known("token") }
        if acceptsCertificates, let certificate {
            let shown = certificate.names + (certificate.commonName.map { [$0] } ?? [])
            if names.isEmpty, let name = shown.last { return .known("certificate \(name)") }
            if let name = shown.first(where: names.contains) { return .known("certificate \(name)") }
        }
        return .unknown
    }

    private static func isToken(_ token: [UInt8], _ field: ByteRange, _ bytes: Span<UInt8>) -> Bool {
        let scheme: StaticString = "bearer "
        guard field.isPresent, field.count > scheme.utf8CodeUnitCount else { return false }
        let start = field.start + scheme.utf8CodeUnitCount
        guard ByteRange(field.start, start).equalsIgnoringCase(scheme, in: bytes) else { return false }
        return isSame(token, bytes.extracting(start..<field.end))
    }

    /// Takes as long whatever the bytes are, so that time does not tell how many of them were right; only the length of
    /// what was sent shows.
    static func isSame(_ secret: [UInt8], _ given: Span<UInt8>) -> Bool {
        var difference = secret.count ^ given.count
        for index in given.indices { difference |= Int(secret[index % secret.count] ^ given[index]) }
        return difference == 0
    }
}

extension AdminCredentials.Standing {
    /// The name; throws for those who have none.
    func name(_ log: Logger) throws(AdminRefusal) -> String {
        switch self {
        case .known(let name): return name
        case .nobody:
            throw AdminRefusal(
                .forbidden, "changes need --admin-token-file or client certificates, and neither is configured")
        case .unknown:
            log.note(.warning, "somebody without a credential wanted to change something", [])
            throw AdminRefusal(.unauthorized, "changes need the admin token, or a client certificate")
        }
    }
}
