import JSON

/// One thing that was looked at.
struct VerifyCheck {
    enum Outcome: String {
        case pass, warn, fail
    }

    let name: String
    let outcome: Outcome
    let detail: String

    init(_ name: String, _ outcome: Outcome, _ detail: String) {
        (self.name, self.outcome, self.detail) = (name, outcome, detail)
    }

    static func text(_ checks: [VerifyCheck]) -> String {
        AdminOutput.table(["", "CHECK", "FOUND"], checks.map { [$0.outcome.rawValue, $0.name, $0.detail] })
    }

    static func json(_ checks: [VerifyCheck]) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("good")
        writer.bool(!checks.contains { $0.outcome == .fail })
        writer.key("checks")
        writer.beginArray()
        for check in checks {
            writer.beginObject()
            writer.key("name")
            writer.string(check.name)
            writer.key("outcome")
            writer.string(check.outcome.rawValue)
            writer.key("found")
            writer.string(check.detail)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return writer.text + "\n"
    }
}
