import Cluster
import JSON
import Reactor

/// What replicas of the server have recorded, as they give it to whoever has the admin token.
struct RemoteRecordings {
    /// A replica's recording, as a file would hold it.
    struct Recording {
        let name: String
        let bytes: [UInt8]
    }

    private let service: ServiceReplicas
    private let token: NamespacedName

    /// Nil where no Service is named.
    init?(_ arguments: Arguments) throws(UsageError) {
        guard let service = try ServiceReplicas(arguments) else {
            if arguments.value("--token-secret") != nil {
                throw UsageError(message: "--token-secret goes with --service")
            }
            return nil
        }
        guard let token = try NamespacedName.read("--token-secret", arguments) else {
            throw UsageError(message: "--service needs --token-secret: recordings are not for everybody")
        }
        self.service = service
        self.token = token
    }

    /// Every replica's recording; one that cannot be had is an error, for its decisions would be missing in silence. Replicas that
    /// are not ready, and a Service without replicas, have nothing to ask about.
    func read(_ arguments: Arguments) throws -> [Recording] {
        let client = try ClusterFlags(arguments).client(for: ReplayCommand.name)
        let replicas = try service.find(client, path: "/v1/recording")
        let caller = try WebCaller.make(arguments).get()
        var request = WebCaller.Request()
        request.fields = [("Authorization", "Bearer \(try secret(client))")]
        request.patience = .seconds(60)
        var recordings: [Recording] = []
        for replica in replicas {
            guard case .success(let url) = replica.place else { continue }
            let answer: WebCaller.Answer
            do throws(WebCaller.Problem) { answer = try caller.send(request, to: url) } catch {
                throw WebCaller.Problem(description: "\(replica.name): \(error)")
            }
            guard answer.status == 200 else {
                throw WebCaller.Problem(description: "\(replica.name): \(Self.message(answer))")
            }
            recordings.append(Recording(name: replica.name, bytes: answer.body))
        }
        return recordings
    }

    private func secret(_ client: ClusterClient) throws -> String {
        let object = ObjectReference(.secrets, token.name, in: token.namespace)
        let text = try client.get(object).withRoot { $0["data"]?["token"]?.string } ?? ""
        guard let bytes = Base64Text.decode(Array(text.utf8)), !bytes.isEmpty else {
            throw WebCaller.Problem(description: "\(object) has no token")
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func message(_ answer: WebCaller.Answer) -> String {
        let said = (try? JSONDocument(parsing: answer.body))?.withRoot { $0["message"]?.string }
        return said ?? "status \(answer.status)"
    }
}
