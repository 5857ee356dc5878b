/// What the certificates of a PEM text say of themselves, in their order.
public struct CertificateList: Sendable {
    /// One entry for each certificate.
    public private(set) var facts: [Certificate.Facts] = []

    /// Reads every certificate; what stands between them is skipped.
    public init(pem: [UInt8]) throws(TLSError) {
        var list: [Certificate.Facts] = []
        try Certificate.read(pem) { (certificate) throws(TLSError) in list.append(certificate.facts) }
        facts = list
    }
}
