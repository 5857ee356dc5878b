import Cluster
import HTTP
import JSON
import Reactor

/// Where the metrics of replicas are.
struct CanaryPlaces {
    /// A replica, or why there is nothing to be read of it.
    struct Replica {
        let name: String
        let place: Result<HTTPURL, WebCaller.Problem>
    }

    private let urls: [HTTPURL]
    private let service: NamespacedName?
    private let port: Int
    private let scheme: String

    init(_ arguments: Arguments) throws(UsageError) {
        var urls: [HTTPURL] = []
        for text in arguments.all("--metrics") {
            do throws(HTTPURL.Problem) { urls.append(try HTTPURL(text)) } catch {
                throw UsageError(message: "'\(text)': \(error.sentence)")
            }
        }
        self.urls = urls
        service = try NamespacedName.read("--service", arguments)
        guard urls.isEmpty != (service == nil) else {
            throw UsageError(message: "whose metrics? give --metrics or --service")
        }
        port = try CanaryCommand.number("--admin-port", arguments, 1...65535) ?? 9090
        scheme = arguments.has("--admin-tls") ? "https" : "http"
    }

    /// The replicas as they are now.
    func find(_ arguments: Arguments) throws -> [Replica] {
        guard let service else { return urls.map { Replica(name: $0.description, place: .success($0)) } }
        let client = try ClusterFlags(arguments).client(for: CanaryCommand.name)
        let slices = try client.list(
            .endpointSlices, in: service.namespace, labels: "kubernetes.io/service-name=\(service.name)")
        var replicas: [String: Replica] = [:]
        for slice in slices {
            slice.withRoot { root in
                for endpoint in root["endpoints"]?.elements.map({ $0 }) ?? [] {
                    if let replica = replica(endpoint) { replicas[replica.name] = replica }
                }
            }
        }
        return replicas.keys.sorted().compactMap { replicas[$0] }
    }

    /// Nil for one that is about to go.
    private func replica(_ endpoint: JSONNode) -> Replica? {
        let conditions = endpoint["conditions"]
        if conditions?["terminating"]?.bool == true { return nil }
        guard let address = endpoint["addresses"]?.element(0)?.string else { return nil }
        let name = endpoint["targetRef"]?["name"]?.string.map { "\($0) (\(address))" } ?? address
        if conditions?["ready"]?.bool == false {
            return Replica(name: name, place: .failure(WebCaller.Problem(description: "is not ready")))
        }
        let host = address.utf8.contains(UInt8(ascii: ":")) ? "[\(address)]" : address
        do throws(HTTPURL.Problem) {
            return Replica(name: name, place: .success(try HTTPURL("\(scheme)://\(host):\(port)/metrics")))
        } catch {
            return Replica(name: name, place: .failure(WebCaller.Problem(description: "\(error.sentence)")))
        }
    }
}
