import Cluster
import Reactor
import RecordingCluster
import TLS
import TestSupport
import Testing

@Suite struct KubeconfigTests {
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    private func write(_ name: String, _ text: String) throws -> String {
        try WholeFile.replace("\(folder.path)/\(name)", with: Array(text.utf8))
        return "\(folder.path)/\(name)"
    }

    private func file(cluster: String = "server: https://a.example:6443", user: String = "token: t") -> String {
        """
        current-context: dev
        contexts:
        - {name: dev, context: {cluster: c, user: u, namespace: team}}
        - {name: prod, context: {cluster: d, user: u}}
        clusters:
        - {name: c, cluster: {\(cluster)}}
        - {name: d, cluster: {server: "https://d.example/k8s/d"}}
        users:
        - {name: u, user: {\(user)}}

        """
    }

    private func environment(_ variables: [String: String] = [:]) -> ClusterEnvironment {
        ClusterEnvironment(serviceAccount: "\(folder.path)/account") { variables[$0] }
    }

    private func complaint(_ path: String, context: String? = nil) -> String {
        do throws(ClusterError) {
            _ = try ClusterAccess.find(kubeconfig: path, context: context, environment: environment())
            return ""
        } catch {
            return error.description
        }
    }

    @Test func theCurrentContextIsMeantUnlessAnotherIsNamed() throws {
        let path = try write("config", file())
        let access = try ClusterAccess.find(kubeconfig: path)
        #expect(access.server.description == "https://a.example:6443/" && access.token == .fixed("t"))
        #expect(access.namespace == "team" && access.verifiesServer && access.source == "context dev in \(path)")
        let other = try ClusterAccess.find(kubeconfig: path, context: "prod")
        #expect(other.server.description == "https://d.example/k8s/d" && other.namespace == nil)
        #expect(complaint(path, context: "test") == "\(path): there is no context 'test'; there are: dev, prod")
    }

    @Test func pathsAreThoseOfTheFilesFolder() throws {
        let pair = try authority()
        _ = try write("ca.pem", String(decoding: pair.chain, as: UTF8.self))
        _ = try write("me.key", String(decoding: pair.key, as: UTF8.self))
        let path = try write(
            "config",
            file(
                cluster: "server: https://a.example, certificate-authority: ca.pem, tls-server-name: b.example",
                user: "client-certificate: ./ca.pem, client-key: \(folder.path)/me.key, tokenFile: token, token: unused"
            ))
        let access = try ClusterAccess.find(kubeconfig: path)
        #expect(access.authorities == pair.chain && access.pair == pair && access.serverName == "b.example")
        #expect(access.token == .file("\(folder.path)/token"))
    }

    private func authority() throws -> CertificatePair {
        try CertificateMaker(authority: "a", now: SystemClock().wall / 1_000_000_000, days: 1).pair()
    }

    @Test(arguments: [
        ("exec: {command: aws}", "exec is not supported: no foreign program is run for credentials; use a client"),
        ("auth-provider: {name: gcp}", "auth-provider is not supported: "),
        ("username: a, password: b", "passwords are not supported, nor are they by API servers since 1.19"),
        ("as: someone, token: t", "impersonation is not supported: "),
        ("client-certificate: a.pem", "client-certificate: open "),
        ("client-key-data: '*'", "client-key-data is not base64"),
        ("client-key-data: YQ==", "a client-certificate needs its client-key, and the other way round"),
        ("client-certificate-data: YQ==, client-key-data: YQ==", "the client certificate cannot be used: "),
        ("token: [a]", "token must be a string"),
    ])
    func credentialsThatCannotBeUsedAreRefusedWhereTheyStand(user: String, sentence: String) throws {
        let path = try write("config", file(user: user))
        let said = complaint(path)
        #expect(said.hasPrefix("\(path):9:") && said.contains(": \(sentence)"), "\(said)")
    }

    @Test(arguments: [
        ("server: a.example:6443", "server 'a.example:6443': the URL must start with http:// or https://"),
        ("certificate-authority-data: YQ==", "the cluster has no server"),
        ("server: https://a, proxy-url: http://p", "proxy-url is not supported"),
        ("server: https://a, certificate-authority: nowhere", "certificate-authority: open "),
        ("server: https://a, insecure-skip-tls-verify: 'yes'", "insecure-skip-tls-verify must be true or false"),
        (
            "server: https://a, insecure-skip-tls-verify: true, certificate-authority-data: YQ==",
            "a certificate-authority and insecure-skip-tls-verify contradict each other"
        ),
        ("server: http://a.example", "a token is not sent unencrypted: use https"),
    ])
    func clustersThatCannotBeUsedAreRefusedWhereTheyStand(cluster: String, sentence: String) throws {
        let path = try write("config", file(cluster: cluster))
        let said = complaint(path)
        #expect(said.hasPrefix("\(path):") && said.contains(": \(sentence)"), "\(said)")
    }

