import Policies
import Reactor
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
          --url URL                       or its address, https://HOST[:PORT][/PATH]
          --ca-file FILE                  the authorities (PEM) that the server's certificate is verified by
          --ca-secret NAMESPACE/NAME      or the Secret whose ca.crt has them
          --name NAME                     the registration's name, and that of its objects (default portcullis)
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
    let authoritiesSecret: (namespace: String, name: String)?

    init(_ arguments: Arguments) throws(UsageError) {
        rules = arguments.all("--rules").flatMap { $0.split(separator: ",").map(String.init) }
        if rules.isEmpty { throw UsageError(message: "no rules given with --rules") }
        target = try Self.target(arguments)
        name = arguments.value("--name") ?? Registration.product
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
        authoritiesSecret = try arguments.value("--ca-secret").map { (text) throws(UsageError) in
            try Self.pair(text, "--ca-secret")
        }
        if authoritiesFile != nil, authoritiesSecret != nil {
            throw UsageError(message: "--ca-file and --ca-secret are alternatives")
        }
        if authoritiesFile == nil, authoritiesSecret == nil, arguments.value("--service") != nil {
            throw UsageError(message: "the API server must know whom to trust: give --ca-file or --ca-secret")
        }
    }

    private static func target(_ arguments: Arguments) throws(UsageError) -> WebhookTarget {
        switch (arguments.value("--service"), arguments.value("--url")) {
        case (let service?, nil):
            let parts = service.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            let port = parts.count == 2 ? Int(parts[1]) ?? 0 : 443
            guard parts.count <= 2, (1...65535).contains(port) else {
                throw UsageError(message: "--service must be NAMESPACE/NAME or NAMESPACE/NAME:PORT, not '\(service)'")
            }
            let (namespace, name) = try pair(parts[0], "--service")
            return .service(namespace: namespace, name: name, port: port)
        case (nil, let url?):
            if let problem = WebhookAddress.problem(url) { throw UsageError(message: "--url: \(problem)") }
            return .url(url.hasSuffix("/") ? String(url.dropLast()) : url)
        case (nil, nil): throw UsageError(message: "where does the server answer? give --service or --url")
        default: throw UsageError(message: "--service and --url are alternatives")
        }
    }

    static func pair(_ text: String, _ option: String) throws(UsageError) -> (namespace: String, name: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, parts.allSatisfy({ RegistrationName.problem($0) == nil }) else {
            throw UsageError(message: "\(option) must be NAMESPACE/NAME, not '\(text)'")
        }
        return (parts[0], parts[1])
    }

    /// What a bundle of that file is; nil after saying why it cannot be used.
    static func authorities(file: String) -> [UInt8]? {
        guard let input = InputFile(file) else { return nil }
        if let problem = AuthorityBundle.problem(input.bytes) {
            Console.error("portcullis: \(input.name): \(problem)\n")
            return nil
        }
        return input.bytes
    }
}
