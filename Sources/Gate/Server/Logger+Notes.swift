import JSON
import Telemetry

extension Logger {
    /// Logs what does not happen for every request, with texts as fields.
    func note(_ level: LogLevel, _ message: String, _ fields: [(name: StaticString, value: String)]) {
        log(level, message) { writer in
            for field in fields {
                writer.key(field.name)
                writer.string(field.value)
            }
        }
    }
}
