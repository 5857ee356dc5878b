internal import Reactor

/// What a set of certificates says about where its rotation is.
public struct CertificateState: Sendable {
    /// The files that it was read from.
    public let files: CertificateRotation.Files
    /// The serving certificate.
    public let serving: CertificateReport
    /// The authority that signs.
    public let signing: CertificateReport
    /// The authority that will sign next; nil where none is on its way.
    public let next: CertificateReport?
    /// Authorities that signed before and are still trusted.
    public let old: [CertificateReport]

    /// Certificates are dated back by so much.
    private static let skew: Int64 = 3600

    /// Reads them; what cannot be read, or gone on with, is an error that says which file.
    public init(_ files: CertificateRotation.Files) throws(RotationProblem) {
        self.files = files
        guard let serving = try Self.certificates(files.certificate, "tls.crt").first else {
            throw .unreadable("tls.crt", TLSError(.noCertificate))
        }
        self.serving = serving
        let authorities = try Self.authorities(files.bundle)
        let signing = authorities.first { CertificateCheck.fits($0.pem, key: files.authorityKey) }
        guard let signing else { throw .strangeKey("ca.key") }
        self.signing = signing
        next = files.nextAuthorityKey.flatMap { key in
            authorities.first { $0 != signing && CertificateCheck.fits($0.pem, key: key) }
        }
        if files.nextAuthorityKey != nil, next == nil { throw .strangeKey("next-ca.key") }
        let known = [signing, next]
        old = authorities.filter { !known.contains($0) }
    }

    static func authorities(_ bundle: [UInt8]) throws(RotationProblem) -> [CertificateReport] {
        let all = try certificates(bundle, "ca.crt")
        if let stranger = all.first(where: { !$0.isAuthority }) { throw .noAuthority(stranger.subject) }
        return all
    }

    private static func certificates(_ pem: [UInt8], _ file: String) throws(RotationProblem) -> [CertificateReport] {
        do throws(TLSError) { return try CertificateReport.read(pem) } catch { throw .unreadable(file, error) }
    }

    /// When the serving pair was made.
    var madeAt: Int64 { serving.facts.notBefore + Self.skew }

    /// When the next authority signs: an overlap after it was published, but not after the end of the present one.
    func switchDue(_ plan: CertificateRotation.Plan) -> Int64? {
        next.map { min($0.facts.notBefore + Self.skew + plan.overlap, signing.facts.notAfter) }
    }

    /// Why there has to be another serving pair; nil where there has not.
    func renewalReason(_ plan: CertificateRotation.Plan, _ now: Int64) -> RotationReason? {
        let facts = serving.facts
        if !CertificateCheck.fits(serving.pem, key: files.key) { return .keyMismatch }
        if facts.notAfter - plan.renewBefore <= now { return .expires(at: facts.notAfter) }
        if facts.notBefore > now { return .notYetValid(from: facts.notBefore) }
        do throws(TLSError) {
            let said = try CertificateCheck.complaint(chain: files.certificate, authorities: signing.pem, at: now)
            if let said { return .untrusted(said) }
        } catch {
            return .untrusted(error.description)
        }
        let present = facts.names + facts.addresses.map(\.description)
        let other = Set(Self.normal(plan.names)).symmetricDifference(Self.normal(present))
        return other.isEmpty ? nil : .names(other.sorted())
    }

    /// Addresses have several spellings, and names no difference between large and small letters.
    private static func normal(_ names: [String]) -> [String] {
        names.map { IPAddress($0)?.description ?? $0.lowercased() }
    }

    /// What will be done next, and when.
    public func nextStep(_ plan: CertificateRotation.Plan) -> (step: CertificateRotation.Step, due: Int64) {
        let renewal = serving.facts.notAfter - plan.renewBefore
        let rotation: (step: CertificateRotation.Step, due: Int64)
        if let due = switchDue(plan) {
            rotation = (.switched, due)
        } else if old.isEmpty {
            rotation = (.published, signing.facts.notAfter - plan.authorityMargin)
        } else {
            rotation = (.retired, old.reduce(madeAt + plan.overlap) { min($0, $1.facts.notAfter) })
        }
        return rotation.due <= renewal ? rotation : (.renewed, renewal)
    }
}