    @Test func aTokenMayGoUnencryptedToThisMachine() throws {
        for host in ["127.0.0.1", "localhost", "[::1]"] {
            let path = try write("config", file(cluster: "server: 'http://\(host):8001'"))
            #expect(complaint(path).isEmpty)
        }
    }

    @Test func ofSeveralFilesTheFirstThatHasANameCounts() throws {
        let first = try write(
            "one", "current-context: dev\nclusters:\n- {name: c, cluster: {server: 'https://first'}}\n")
        let second = try write("two", file().replacing("current-context: dev", with: "current-context: prod"))
        let list = "\(first)::\(folder.path)/missing:\(second)"
        let access = try ClusterAccess.find(environment: environment(["KUBECONFIG": list]))
        #expect(access.server.host == "first" && access.namespace == "team")
        #expect(throws: ClusterError.self) {
            try ClusterAccess.find(environment: environment(["KUBECONFIG": "\(folder.path)/missing"]))
        }
    }

    @Test func aPodsServiceAccountComesBeforeTheEnvironmentsFiles() throws {
        try WholeFile.makeDirectory("\(folder.path)/account")
        _ = try write("account/ca.crt", "PEM")
        let kubeconfig = try write("config", file())
        var variables = [
            "KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "6443", "KUBECONFIG": kubeconfig,
        ]
        #expect(try ClusterAccess.find(environment: environment(variables)).server.host == "a.example")
        _ = try write("account/token", "first\n")
        _ = try write("account/namespace", "portcullis-system")
        let pod = try ClusterAccess.find(environment: environment(variables))
        #expect(pod.server.description == "https://[fd00::1]:6443/" && pod.namespace == "portcullis-system")
        #expect(pod.token == .file("\(folder.path)/account/token") && pod.authorities == Array("PEM".utf8))
        // Who names a context or a file means it.
        #expect(try ClusterAccess.find(context: "dev", environment: environment(variables)).server.host == "a.example")
        #expect(
            try ClusterAccess.find(kubeconfig: kubeconfig, environment: environment(variables)).server.host
                == "a.example")
        variables["KUBERNETES_SERVICE_PORT"] = "none"
        #expect(throws: ClusterError.self) { try ClusterAccess.find(environment: environment(variables)) }
    }

    @Test func noClusterAtAllIsSaid() {
        #expect { try ClusterAccess.find(environment: environment(["HOME": folder.path])) } throws: { error in
            "\(error)".hasPrefix("no cluster is known: ") && "\(error)".hasSuffix("name a kubeconfig with --kubeconfig")
        }
    }

    @Test(arguments: ["", "[]", "a: b: c", "- x"]) func garbageIsNoKubeconfig(text: String) throws {
        let path = try write("config", text)
        #expect(complaint(path).hasPrefix(path))
    }

    /// Tokens of service accounts are replaced while a program runs, and the old one ends.
    @Test func aTokenInAFileIsReadAgain() throws {
        let cluster = try RecordingCluster()
        try WholeFile.makeDirectory("\(folder.path)/account")
        _ = try write("account/ca.crt", String(decoding: cluster.authority, as: UTF8.self))
        _ = try write("account/token", "first\n")
        cluster.accept(token: "first", of: "admin")
        let port = String(cluster.url.split(separator: ":").last ?? "")
        let found = try ClusterAccess.find(
            environment: environment(["KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": port]))
        let client = try ClusterClient(found)
        #expect(try client.find(one) == nil)
        cluster.revoke(token: "first")
        cluster.accept(token: "second", of: "admin")
        _ = try write("account/token", "second\n")
        #expect(try client.find(one) == nil)
        #expect(cluster.requests.map { $0.fields["authorization"] } == ["Bearer first", "Bearer second"])
        // Replaced between the reading and the asking: the file is read once more.
        cluster.interpose(on: "GET") { _ in }
        cluster.failNext(401, "Unauthorized", "Unauthorized")
        #expect(try client.find(one) == nil)
        #expect(cluster.requests.count == 4)
    }
}
