public import HTTP
internal import Reactor
public import TLS

/// Which API server is asked, and as whom.
public struct ClusterAccess: Sendable {
    /// What a request shows beside a client certificate.
    public enum Token: Hashable, Sendable {
        /// Nothing.
        case none
        /// This token.
        case fixed(String)
        /// The token in this file, which is read for every request: tokens of service accounts are replaced as they age.
        case file(String)
    }

    /// The API server's address; its path stands before that of every request.
    public var server: HTTPURL
    /// The authorities (PEM) that its certificate must come from; nil: the machine's own list.
    public var authorities: [UInt8]?
    /// The name that its certificate must bear, where that is not the address's.
    public var serverName: String?
    /// Whether its certificate is looked at, at all.
    public var verifiesServer = true
    /// A client certificate to show.
    public var pair: CertificatePair?
    /// A token to show.
    public var token = Token.none
    /// The namespace that is meant where none is said.
    public var namespace: String?
    /// Where all this was found, for messages.
    public var source: String

    /// Access to that API server without credentials.
    public init(_ server: HTTPURL, source: String) {
        self.server = server
        self.source = source
    }

    /// The token as it is now; nil where none is shown.
    func currentToken() throws(ClusterError) -> String? {
        let text: String
        switch token {
        case .none: return nil
        case .fixed(let token): text = token
        case .file(let path):
            do throws(SystemError) {
                text = String(decoding: try WholeFile.read(path, bytesMax: 64 << 10), as: UTF8.self)
            } catch {
                throw ClusterError(.configuration, "\(source): the token cannot be read: \(error)")
            }
        }
        let trimmed = text.split(whereSeparator: \.isWhitespace)
        guard trimmed.count == 1, let token = trimmed.first else {
            throw ClusterError(.configuration, "\(source): the token is empty, or more than one word")
        }
        return String(token)
    }

    /// What makes connections to the API server.
    func context() throws(ClusterError) -> TLSContext? {
        guard server.isSecure else { return nil }
        var configuration = TLSClientConfiguration()
        configuration.authorities = authorities
        configuration.pair = pair
        configuration.verifiesServer = verifiesServer
        do throws(TLSError) { return try TLSContext(configuration) } catch {
            throw ClusterError(.configuration, "\(source): the certificates cannot be used: \(error)")
        }
    }
}

extension ClusterAccess {
    /// What is said loudly before it is used; nil where there is nothing to be said.
    public var warning: String? {
        verifiesServer
            ? nil
            : "\(source): insecure-skip-tls-verify is set: whoever answers at \(server.authority) is taken for the API "
                + "server, and given the credentials"
    }

    /// Finds the access that is meant: the kubeconfig that was named; else, unless a context was named, the service account
    /// of the pod that this runs in; else the files of `KUBECONFIG`, or `~/.kube/config`.
    public static func find(
        kubeconfig: String? = nil, context: String? = nil, environment: ClusterEnvironment = .ofProcess
    ) throws(ClusterError) -> ClusterAccess {
        if let kubeconfig {
            return try Kubeconfig(reading: [kubeconfig], missingIsFine: false).access(context: context)
        }
        if context == nil, let access = try inCluster(environment) { return access }
        if let list = environment.variable("KUBECONFIG"), !list.isEmpty {
            let files = list.split(separator: ":").map(String.init)
            return try Kubeconfig(reading: files, missingIsFine: files.count > 1).access(context: context)
        }
        guard let home = environment.variable("HOME"), WholeFile.exists("\(home)/.kube/config") else {
            throw ClusterError(
                .configuration,
                "no cluster is known: this is no pod with a service account, KUBECONFIG is not set, and there is no "
                    + "~/.kube/config; name a kubeconfig with --kubeconfig")
        }
        return try Kubeconfig(reading: ["\(home)/.kube/config"], missingIsFine: false).access(context: context)
    }

    /// The service account of the pod that this runs in; nil where this is no pod, or one without a token.
    static func inCluster(_ environment: ClusterEnvironment) throws(ClusterError) -> ClusterAccess? {
        let folder = environment.serviceAccount
        guard let host = environment.variable("KUBERNETES_SERVICE_HOST"), !host.isEmpty,
            WholeFile.exists("\(folder)/token")
        else { return nil }
        let port = environment.variable("KUBERNETES_SERVICE_PORT") ?? "443"
        let name = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        let source = "the service account in \(folder)"
        var access: ClusterAccess
        do throws(HTTPURL.Problem) {
            access = ClusterAccess(try HTTPURL("https://\(name):\(port)"), source: source)
        } catch {
            throw ClusterError(
                .configuration,
                "KUBERNETES_SERVICE_HOST '\(host)' and KUBERNETES_SERVICE_PORT '\(port)' make no address: "
                    + error.sentence.description)
        }
        do throws(SystemError) {
            access.authorities = try WholeFile.read("\(folder)/ca.crt", bytesMax: 1 << 20)
        } catch {
            throw ClusterError(.configuration, "\(source): the cluster's authorities cannot be read: \(error)")
        }
        access.token = .file("\(folder)/token")
        let namespace = try? WholeFile.read("\(folder)/namespace", bytesMax: 4096)
        access.namespace = namespace.map { String(decoding: $0, as: UTF8.self) }.flatMap { $0.isEmpty ? nil : $0 }
        return access
    }
}
