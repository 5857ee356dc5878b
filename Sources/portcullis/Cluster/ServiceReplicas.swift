import Cluster
import HTTP
import JSON

/// A replica of the server, or why there is nothing to be asked of it.
struct Replica {
    let name: String
    let place: Result<HTTPURL, WebCaller.Problem>
}

/// The replicas behind a Service, at their addresses for people.
struct ServiceReplicas {
    let service: NamespacedName
    let port: Int
    let scheme: String

    static let flags: Set<String> = ["--admin-tls"]
    static let values: Set<String> = ["--service", "--admin-port"]

    /// Nil where no Service is named.
    init?(_ arguments: Arguments) throws(UsageError) {
        port = try CanaryCommand.number("--admin-port", arguments, 1...65535) ?? 9090
        scheme = arguments.has("--admin-tls") ? "https" : "http"
        guard let service = try NamespacedName.read("--service", arguments) else { return nil }
        self.service = service
    }

    /// Those that there are now, in the order of their names, each with that path.
    func find(_ client: ClusterClient, path: String) throws(ClusterError) -> [Replica] {
        let slices = try client.list(
            .endpointSlices, in: service.namespace, labels: "kubernetes.io/service-name=\(service.name)")
        var replicas: [String: Replica] = [:]
        for slice in slices {
            slice.withRoot { root in
                for endpoint in root["endpoints"]?.elements.map({ $0 }) ?? [] {
                    if let replica = replica(endpoint, path) { replicas[replica.name] = replica }
                }
            }
        }
        return replicas.keys.sorted().compactMap { replicas[$0] }
    }

    /// Nil for one that is about to go.
    private func replica(_ endpoint: JSONNode, _ path: String) -> Replica? {
        let conditions = endpoint["conditions"]
        if conditions?["terminating"]?.bool == true { return nil }
        guard let address = endpoint["addresses"]?.element(0)?.string else { return nil }
        let name = endpoint["targetRef"]?["name"]?.string.map { "\($0) (\(address))" } ?? address
        if conditions?["ready"]?.bool == false {
            return Replica(name: name, place: .failure(WebCaller.Problem(description: "is not ready")))
        }
        let host = address.utf8.contains(UInt8(ascii: ":")) ? "[\(address)]" : address
        do throws(HTTPURL.Problem) {
            return Replica(name: name, place: .success(try HTTPURL("\(scheme)://\(host):\(port)\(path)")))
        } catch {
            return Replica(name: name, place: .failure(WebCaller.Problem(description: "\(error.sentence)")))
        }
    }
}
