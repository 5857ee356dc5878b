import JSON
import TLS

/// The authorities that a server's certificate is verified by, as PEM.
package enum AuthorityBundle {
    private static let begin = "-----BEGIN CERTIFICATE-----"

    /// What is wrong with a bundle; nil when nothing is.
    package static func problem(_ pem: [UInt8]) -> String? {
        let text = String(decoding: pem, as: UTF8.self)
        let blocks = text.split(separator: "-----BEGIN ", omittingEmptySubsequences: false).dropFirst()
        if blocks.contains(where: { $0.hasPrefix("PRIVATE KEY") || $0.hasPrefix("EC PRIVATE KEY") }) {
            return "the bundle has a private key: give the authority's certificate only"
        }
        let count = text.split(separator: begin, omittingEmptySubsequences: false).count - 1
        if count == 0 { return "the bundle has no certificate in PEM" }
        do throws(TLSError) {
            let read = try CertificateReport.read(pem).count
            return read == count ? nil : "certificate \(read + 1) of the bundle cannot be read"
        } catch {
            return "the bundle cannot be read: \(error)"
        }
    }

    /// What is wrong with the base64 of a bundle.
    static func problem(base64 text: String) -> String? {
        guard let pem = Base64Text.decode(Array(text.utf8)) else { return "must be base64 of certificates in PEM" }
        return problem(pem)
    }
}
