internal import HTTP
internal import Policies
internal import Reactor
internal import TLS

/// An endpoint as a rule file has it, checked, with its files by their absolute paths.
struct EndpointPlan: Sendable {
    /// The shortest key that requests may be signed with: half of what HMAC-SHA256 can use.
    static let signatureKeyBytesMin = 16
    private static let headersMax = 64
    private static let filesBytesMax = 1 << 20
    private static let responseBytesRange = 1...(64 << 20)

    /// Headers that are set here; one of the hook's own would contradict them.
    private static let ownHeaders: Set<String> = [
        "content-type", "accept", "user-agent", "idempotency-key", "traceparent", "portcullis-signature",
    ]

    let url: HTTPURL
    /// The hook's own headers and those that every request has.
    let headers: [(name: String, value: String)]
    let responseBytesMax: Int
    let authorities: String?
    let certificate: CertificateFiles?
    let tokenFile: String?
    let signatureKeyFile: String?

    /// Checks what `run`, which stands at `path` of the document, says. `tokenFile` is another name for its bearer token's file.
    init(
        _ run: HTTPRun, at path: String, folder: RuleFolder, tokenFile: (path: String, field: String)? = nil,
        accepts: String = "application/json"
    ) throws(ExecutorProblem) {
        do throws(HTTPURL.Problem) { url = try HTTPURL(run.url) } catch {
            throw ExecutorProblem("\(path).url", error.sentence.description)
        }
        guard Self.responseBytesRange.contains(run.responseBytesMax) else {
            throw ExecutorProblem("\(path).maxResponseBytes", "must be a number of bytes from 1 to 64Mi")
        }
        responseBytesMax = run.responseBytesMax
        headers =
            [("Content-Type", "application/json"), ("Accept", accepts), ("User-Agent", "portcullis")]
            + run.headers.map { ($0.name, $0.value) }
        authorities = run.caFile.map(folder.absolute)
        certificate = try Self.certificate(run, path, folder)
        let token = tokenFile ?? run.bearerTokenFile.map { ($0, "bearerTokenFile") }
        self.tokenFile = token.map { folder.absolute($0.path) }
        signatureKeyFile = run.hmacKeyFile.map(folder.absolute)
        try checkHeaders(run.headers, path)
        try checkFiles(path, tokenField: token?.field ?? "bearerTokenFile")
    }

    private static func certificate(
        _ run: HTTPRun, _ path: String, _ folder: RuleFolder
    ) throws(ExecutorProblem) -> CertificateFiles? {
        guard let certificate = run.clientCertificate.map(folder.absolute) else {
            if run.clientKey == nil { return nil }
            throw ExecutorProblem("\(path).clientKey", "is of no use without clientCertificate")
        }
        return CertificateFiles(certificate: certificate, key: run.clientKey.map(folder.absolute) ?? certificate)
    }

    private func checkHeaders(_ own: [HookField], _ path: String) throws(ExecutorProblem) {
        guard own.count <= Self.headersMax else {
            throw ExecutorProblem("\(path).headers", "there are more than \(Self.headersMax)")
        }
        for header in own {
            let name = header.name.lowercased()
            if Self.ownHeaders.contains(name) {
                throw ExecutorProblem("\(path).headers", "the header \(header.name) is set by the server itself")
            }
            if name == "authorization", tokenFile != nil {
                throw ExecutorProblem("\(path).headers", "Authorization is set from the token's file already")
            }
        }
        do throws(RequestWriter.Problem) { _ = try RequestWriter(.post, url, fields: headers) } catch {
            throw ExecutorProblem("\(path).headers", error.sentence)
        }
    }

    private func checkFiles(_ path: String, tokenField: String) throws(ExecutorProblem) {
        if !url.isSecure, authorities != nil || certificate != nil {
            let field = authorities != nil ? "caFile" : "clientCertificate"
            throw ExecutorProblem("\(path).\(field)", "is of no use to an http:// URL; write https://")
        }
        if let complaint = tokenFile.flatMap({ SecretFile.complaint($0) }) {
            throw ExecutorProblem("\(path).\(tokenField)", complaint, cause: .machine)
        }
        let keyMin = Self.signatureKeyBytesMin
        if let complaint = signatureKeyFile.flatMap({ SecretFile.complaint($0, bytesMin: keyMin) }) {
            throw ExecutorProblem("\(path).hmacKeyFile", complaint, cause: .machine)
        }
        if url.isSecure {
            do throws(TLSFilesProblem) { _ = try context() } catch {
                throw ExecutorProblem("\(path).\(error.field)", error.message, cause: .machine)
            }
        }
    }

    /// Which file TLS cannot use, and why.
    struct TLSFilesProblem: Error {
        let field: String
        let message: String
    }

    /// What TLS needs, from the files as they are now.
    func context() throws(TLSFilesProblem) -> TLSContext {
        var configuration = TLSClientConfiguration()
        var field = "caFile"
        do {
            if let authorities {
                configuration.authorities = try WholeFile.read(authorities, bytesMax: Self.filesBytesMax)
            }
            if configuration.authorities != nil { _ = try TLSContext(configuration) }
            field = "clientCertificate"
            configuration.pair = try certificate?.read()
            return try TLSContext(configuration)
        } catch let error as SystemError {
            throw TLSFilesProblem(field: field, message: error.description)
        } catch {
            let file = field == "caFile" ? authorities : certificate?.certificate
            throw TLSFilesProblem(field: field, message: "\(file ?? "TLS"): \(error)")
        }
    }

    /// The states of the files that TLS needs; those that cannot be looked at are left out.
    var tlsStamps: [FileStamp] {
        let paths = [authorities, certificate?.certificate, certificate?.key].compactMap { $0 }
        return paths.compactMap { try? FileStamp(of: $0) }
    }
}
