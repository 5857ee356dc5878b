import Cluster
import Glibc
import HTTP
import JSON
import Reactor
import RecordingCluster
import TLS
import Testing

@Suite struct RefusalTests {
    @Test func aMissingRightIsNamedWithTheRuleThatGivesIt() throws {
        let connected = try Connected(user: "system:serviceaccount:default:portcullis")
        let refused = connected.complaint { client throws(ClusterError) in try client.get(one) }
        #expect(refused?.kind == .forbidden)
        #expect(
            refused?.description == """
                "system:serviceaccount:default:portcullis" may not get Secret default/one; add this rule to a Role in the \
                namespace default that is bound to it:
                - apiGroups: [""]
                  resources: [secrets]
                  resourceNames: [one]
                  verbs: [get]
                """)
        let webhooks = connected.complaint { client throws(ClusterError) in
            try client.list(.validatingWebhookConfigurations)
        }
        #expect(
            webhooks?.description == """
                "system:serviceaccount:default:portcullis" may not list validatingwebhookconfigurations; add this rule to a \
                ClusterRole that is bound to it:
                - apiGroups: ["admissionregistration.k8s.io"]
                  resources: [validatingwebhookconfigurations]
                  verbs: [list]
                """)
    }

    /// The API server says nothing but "forbidden" when an apply may patch but not create.
    @Test func anApplyThatMayNotCreateSaysSo() throws {
        let connected = try Connected(user: "patcher")
        connected.cluster.grant("patcher", verbs: ["patch"], "secrets", names: ["one"], in: "default")
        let refused = connected.complaint { client throws(ClusterError) in try client.apply(one, secret("one")) }
        #expect(refused?.description.contains("may not create Secret default/one") == true)
        #expect(refused?.description.hasSuffix("  resources: [secrets]\n  verbs: [create]") == true)
        connected.cluster.grant("patcher", verbs: ["create"], "secrets", in: "default")
        _ = try connected.client.apply(one, secret("one"))
    }

    @Test func aRefusalThatNoRuleWouldHelpAgainstNamesNone() throws {
        let connected = try Connected()
        connected.cluster.failNext(403, "Forbidden", #"admission webhook "x" denied the request: no"#)
        let refused = connected.complaint { client throws(ClusterError) in try client.get(one) }
        #expect(refused?.kind == .forbidden)
        #expect(
            refused?.description.hasSuffix(#"refuses Secret default/one: admission webhook "x" denied the request: no"#)
                == true)
    }

    @Test func aTokenThatIsNobodysIsRefused() throws {
        let connected = try Connected(withToken: true)
        connected.cluster.revoke(token: "token-of-admin")
        let refused = connected.complaint { client throws(ClusterError) in try client.get(one) }
        #expect(refused?.kind == .unauthorized)
        #expect(refused?.description.contains("does not accept the credentials of context recording in /") == true)
        #expect(connected.cluster.requests.count == 1)
    }

    @Test func whatIsMissingIsTold() throws {
        let connected = try Connected()
        let object = connected.complaint { client throws(ClusterError) in try client.get(one) }
        #expect(object?.kind == .notFound && object?.description == "there is no Secret default/one")
        let namespace = connected.complaint { client throws(ClusterError) in
            try client.create(ObjectReference(.secrets, "one", in: "nowhere"), secret("one"))
        }
        #expect(
            namespace?.description
                == "there is no namespace nowhere: create it first (kubectl create namespace nowhere)")
        let old = ClusterResource(
            group: "admissionregistration.k8s.io", version: "v2", plural: "gates", kind: "Gate", isNamespaced: false)
        let kind = connected.complaint { client throws(ClusterError) in try client.find(ObjectReference(old, "a")) }
        #expect(kind?.kind == .unknownKind)
        #expect(kind?.description.contains("knows no gates of admissionregistration.k8s.io/v2") == true)
    }

    @Test func whatTheServerFindsWrongIsTold() throws {
        let connected = try Connected()
        let refused = connected.complaint { client throws(ClusterError) in
            try client.create(one, secret("one", #""type":"kubernetes.io/tls","data":{"tls.crt":"YQ=="}"#))
        }
        #expect(refused?.kind == .invalid)
        #expect(refused?.description.hasSuffix(#"Secret "one" is invalid: data[tls.key]: Required value"#) == true)
    }

    @Test func aFieldThatTheKindHasNotIsTold() throws {
        let connected = try Connected()
        let refused = connected.complaint { client throws(ClusterError) in
            try client.apply(one, secret("one", #""dada":{"a":"YQ=="}"#))
        }
        #expect(refused?.kind == .invalid)
        #expect(
            refused?.description.hasSuffix(
                "failed to create typed patch object (default/one; v1, Kind=Secret): .dada: field not declared in schema"
            )
                == true)
    }

    @Test func aServerThatIsNotTrustedIsNotAsked() throws {
        let (cluster, other) = (try RecordingCluster(), try RecordingCluster())
        var access = try ClusterAccess.find(kubeconfig: cluster.kubeconfig())
        access.authorities = other.authority
        let refused = try complaint(access)
        #expect(refused?.kind == .untrusted)
        #expect(
            refused?.description.contains("shows something else than a certificate of the authorities that it names")
                == true)
        access.authorities = cluster.authority
        access.serverName = "elsewhere.example"
        #expect(try complaint(access)?.kind == .untrusted)
        access.serverName = "kubernetes.default.svc"
        #expect(try complaint(access)?.kind == .notFound)
        access.authorities = nil
        access.verifiesServer = false
        access.serverName = nil
        #expect(try complaint(access)?.kind == .notFound)
        #expect(access.warning?.contains("insecure-skip-tls-verify is set") == true)
        #expect(cluster.requests.count == 2)
    }

    @Test func nobodyThereIsTold() throws {
        let cluster = try RecordingCluster()
        let path = try cluster.kubeconfig()
        var access = try ClusterAccess.find(kubeconfig: path)
        access.server = try .init("https://127.0.0.1:1")
        let refused = try complaint(access)
        #expect(refused?.kind == .unreachable)
        #expect(
            refused?.description
                == "nobody answers at 127.0.0.1:1, the API server of context recording in \(path): Connection refused; "
                + "is the cluster up, and the address right?")
    }

    @Test func whoNeverAnswersIsGivenUp() throws {
        // The kernel takes connections for a listener that nobody asks for them.
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                #expect(bind(listener, address, length) == 0 && listen(listener, 4) == 0)
                #expect(getsockname(listener, address, &length) == 0)
            }
        }
        let cluster = try RecordingCluster()
        var access = try ClusterAccess.find(kubeconfig: cluster.kubeconfig())
        access.server = try HTTPURL("https://127.0.0.1:\(UInt16(bigEndian: name.sin_port))")
        let refused = try complaint(access) { $0.patience = .milliseconds(100) }
        #expect(refused?.kind == .timedOut && refused?.description.contains("did not answer in time") == true)
    }

    @Test func anAnswerWithoutAnEndIsNotRead() throws {
        let cluster = try RecordingCluster()
        cluster.put(
            #"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"one","namespace":"default"},"data":{"a":"YWFhYWFhYWFh"}}"#
        )
        let access = try ClusterAccess.find(kubeconfig: cluster.kubeconfig())
        let refused = try complaint(access) { $0.responseBytesMax = 100 }
        #expect(refused?.kind == .malformed && refused?.description.contains("is unusable: ") == true)
    }

    private func complaint(
        _ access: ClusterAccess, _ change: (inout ClusterClient.Bounds) -> Void = { _ in }
    ) throws -> ClusterError? {
        var bounds = ClusterClient.Bounds()
        change(&bounds)
        let client = try ClusterClient(access, bounds: bounds)
        do throws(ClusterError) {
            _ = try client.get(one)
            return nil
        } catch {
            return error
        }
    }
}
