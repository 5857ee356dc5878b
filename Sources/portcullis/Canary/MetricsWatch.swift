import Canary
import HTTP
import Reactor

/// Looks at replicas' metrics again and again.
struct MetricsWatch {
    private let caller: WebCaller
    private let duration: Nanoseconds
    private let interval: Nanoseconds
    private static let patience = Nanoseconds.seconds(5)

    init(_ caller: WebCaller, seconds: Int, every: Int) {
        self.caller = caller
        duration = .seconds(Int64(seconds))
        interval = .seconds(Int64(every))
    }

    /// What happened at each; the first look is at the beginning, and the last at the end.
    func watch(_ replicas: [Replica]) -> [ReplicaWatch] {
        var watches = replicas.map { ReplicaWatch($0.name) }
        let end = caller.now + duration
        while true {
            for index in replicas.indices { look(at: replicas[index], &watches[index]) }
            let left = end - caller.now
            if left <= .zero { return watches }
            caller.rest(for: min(interval, left))
        }
    }

    private func look(at replica: Replica, _ watch: inout ReplicaWatch) {
        do {
            let url = try replica.place.get()
            var request = WebCaller.Request()
            request.patience = Self.patience
            request.fields = [("Accept", "text/plain; version=0.0.4")]
            let answer = try caller.send(request, to: url)
            guard answer.status == 200 else { return watch.fail("answered with status \(answer.status)") }
            watch.take(try ReplicaReading(try MetricsText(parsing: answer.body)))
        } catch let error as MetricsTextError {
            watch.fail("line \(error.line) of its metrics: \(error.message)")
        } catch let error as ReadingProblem {
            watch.fail(error.message)
        } catch {
            watch.fail("\(error)")
        }
    }
}
