internal import HTTP
internal import JSON
internal import Reactor
internal import TLS
internal import YAML

/// Kubeconfigs, merged as kubectl merges them: of two entries with the same name, and of two current contexts, the first
/// counts.
struct Kubeconfig {
    private let files: [KubeconfigFile]

    /// Reads the files in order; those that are missing are passed over where that is fine.
    init(reading paths: [String], missingIsFine: Bool) throws(ClusterError) {
        var files: [KubeconfigFile] = []
        for path in paths where !(missingIsFine && !WholeFile.exists(path)) { files.append(try KubeconfigFile(path)) }
        guard !files.isEmpty else {
            throw ClusterError(
                .configuration, "none of the kubeconfigs exists: \(paths.joined(separator: ", ")); see KUBECONFIG")
        }
        self.files = files
    }

    private var names: String { files.map(\.path).joined(separator: ", ") }

    /// The access of a context; of the current one unless another is named.
    func access(context named: String?) throws(ClusterError) -> ClusterAccess {
        let current = files.lazy.compactMap { $0.text("current-context") }.first
        guard let name = named ?? current else {
            throw ClusterError(
                .configuration,
                "\(names): there is no current-context; name one of \(known("contexts")) with --kube-context")
        }
        let context = try entry("contexts", "context", name, neededBy: nil)
        let source = "context \(name) in \(context.file.path)"
        guard let clusterName = try context.text("cluster") else {
            throw context.problem("the context \(name) names no cluster")
        }
        let cluster = try entry("clusters", "cluster", clusterName, neededBy: context)
        var access = ClusterAccess(try Self.server(cluster), source: source)
        access.namespace = try context.text("namespace")
        try Self.readTrust(cluster, into: &access)
        if let userName = try context.text("user") {
            try Self.readCredentials(try entry("users", "user", userName, neededBy: context), into: &access)
        }
        return access
    }

    private func known(_ list: StaticString) -> String {
        let names = files.flatMap { $0.names(list) }
        return names.isEmpty ? "the contexts" : names.joined(separator: ", ")
    }

    private func entry(
        _ list: StaticString, _ kind: StaticString, _ name: String, neededBy user: KubeconfigEntry?
    ) throws(ClusterError) -> KubeconfigEntry {
        for file in files { if let entry = file.entry(list, kind, name) { return entry } }
        if let user { throw user.problem("it needs the \(kind) '\(name)', which \(names) does not have") }
        throw ClusterError(
            .configuration, "\(names): there is no \(kind) '\(name)'; there are: \(known(list))")
    }

    private static func server(_ cluster: KubeconfigEntry) throws(ClusterError) -> HTTPURL {
        guard let text = try cluster.text("server") else { throw cluster.problem("the cluster has no server") }
        if try cluster.text("proxy-url") != nil {
            throw cluster.problem("proxy-url is not supported: reach the API server directly, or through kubectl proxy")
        }
        do throws(HTTPURL.Problem) { return try HTTPURL(text) } catch {
            throw cluster.problem("server '\(text)': \(error.sentence)", at: "server")
        }
    }

    private static func readTrust(_ cluster: KubeconfigEntry, into access: inout ClusterAccess) throws(ClusterError) {
        access.authorities = try cluster.content("certificate-authority-data", "certificate-authority")
        access.serverName = try cluster.text("tls-server-name")
        access.verifiesServer = try !cluster.flag("insecure-skip-tls-verify")
        if !access.verifiesServer, access.authorities != nil {
            throw cluster.problem(
                "a certificate-authority and insecure-skip-tls-verify contradict each other: remove the latter",
                at: "insecure-skip-tls-verify")
        }
    }

    private static func readCredentials(_ user: KubeconfigEntry, into access: inout ClusterAccess) throws(ClusterError)
    {
        try refuseForeign(user)
        let certificate = try user.content("client-certificate-data", "client-certificate")
        let key = try user.content("client-key-data", "client-key")
        guard (certificate == nil) == (key == nil) else {
            throw user.problem("a client-certificate needs its client-key, and the other way round")
        }
        if let certificate, let key {
            access.pair = CertificatePair(chain: certificate, key: key)
            do throws(TLSError) { _ = try access.pair?.facts() } catch {
                throw user.problem("the client certificate cannot be used: \(error)")
            }
        }
        if let path = try user.text("tokenFile") {
            access.token = .file(user.file.resolve(path))
        } else if let token = try user.text("token") {
            access.token = .fixed(token)
        }
        // Who listens on the way would have them.
        let isExposed = !access.server.isSecure && !IPAddress.isLoopbackHost(access.server.host)
        if isExposed, access.token != .none { throw user.problem("a token is not sent unencrypted: use https") }
    }

    /// What other clients have programs or libraries for.
    private static func refuseForeign(_ user: KubeconfigEntry) throws(ClusterError) {
        for name in ["exec", "auth-provider"] as [StaticString] where user.node[name].map({ !$0.isNull }) ?? false {
            throw user.problem(
                "\(name) is not supported: no foreign program is run for credentials; use a client certificate, or a token "
                    + "(kubectl create token SERVICEACCOUNT)", at: name)
        }
        for name in ["username", "password"] as [StaticString] where try user.text(name) != nil {
            throw user.problem("passwords are not supported, nor are they by API servers since 1.19", at: name)
        }
        for name in ["as", "as-uid", "as-groups", "as-user-extra"] as [StaticString]
        where user.node[name].map({ !$0.isNull }) ?? false {
            throw user.problem("impersonation is not supported: use credentials of the user who is meant", at: name)
        }
    }
}

extension IPAddress {
    /// Whether the host is this machine.
    fileprivate static func isLoopbackHost(_ host: String) -> Bool {
        if host == "localhost" { return true }
        guard let address = IPAddress(host) else { return false }
        return address.description.hasPrefix("127.") || address == .loopbackV6
    }
}
