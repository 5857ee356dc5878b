import Cluster
import HTTP
import Reactor

/// Where the metrics of replicas are.
struct CanaryPlaces {
    private let urls: [HTTPURL]
    private let service: ServiceReplicas?

    init(_ arguments: Arguments) throws(UsageError) {
        var urls: [HTTPURL] = []
        for text in arguments.all("--metrics") {
            do throws(HTTPURL.Problem) { urls.append(try HTTPURL(text)) } catch {
                throw UsageError(message: "'\(text)': \(error.sentence)")
            }
        }
        self.urls = urls
        service = try ServiceReplicas(arguments)
        guard urls.isEmpty != (service == nil) else {
            throw UsageError(message: "whose metrics? give --metrics or --service")
        }
    }

    /// The replicas as they are now.
    func find(_ arguments: Arguments) throws -> [Replica] {
        guard let service else { return urls.map { Replica(name: $0.description, place: .success($0)) } }
        return try service.find(ClusterFlags(arguments).client(for: CanaryCommand.name), path: "/metrics")
    }
}
