import Canary
import JSON

/// What a canary found, for people and for programs.
enum CanaryReport {
    static func text(_ verdict: CanaryVerdict) -> String {
        let rows = verdict.checks.map { [$0.outcome.rawValue, $0.name, $0.found, $0.limit] }
        let table = AdminOutput.table(["", "CHECK", "FOUND", "WANTED"], rows)
        let isDoubtful = verdict.checks.contains { $0.outcome == .warn }
        let end = verdict.isBad ? "not good enough" : isDoubtful ? "good, as far as so few reviews tell" : "good"
        return "\(table)\(end)\n"
    }

    static func json(_ verdict: CanaryVerdict, _ replicas: [ReplicaWatch]) -> String {
        var builder = JSONBuilder()
        builder.beginObject()
        builder.key("good")
        builder.bool(!verdict.isBad)
        builder.key("figures")
        verdict.figures.write(to: &builder)
        builder.key("checks")
        builder.beginArray()
        for check in verdict.checks {
            write(
                [
                    ("name", check.name), ("outcome", check.outcome.rawValue), ("found", check.found),
                    ("wanted", check.limit),
                ], to: &builder)
            builder.endObject()
        }
        builder.endArray()
        builder.key("replicas")
        builder.beginArray()
        for replica in replicas {
            write([("name", replica.name)], to: &builder)
            builder.key("reviews")
            builder.double(replica.counts[.reviews] ?? 0)
            if let problem = replica.problem {
                builder.key("problem")
                builder.string(problem)
            }
            builder.endObject()
        }
        builder.endArray()
        builder.endObject()
        return ((try? builder.finish())?.withRoot { $0.text() } ?? "") + "\n"
    }

    private static func write(_ members: [(StaticString, String)], to builder: inout JSONBuilder) {
        builder.beginObject()
        for (name, value) in members {
            builder.key(name)
            builder.string(value)
        }
    }
}
