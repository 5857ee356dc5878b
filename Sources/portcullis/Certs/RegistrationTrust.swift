import Cluster
import JSON
import TLS

/// Whom the API server trusts when it asks the webhooks of a registration.
struct RegistrationTrust {
    let client: ClusterClient
    let registration: String

    /// The webhook configurations that do not trust an authority yet.
    func configurationsWithout(_ authority: CertificateReport) throws(ClusterError) -> [String] {
        let selector = "\(ClusterLabels.registration)=\(registration)"
        let all =
            try client.list(.validatingWebhookConfigurations, labels: selector)
            + client.list(.mutatingWebhookConfigurations, labels: selector)
        return all.compactMap { object in
            object.withRoot { root in
                let isTrusting = root["webhooks"]?.elements.allSatisfy { Self.trusts($0, authority) } ?? true
                return isTrusting ? nil : "\(root["kind"]?.string ?? "") \(root["metadata"]?["name"]?.string ?? "")"
            }
        }
    }

    private static func trusts(_ webhook: JSONNode, _ authority: CertificateReport) -> Bool {
        guard let text = webhook["clientConfig"]?["caBundle"]?.string, let pem = Base64Text.decode(Array(text.utf8)),
            let bundle = try? CertificateReport.read(pem)
        else { return false }
        return bundle.contains { $0.fingerprint == authority.fingerprint }
    }
}
