import Gate
import Reactor
import Testing

@Suite struct ServerConfigurationTests {
    static func read(_ text: String) throws(ServerConfiguration.Problems) -> ServerConfiguration {
        try ServerConfiguration(parsing: Array(text.utf8), file: "server.yaml")
    }

    static func problems(_ text: String) -> [String] {
        do {
            _ = try read(text)
            return []
        } catch {
            return error.list.map(\.description)
        }
    }

    @Test func readsEveryField() throws {
        let configuration = try Self.read(
            """
            apiVersion: portcullis.dev/v1
            kind: Server
            metadata: {name: main}
            spec:
              listen: "[::]:9443"
              adminListen: 127.0.0.1:0
              loops: 3
              workers: 4
              state: /var/lib/portcullis
              rules: [rules, more/rules.yaml]
              context: context
              hooks: [allow-all]
              logLevel: warning
              tls:
                certificate: tls.crt
                key: tls.key
                clientCA: ca.crt
                clientCertificates: optional
                clientNames: [kube-apiserver]
                minimumVersion: 1.3
              limits: {bodyBytes: 4Mi, headBytes: 32Ki, idleTime: 2m, connectionAge: 30m, connectionsPerLoop: 10}
              deadline: {default: 5s, max: 20s, headroom: 20ms}
              overload: {inFlightPerLoop: 7, queueDelay: 100ms}
              shutdown: {delay: 5s, grace: 20s}
            """)
        #expect(configuration.listen.description == "[::]:9443")
        #expect(configuration.workers == 4)
        #expect(configuration.loops == 3 && configuration.rules == ["rules", "more/rules.yaml"])
        #expect(configuration.context == ["context"] && configuration.hooks == ["allow-all"])
        #expect(configuration.tls.policy.minimumVersion == .tls13 && configuration.tls.isClientCertificateOptional)
        #expect(configuration.limits.message.bodyBytesMax == 4 << 20)
        #expect(configuration.limits.idleTime == .seconds(120))
        #expect(configuration.deadline.headroomNanoseconds == 20_000_000)
        #expect(configuration.shutdown.grace == .seconds(20) && configuration.logLevel == .warning)
    }

    @Test(arguments: [
        ("kind: Server\n", "server.yaml:1:1: error: must say apiVersion: portcullis.dev/v1 (apiVersion)"),
        (
            "apiVersion: portcullis.dev/v1\nkind: Sevrer\n",
            "server.yaml:2:7: error: must be 'Server' (kind)"
        ),
        ("[1]\n", "server.yaml:1:1: error: must be a mapping"),
        (
            "apiVersion: portcullis.dev/v1\nkind: Server\nspec:\n  lisen: a\n",
            "server.yaml:4:3: error: unknown field 'lisen'; known are listen, adminListen, loops, workers, state, rules, "
                + "context, shadowRules, record, allowInvalidRules, hooks, logLevel, tls, limits, deadline, overload, shutdown, admin, "
                + "hookCalls, traces (spec.lisen)"
        ),
        (
            "apiVersion: portcullis.dev/v1\nkind: Server\nspec:\n  limits: {bodyBytes: 1Ti}\n",
            "server.yaml:4:23: error: must be a number of bytes from 1Ki to 256Mi, such as 64Ki or 8Mi "
                + "(spec.limits.bodyBytes)"
        ),
        (
            "apiVersion: portcullis.dev/v1\nkind: Server\nspec:\n  deadline: {max: 5}\n",
            "server.yaml:4:19: error: must be a duration from 1ms to 30s, such as 250ms or 10s (spec.deadline.max)"
        ),
        (
            "apiVersion: portcullis.dev/v1\nkind: Server\nspec:\n  listen: localhost\n",
            "server.yaml:4:11: error: must be an address with a port, such as 0.0.0.0:8443 or [::]:8443 (spec.listen)"
        ),
        (
            "apiVersion: portcullis.dev/v1\nkind: Server\nspec:\n  tls: {key: a}\n",
            "server.yaml:4:14: error: a certificate needs its key, and a key its certificate (spec.tls.key)"
        ),
        ("a: [\n", "server.yaml:2:1: error: expected a value"),
    ])
    func saysWhatIsWrongAndWhere(text: String, message: String) {
        let problems = Self.problems(text)
        #expect(problems == [message] || problems.contains(message) && problems.count <= 2, "\(problems)")
    }
}
