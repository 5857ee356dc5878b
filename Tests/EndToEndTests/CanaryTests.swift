import Foundation
import RecordingCluster
import Testing

/// `canary` watches servers that run.
@Suite struct CanaryTests {
    private static func rules(_ run: String, _ name: String = "rule") -> String {
        """
        apiVersion: portcullis.dev/v1
        kind: Hook
        metadata: {name: \(name)}
        spec:
          phase: validate
          failurePolicy: Ignore
          match: {resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]}
          run: {\(run)}

        """
    }

    private static let good = rules(#"cel: {validations: [{expression: "true"}]}"#)
    /// Nobody is there to be asked: the hook fails at once, and open.
    private static let failing = rules(#"http: {url: "https://127.0.0.1:1/"}"#)

    private static func server(_ rules: String, _ folder: URL) throws -> RunningServer {
        let path = folder.appendingPathComponent("\(UUID().uuidString).yaml")
        try ServeRulesTests.write(rules, path)
        return try RunningServer(["--rules", path.path])
    }

    /// Runs the command, and asks the server for as long as it runs.
    private static func canary(_ words: [String], asking server: RunningServer) throws -> BuiltBinary.Outcome {
        let watching = Watching(["canary", "--seconds", "2", "--every", "1"] + words)
        for _ in 0..<10_000 {
            if let outcome = watching.outcome { return try outcome.get() }
            _ = try server.curl("/validate", ServeTests.post(ServeTests.pod()))
        }
        throw RunningServer.Failure("the command does not end")
    }

    /// The command on a thread of its own: tests may have every thread of the pool.
    private final class Watching: @unchecked Sendable {
        private let lock = NSLock()
        private var result: Result<BuiltBinary.Outcome, any Error>?
        var outcome: Result<BuiltBinary.Outcome, any Error>? { lock.withLock { result } }

        init(_ words: [String]) {
            Thread.detachNewThread { [self] in
                let result = Result { try BuiltBinary.run(words) }
                lock.withLock { self.result = result }
            }
        }
    }

    @Test func aServerThatDoesWellPasses() throws {
        let folder = try ServeRulesTests.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let server = try Self.server(Self.good, folder)
        let metrics = "http://\(server.admin)/metrics"
        let kept = folder.appendingPathComponent("figures.json").path
        let outcome = try Self.canary(
            ["--metrics", metrics, "--minimum-requests", "1", "--p99", "20s", "--save", kept], asking: server)
        #expect(outcome.status == 0 && outcome.output.hasSuffix("\ngood\n"), "\(outcome.output)\(outcome.errors)")
        let again = try Self.canary(
            [
                "--metrics", metrics, "--minimum-requests", "1", "--p99", "20s", "--baseline", kept, "--tolerance",
                "10000",
                "-o", "json",
            ], asking: server)
        #expect(again.status == 0 && again.output.hasPrefix(#"{"good":true,"figures":{"reviews":"#), "\(again.output)")
        #expect(again.output.contains("p99, against before"))
    }

    @Test func fewReviewsAreAWarningOrAFailure() throws {
        let folder = try ServeRulesTests.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let server = try Self.server(Self.good, folder)
        let words = ["canary", "--metrics", "http://\(server.admin)/metrics", "--seconds", "1"]
        let outcome = try BuiltBinary.run(words)
        #expect(
            outcome.status == 0 && outcome.output.contains("good, as far as so few reviews tell"), "\(outcome.output)")
        #expect(try BuiltBinary.run(words + ["--require-requests"]).status == 1)
    }

    @Test func checksThatAreSkippedFail() throws {
        let folder = try ServeRulesTests.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let server = try Self.server(Self.failing, folder)
        let words = ["--metrics", "http://\(server.admin)/metrics", "--p99", "20s", "--minimum-requests", "1"]
        let outcome = try Self.canary(words, asking: server)
        let failed = outcome.output.split(separator: "\n").filter { $0.hasPrefix("fail") }.map { String($0) }
        #expect(outcome.status == 1 && failed.count == 2, "\(outcome.output)")
        #expect(failed.first?.contains("success ratio of hooks") == true && failed.last?.contains("fail-open") == true)
    }

    @Test func replicasOfAServiceMustAgree() throws {
        let folder = try ServeRulesTests.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let server = try Self.server(Self.good, folder)
        let port = try #require(server.admin.split(separator: ":").last.map(String.init))
        let cluster = try RecordingCluster()
        func slice(_ endpoints: String) -> String {
            #"{"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","addressType":"IPv4","#
                + #""metadata":{"name":"portcullis-1","namespace":"portcullis-system","#
                + #""labels":{"kubernetes.io/service-name":"portcullis"}},"endpoints":[\#(endpoints)]}"#
        }
        let one = #"{"addresses":["127.0.0.1"],"conditions":{"ready":true},"targetRef":{"kind":"Pod","name":"pod-a"}}"#
        let words = [
            "canary", "--service", "portcullis-system/portcullis", "--admin-port", port, "--seconds", "1",
            "--kubeconfig",
            try cluster.kubeconfig(), "-o", "json",
        ]
        #expect(try BuiltBinary.run(words).status == 2)
        cluster.put(slice(one))
        let good = try BuiltBinary.run(words)
        #expect(good.status == 0 && good.output.contains(#""replicas":[{"name":"pod-a (127.0.0.1)""#), "\(good.output)")
        #expect(
            cluster.requests.last?.line
                == "GET /apis/discovery.k8s.io/v1/namespaces/portcullis-system/endpointslices?"
                + "labelSelector=kubernetes.io/service-name=portcullis&limit=500")
        cluster.put(slice(one + #",{"addresses":["127.0.0.2"],"conditions":{"ready":false}}"#))
        let unready = try BuiltBinary.run(words)
        #expect(unready.status == 1 && unready.output.contains("127.0.0.2: is not ready"), "\(unready.output)")
        // One that goes away is none any more.
        cluster.put(slice(one + #",{"addresses":["127.0.0.2"],"conditions":{"ready":false,"terminating":true}}"#))
        #expect(try BuiltBinary.run(words).status == 0)
        let other = try Self.server(Self.rules(#"cel: {validations: [{expression: "true"}]}"#, "other"), folder)
        let both = ["http://\(server.admin)/metrics", "http://\(other.admin)/metrics"]
        let apart = try BuiltBinary.run(["canary", "--seconds", "1", "--metrics"] + both)
        #expect(apart.status == 1 && apart.output.contains("fail  revision of the rules"), "\(apart.output)")
    }

    @Test func whatIsNoServerFails() throws {
        let dead = try BuiltBinary.run(["canary", "--metrics", "http://127.0.0.1:1/metrics", "--seconds", "1"])
        #expect(dead.status == 1 && dead.output.contains("http://127.0.0.1:1/metrics: "), "\(dead.output)")
        for words in [[], ["--metrics", "ftp://x"], ["--metrics", "http://x", "--p99", "soon"]] {
            #expect(try BuiltBinary.run(["canary"] + words).status == 2)
        }
    }
}
