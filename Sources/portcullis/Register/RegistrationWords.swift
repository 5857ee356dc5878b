import Cluster
import HTTP
import JSON
import Registration

/// The options that say what is registered, which several commands have.
struct RegistrationWords {
    static let namespace = "portcullis-system"
    static let lists: Set<String> = ["--rules", "--include-namespace", "--exclude-namespace"]
    static let values: Set<String> = [
        "--rules", "--service", "--url", "--ca-file", "--ca-secret", "--name", "--namespace", "--include-namespace",
        "--exclude-namespace",
    ]
    static let flags = """
          --rules PATH…                   files and folders of rules
          --service NAMESPACE/NAME[:PORT] the Service that API servers reach the server by (port 443)
          --ca-file FILE                  the authorities (PEM) that the server's certificate is verified by
          --ca-secret NAMESPACE/NAME      or the Secret whose ca.crt has them
          --namespace NAME                the server's own namespace (default the Service's, or portcullis-system)
          --exclude-namespace NAME…       namespaces that nobody is asked about, beside the server's own, kube-system and
                                          kube-node-lease
          --include-namespace NAME…       namespaces that are asked about though they would be left out
        """

    /// What a command was told, as far as it can be wrong without anything being read.
    let target: WebhookTarget
    let name: String
    let own: String
    let exclusions: RegistrationPlan.Exclusions
    let rules: [String]
    let authoritiesFile: String?
    let authoritiesSecret: NamespacedName?

    /// `isVerifying`: the rules may be left out, and the authorities, and the address that is asked may be said beside the
    /// Service that is registered.
    init(_ arguments: Arguments, isVerifying: Bool = false) throws(UsageError) {
        rules = arguments.all("--rules").flatMap { $0.split(separator: ",").map(String.init) }
        if isVerifying, arguments.value("--name") != nil {
            throw UsageError(message: "the registration in the cluster is named with --registration")
        }
        if rules.isEmpty, !isVerifying { throw UsageError(message: "no rules given with --rules") }
        target = try Self.target(arguments, isVerifying: isVerifying)
        name = arguments.value(isVerifying ? "--registration" : "--name") ?? WebhookRegistration.product
        if let problem = RegistrationName.problem(name) { throw UsageError(message: "--name: \(problem)") }
        var own = arguments.value("--namespace") ?? Self.namespace
        if case .service(let namespace, _, _) = target, arguments.value("--namespace") == nil { own = namespace }
        self.own = own
        let included = arguments.all("--include-namespace")
        let all = RegistrationPlan.Exclusions.systemNamespaces + [own] + arguments.all("--exclude-namespace")
        exclusions = RegistrationPlan.Exclusions(namespaces: all.filter { !included.contains($0) })
        for name in included + exclusions.namespaces {
            if let problem = RegistrationName.problem(namespace: name) {
                throw UsageError(message: "'\(name)' is no name of a namespace: \(problem)")
            }
        }
        authoritiesFile = arguments.value("--ca-file")
        authoritiesSecret = try NamespacedName.read("--ca-secret", arguments)
        if authoritiesFile != nil, authoritiesSecret != nil {
            throw UsageError(message: "--ca-file and --ca-secret are alternatives")
        }
        if !isVerifying, authoritiesFile == nil, authoritiesSecret == nil, arguments.value("--service") != nil {
            throw UsageError(message: "the API server must know whom to trust: give --ca-file or --ca-secret")
        }
    }

    private static func target(_ arguments: Arguments, isVerifying: Bool) throws(UsageError) -> WebhookTarget {
        switch (arguments.value("--service"), arguments.value("--url")) {
        case (let service?, let url) where url == nil || isVerifying:
            let parts = service.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            let port = parts.count == 2 ? Int(parts[1]) ?? 0 : 443
            guard parts.count <= 2, (1...65535).contains(port) else {
                throw UsageError(message: "--service must be NAMESPACE/NAME or NAMESPACE/NAME:PORT, not '\(service)'")
            }
            let names = parts[0].split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            guard names.count == 2, RegistrationName.problem(namespace: names[0]) == nil,
                RegistrationName.problem(names[1]) == nil
            else {
                throw UsageError(message: "--service must be NAMESPACE/NAME or NAMESPACE/NAME:PORT, not '\(service)'")
            }
            return .service(namespace: names[0], name: names[1], port: port)
        case (nil, let url?):
            if let problem = WebhookAddress.problem(url) { throw UsageError(message: "--url: \(problem)") }
            if isVerifying, let service = service(url) { return service }
            return .url(url.hasSuffix("/") ? String(url.dropLast()) : url)
        case (nil, nil): throw UsageError(message: "where does the server answer? give --service or --url")
        default: throw UsageError(message: "--service and --url are alternatives")
        }
    }

    /// The Service whose address within a cluster that is: `https://NAME.NAMESPACE.svc:PORT`.
    private static func service(_ url: String) -> WebhookTarget? {
        guard let url = try? HTTPURL(url), url.target == "/" else { return nil }
        let labels = url.host.split(separator: ".").map(String.init)
        guard labels.count == 3, labels[2] == "svc" else { return nil }
        return .service(namespace: labels[1], name: labels[0], port: url.port)
    }

    /// The authorities that were meant, none where none need be; nil after saying why they cannot be used.
    func authorities(_ client: ClusterClient?) throws(ClusterError) -> [UInt8]? {
        var (place, bundle): (String, [UInt8]) = ("", [])
        if let authoritiesFile {
            guard let input = InputFile(authoritiesFile) else { return nil }
            (place, bundle) = (input.name, input.bytes)
        } else if let authoritiesSecret, let client {
            (place, bundle) = try Self.authorities(authoritiesSecret, client)
        } else {
            return []
        }
        if let problem = AuthorityBundle.problem(bundle) {
            Console.error("portcullis: \(place): \(problem)\n")
            return nil
        }
        return bundle
    }

    private static func authorities(
        _ name: NamespacedName, _ client: ClusterClient
    ) throws(ClusterError) -> (place: String, bundle: [UInt8]) {
        let secret = ObjectReference(.secrets, name.name, in: name.namespace)
        let document = try client.get(secret)
        let text = document.withRoot { $0["data"]?["ca.crt"]?.string }
        guard let text, let bundle = Base64Text.decode(Array(text.utf8)) else {
            throw ClusterError(
                .invalid,
                "\(secret) has no ca.crt: portcullis certs ensure --secret \(name.namespace)/\(name.name) makes it")
        }
        return ("\(secret): ca.crt", bundle)
    }
}
