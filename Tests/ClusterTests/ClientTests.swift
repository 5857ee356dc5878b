import Cluster
import HTTP
import JSON
import Reactor
import RecordingCluster
import Testing

/// A client of a recording API server.
struct Connected {
    let cluster: RecordingCluster
    let client: ClusterClient

    init(user: String = "admin", withToken: Bool = false, patience: Nanoseconds = .seconds(20)) throws {
        cluster = try RecordingCluster()
        var bounds = ClusterClient.Bounds()
        bounds.patience = patience
        bounds.pause = .milliseconds(1)
        bounds.pageObjects = 2
        let path = try cluster.kubeconfig(user: user, withToken: withToken)
        client = try ClusterClient(ClusterAccess.find(kubeconfig: path), bounds: bounds)
    }

    /// The sentence that a call fails with.
    func complaint<T>(_ work: (ClusterClient) throws(ClusterError) -> T) -> ClusterError? {
        do throws(ClusterError) {
            _ = try work(client)
            return nil
        } catch {
            return error
        }
    }
}

func secret(_ name: String, _ members: String = #""data":{"a":"YQ=="}"#, metadata: String = "") -> [UInt8] {
    Array(
        #"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"\#(name)"\#(metadata)},\#(members)}"#.utf8)
}

let one = ObjectReference(.secrets, "one", in: "default")

@Suite struct ClientTests {
    @Test func aClientCertificateAndATokenAreBothShown() throws {
        for withToken in [false, true] {
            let connected = try Connected(withToken: withToken)
            #expect(try connected.client.find(one) == nil)
            #expect(connected.cluster.requests.map(\.user) == ["admin"])
            let authorization = connected.cluster.requests.first?.fields["authorization"]
            #expect(authorization == (withToken ? "Bearer token-of-admin" : nil))
        }
    }

    @Test func anObjectIsMadeReadReplacedAndDeleted() throws {
        let connected = try Connected()
        let made = try connected.client.create(one, secret("one"))
        #expect(made.withRoot { $0["type"]?.string } == "Opaque")
        let version = try #require(made.withRoot { $0["metadata"]?["resourceVersion"]?.string })
        let next = secret("one", #""data":{"a":"Yg=="}"#, metadata: #","resourceVersion":"\#(version)""#)
        let replaced = try connected.client.replace(one, next)
        #expect(replaced.withRoot { $0["data"]?["a"]?.string } == "Yg==")
        #expect(try connected.client.get(one).withRoot { $0["data"]?["a"]?.string } == "Yg==")
        #expect(connected.complaint { client throws(ClusterError) in try client.replace(one, next) }?.kind == .conflict)
        #expect(
            connected.complaint { client throws(ClusterError) in try client.create(one, secret("one")) }?.kind
                == .alreadyExists)
        let uid = made.withRoot { $0["metadata"]?["uid"]?.string }
        #expect(
            connected.complaint { client throws(ClusterError) in try client.delete(one, uid: "other") }?.kind
                == .conflict)
        #expect(try connected.client.delete(one, uid: uid, propagation: .foreground))
        #expect(try !connected.client.delete(one))
        #expect(
            connected.cluster.requests.map(\.line) == [
                "POST /api/v1/namespaces/default/secrets?fieldManager=portcullis",
                "PUT /api/v1/namespaces/default/secrets/one?fieldManager=portcullis",
                "GET /api/v1/namespaces/default/secrets/one",
                "PUT /api/v1/namespaces/default/secrets/one?fieldManager=portcullis",
                "POST /api/v1/namespaces/default/secrets?fieldManager=portcullis",
                "DELETE /api/v1/namespaces/default/secrets/one", "DELETE /api/v1/namespaces/default/secrets/one",
                "DELETE /api/v1/namespaces/default/secrets/one",
            ])
        #expect(connected.cluster.requests[6].json["preconditions"]["uid"].text == uid)
        #expect(connected.cluster.requests[6].json["propagationPolicy"] == "Foreground")
    }

    @Test func anApplyIsIdempotentAndGivesUpWhatItLeavesOut() throws {
        let connected = try Connected()
        let first = try connected.client.apply(one, secret("one", #""data":{"a":"YQ==","b":"Yg=="}"#))
        let again = try connected.client.apply(one, secret("one", #""data":{"a":"YQ==","b":"Yg=="}"#))
        func version(_ document: JSONDocument) -> String? {
            document.withRoot { $0["metadata"]?["resourceVersion"]?.string }
        }
        #expect(version(first) == version(again))
        let less = try connected.client.apply(one, secret("one", #""data":{"a":"YQ=="}"#))
        #expect(version(less) != version(first))
        #expect(less.withRoot { $0["data"]?["b"] == nil && $0["data"]?["a"] != nil })
        let request = try #require(connected.cluster.requests.first)
        #expect(request.line == "PATCH /api/v1/namespaces/default/secrets/one?fieldManager=portcullis")
        #expect(request.fields["content-type"] == "application/apply-patch+yaml")
    }

    @Test func fieldsOfAnotherManagerAreAConflictUnlessForced() throws {
        let connected = try Connected()
        connected.cluster.put(
            String(decoding: secret("one"), as: UTF8.self).replacing("\"one\"", with: #""one","namespace":"default""#))
        let other = secret("one", #""data":{"a":"Yg=="}"#)
        let refused = connected.complaint { client throws(ClusterError) in try client.apply(one, other) }
        #expect(refused?.kind == .conflict)
        #expect(
            refused?.description
                == "Secret default/one: Apply failed with 1 conflict: conflict with \"kubectl\" using v1: .data.a")
        _ = try connected.client.apply(one, other, force: true, dryRun: true)
        #expect(connected.cluster.object("secrets", "one", in: "default")?["data"]["a"] == "YQ==")
        _ = try connected.client.apply(one, other, force: true)
        #expect(connected.cluster.object("secrets", "one", in: "default")?["data"]["a"] == "Yg==")
        #expect(
            connected.cluster.requests.map { [$0.query["force"], $0.query["dryRun"]] }
                == [[nil, nil], ["true", "All"], ["true", nil]])
    }

    @Test func aListIsReadPageByPage() throws {
        let connected = try Connected()
        for name in ["a", "b", "c", "d", "e"] {
            _ = try connected.client.create(.init(.secrets, name, in: "default"), secret(name))
        }
        connected.cluster.put(
            #"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"x","namespace":"kube-system","labels":{"mine":"yes"}}}"#
        )
        connected.cluster.forgetRequests()
        let all = try connected.client.list(.secrets, in: "default")
        #expect(all.map { $0.withRoot { $0["metadata"]?["name"]?.string } } == ["a", "b", "c", "d", "e"])
        #expect(all.allSatisfy { $0.withRoot { $0["apiVersion"]?.string == "v1" && $0["kind"]?.string == "Secret" } })
        #expect(
            connected.cluster.requests.map(\.line) == [
                "GET /api/v1/namespaces/default/secrets?limit=2",
                "GET /api/v1/namespaces/default/secrets?continue=page-2&limit=2",
                "GET /api/v1/namespaces/default/secrets?continue=page-4&limit=2",
            ])
        let mine = try connected.client.list(.secrets, labels: "mine=yes")
        #expect(mine.map { $0.withRoot { $0["metadata"]?["name"]?.string } } == ["x"])
        #expect(connected.cluster.requests.last?.line == "GET /api/v1/secrets?labelSelector=mine=yes&limit=2")
    }

    @Test func anExpiredListIsBegunAgainOnce() throws {
        let connected = try Connected()
        connected.cluster.failNext(410, "Expired", "The provided continue parameter is too old")
        #expect(try connected.client.list(.secrets, in: "default").isEmpty)
        for _ in 0..<2 { connected.cluster.failNext(410, "Expired", "too old") }
        #expect(connected.complaint { client throws(ClusterError) in try client.list(.secrets) }?.kind == .expired)
    }

    @Test func whatIsTurnedAwayIsAskedAgain() throws {
        let connected = try Connected()
        connected.cluster.failNext(429, "TooManyRequests", "too many requests", retryAfter: 0)
        connected.cluster.failNext(503, "ServiceUnavailable", "starting")
        connected.cluster.failNext(500, "ServerTimeout", "try again", retryAfter: 0)
        #expect(try connected.client.find(one) == nil)
        #expect(connected.cluster.requests.count == 4)
        connected.cluster.failNext(500, "InternalError", "Internal error occurred: etcd")
        let failed = connected.complaint { client throws(ClusterError) in try client.find(one) }
        #expect(failed?.kind == .failed && connected.cluster.requests.count == 5)
    }

    @Test func attemptsAreBoundedInNumberAndInTime() throws {
        let connected = try Connected()
        for _ in 0..<6 { connected.cluster.failNext(429, "TooManyRequests", "too many requests", retryAfter: 0) }
        #expect(connected.complaint { client throws(ClusterError) in try client.get(one) }?.kind == .overloaded)
        #expect(connected.cluster.requests.count == 6)
        connected.cluster.failNext(429, "TooManyRequests", "too many requests", retryAfter: 3600)
        let late = connected.complaint { client throws(ClusterError) in try client.get(one) }
        #expect(late?.kind == .overloaded && connected.cluster.requests.count == 7)
    }

    /// API servers behind a proxy have a path of their own.
    @Test func theServersOwnPathComesFirst() throws {
        let cluster = try RecordingCluster()
        var access = try ClusterAccess.find(kubeconfig: cluster.kubeconfig())
        for path in ["/k8s/clusters/c-1", "/k8s/clusters/c-1/"] {
            access.server = try HTTPURL(cluster.url + path)
            let client = try ClusterClient(access)
            #expect(throws: ClusterError.self) { try client.get(one) }
            #expect(cluster.requests.last?.path == "/k8s/clusters/c-1/api/v1/namespaces/default/secrets/one")
        }
    }

    @Test func namesThatWouldLeadElsewhereAreNotSent() throws {
        let connected = try Connected()
        for name in ["", ".", "..", "a/b", "a%2e"] {
            let refused = connected.complaint { client throws(ClusterError) in
                try client.find(ObjectReference(.secrets, name, in: "default"))
            }
            #expect(refused?.kind == .configuration)
        }
        let nowhere = connected.complaint { client throws(ClusterError) in
            try client.find(ObjectReference(.secrets, "a"))
        }
        #expect(nowhere?.description == "Secret a needs a namespace")
        #expect(connected.cluster.requests.isEmpty)
    }
}
