internal import COpenSSL

/// What went wrong in a handshake, a connection or the making of a context; small, because connections return it.
public struct TLSError: Error, Hashable, Sendable, BitwiseCopyable {
    /// The kinds that callers tell apart.
    public enum Kind: UInt8, Sendable, BitwiseCopyable {
        /// OpenSSL says why.
        case library
        /// The kernel says why.
        case system
        /// The peer's certificate is valid, but its name is not on the list.
        case nameNotAllowed
        /// There is no certificate in the file.
        case noCertificate
        /// There is no private key in the file.
        case noKey
        /// The private key does not belong to the certificate.
        case keyMismatch
        /// The peer's certificate was not accepted; `code` is the verification's.
        case untrusted
        /// A name in a configuration cannot be used.
        case invalidName
    }

    /// What kind of error.
    public let kind: Kind
    /// OpenSSL's or the kernel's number for it; 0 where the kind says all.
    public let code: UInt

    /// An error of that kind.
    public init(_ kind: Kind, code: UInt = 0) {
        self.kind = kind
        self.code = code
    }

    /// The error that the last call on this thread left behind; its queue is emptied.
    static func last() -> TLSError {
        let code = ERR_peek_error()
        ERR_clear_error()
        return TLSError(tls_error_is_system(code) != 0 ? .system : .library, code: UInt(code))
    }

    var reason: UInt { UInt(tls_error_reason(CUnsignedLong(code))) }
}

extension TLSError: CustomStringConvertible {
    /// A sentence, with OpenSSL's own reason where it has one.
    public var description: String {
        switch kind {
        case .library: reasonText.isEmpty ? "TLS failed" : reasonText
        case .system: reasonText.isEmpty ? "the connection was lost" : reasonText
        case .nameNotAllowed: "the certificate's names are not among those allowed"
        case .noCertificate: "no PEM certificate found"
        case .noKey: "no usable PEM private key found"
        case .keyMismatch: "the private key does not belong to the certificate"
        case .untrusted: "the certificate is not accepted: \(verificationText)"
        case .invalidName: "not a host name or an address"
        }
    }

    private var reasonText: String {
        guard code != 0, let text = unsafe ERR_reason_error_string(CUnsignedLong(code)) else { return "" }
        return unsafe String(cString: text)
    }

    private var verificationText: String {
        guard let text = unsafe X509_verify_cert_error_string(Int(clamping: code)) else { return "" }
        return unsafe String(cString: text)
    }
}
