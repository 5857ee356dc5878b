import HTTP
import JSON
import Reactor
import Registration
import TLS

/// Asks a running server as an API server would.
struct ServerProbe {
    /// What a server said of a review.
    struct Verdict {
        let isAllowed: Bool
        let message: String
        /// What each violation says.
        var causes: [String] = []
        /// The patch, as JSON.
        let patch: JSONDocument?
    }

    let caller: WebCaller
    /// The address without the path of an endpoint.
    let base: HTTPURL
    /// The host and the port that are connected to, where they are not the address's.
    let place: (host: String, port: UInt16)?
    let serverName: String?
    let authorities: [UInt8]?
    let patience: Nanoseconds

    // MARK: the certificate

    private static let expirySoon: Int64 = 7 * 86_400

    /// What a client makes of the server's certificate.
    func certificate(now: Int64) -> VerifyCheck {
        let name = "certificate"
        do {
            let host = place?.host ?? base.host
            let port = place?.port ?? UInt16(clamping: base.port)
            let chain = try ServerLook(host: host, port: port, name: serverName ?? base.host).certificates().chain
            guard let leaf = try CertificateReport.read(chain).first else {
                return VerifyCheck(name, .fail, "there is none")
            }
            if let authorities,
                let complaint = try CertificateCheck.complaint(chain: chain, authorities: authorities, at: now)
            {
                return VerifyCheck(name, .fail, "no authority vouches for it: \(complaint)")
            }
            let left = leaf.facts.notAfter - now
            let text = "good until \(TimeText.text(leaf.facts.notAfter)), \(left / 86_400) days"
            return VerifyCheck(name, left < Self.expirySoon ? .warn : .pass, text)
        } catch {
            return VerifyCheck(name, .fail, "\(error)")
        }
    }

    // MARK: reviews

    /// Sends a review to an endpoint. The answer must be one that an API server takes.
    func ask(
        _ path: String, _ review: JSONNode, timeoutSeconds: Int
    ) throws(WebCaller.Problem) -> (verdict: Verdict, took: Nanoseconds) {
        let uid = review["request"]?["uid"]?.string ?? ""
        let start = caller.now
        var request = WebCaller.Request()
        request.method = .post
        request.serverName = place == nil ? serverName : serverName ?? base.host
        request.fields = [("Content-Type", "application/json"), ("Accept", "application/json, */*")]
        request.body = review.bytes()
        request.patience = patience
        let answer = try caller.send(request, to: try url("\(path)?timeout=\(timeoutSeconds)s"))
        let took = caller.now - start
        guard answer.status == 200 else {
            let document = try? JSONDocument(parsing: answer.body)
            let message = document?.withRoot { $0["message"]?.string } ?? ""
            throw WebCaller.Problem(description: "status \(answer.status)\(message.isEmpty ? "" : ": \(message)")")
        }
        guard let document = try? JSONDocument(parsing: answer.body) else {
            throw WebCaller.Problem(description: "the answer is not JSON")
        }
        return (try document.withRoot { root throws(WebCaller.Problem) in try Self.verdict(root, uid) }, took)
    }

    private func url(_ target: String) throws(WebCaller.Problem) -> HTTPURL {
        let host = place.map {
            $0.host.utf8.contains(UInt8(ascii: ":")) ? "[\($0.host)]:\($0.port)" : "\($0.host):\($0.port)"
        }
        let root = base.target.hasSuffix("/") ? String(base.target.dropLast()) : base.target
        do throws(HTTPURL.Problem) { return try HTTPURL("https://\(host ?? base.authority)\(root)\(target)") } catch {
            throw WebCaller.Problem(description: "\(error.sentence)")
        }
    }

    private static func verdict(_ root: JSONNode, _ uid: String) throws(WebCaller.Problem) -> Verdict {
        guard root["kind"]?.equals("AdmissionReview") == true,
            root["apiVersion"]?.equals("admission.k8s.io/v1") == true,
            let response = root["response"]
        else { throw WebCaller.Problem(description: "the answer is no AdmissionReview of admission.k8s.io/v1") }
        guard response["uid"]?.string == uid else {
            throw WebCaller.Problem(
                description: "the answer has the uid \(response["uid"]?.text() ?? "none"), not \(uid)")
        }
        guard let isAllowed = response["allowed"]?.bool else {
            throw WebCaller.Problem(description: "the answer does not say whether the request is allowed")
        }
        var patch: JSONDocument?
        if let text = response["patch"]?.string {
            guard response["patchType"]?.equals("JSONPatch") == true, let bytes = Base64Text.decode(Array(text.utf8)),
                let document = try? JSONDocument(parsing: bytes)
            else { throw WebCaller.Problem(description: "the answer's patch is none") }
            patch = document
        }
        let status = response["status"]
        let causes = status?["details"]?["causes"]?.elements.compactMap { $0["message"]?.string } ?? []
        return Verdict(
            isAllowed: isAllowed, message: status?["message"]?.string ?? "", causes: causes, patch: patch)
    }

    private static let charactersMax = 120

    private static func text(_ verdict: Verdict) -> String {
        if verdict.isAllowed { return "allowed" }
        let isLong = verdict.message.count > charactersMax
        return "denied: \(verdict.message.prefix(charactersMax))\(isLong ? "…" : "")"
    }

    /// One review to each endpoint that webhooks name.
    func endpoints(_ webhooks: [Webhook]) -> [VerifyCheck] {
        var checks: [VerifyCheck] = []
        for (index, webhook) in webhooks.enumerated() {
            let name = "endpoint \(webhook.path) (\(webhook.name))"
            do {
                let review = try SampleReview(webhook).document(
                    uid: "portcullis-verify-\(caller.now.nanoseconds)-\(index)")
                let (verdict, took) = try review.withRoot {
                    try ask(webhook.path, $0, timeoutSeconds: webhook.timeoutSeconds)
                }
                let text = Self.text(verdict)
                checks.append(VerifyCheck(name, .pass, "answered in \(took.count / 1_000_000) ms: \(text)"))
            } catch {
                checks.append(VerifyCheck(name, .fail, "\(error)"))
            }
        }
        return checks
    }
}
