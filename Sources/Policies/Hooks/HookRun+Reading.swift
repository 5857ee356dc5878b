import HTTP
import JSON
import Reactor

extension HookRun {
    /// The sorts of hooks, as `spec.run` names them.
    static let sorts = ["http", "webhook", "command", "cel", "builtin", "prompt"]

    /// Reads a sort other than `cel`; nil where something is wrong.
    init?(_ sort: String, _ field: Field, _ errors: FieldErrors) {
        let before = errors.entries.count
        switch sort {
        case "http": self = .http(HTTPRun(field, errors, signs: true))
        case "webhook": self = .webhook(HTTPRun(field, errors))
        case "command": self = .command(CommandRun(field, errors))
        case "prompt": self = .prompt(PromptRun(field, errors))
        case "builtin":
            field.isObject(of: ["name", "settings"], errors)
            let name = field["name"].text(errors)
            if name.isEmpty { errors.required(field["name"]) }
            let settings = field["settings"]
            if let node = settings.node, !node.isObject { errors.wrongType(settings, "a mapping") }
            self = .builtin(name: name, settings: settings.node?.bytes() ?? Array("{}".utf8))
        default: return nil
        }
        if errors.entries.count > before { return nil }
    }

    /// Whether it asks somebody outside of this process, so that its answer is waited for.
    public var asksOthers: Bool {
        if case .builtin = self { return false }
        return true
    }
}

extension HTTPRun {
    private static let fields = [
        "url", "caFile", "clientCertificate", "clientKey", "bearerTokenFile", "headers", "maxResponseBytes",
    ]

    init(_ field: Field, _ errors: FieldErrors, signs: Bool = false, more: [String] = []) {
        field.isObject(of: Self.fields + (signs ? ["hmacKeyFile"] : []) + more, errors)
        self.init(url: field["url"].text(errors))
        do throws(HTTPURL.Problem) { _ = try HTTPURL(url) } catch {
            if url.isEmpty {
                errors.required(field["url"])
            } else {
                errors.invalid(field["url"], url, "\(error.sentence)")
            }
        }
        caFile = Self.file(field["caFile"], errors)
        clientCertificate = Self.file(field["clientCertificate"], errors)
        clientKey = Self.file(field["clientKey"], errors)
        if clientKey != nil, clientCertificate == nil {
            errors.required(field["clientCertificate"], "clientKey is the key of a certificate")
        }
        bearerTokenFile = Self.file(field["bearerTokenFile"], errors)
        hmacKeyFile = Self.file(field["hmacKeyFile"], errors)
        headers = field["headers"].table(errors).map { HookField($0.key, $0.value) }
        field["maxResponseBytes"].optionalInt(1...64 << 20, errors).map { responseBytesMax = $0 }
    }

    /// The name of a file; nil where it is absent.
    static func file(_ field: Field, _ errors: FieldErrors) -> String? {
        guard let name = field.optionalText(errors) else { return nil }
        if name.isEmpty || name.utf8.contains(0) { errors.invalid(field, name, "must be the path of a file") }
        return name
    }
}

extension CommandRun {
    init(_ field: Field, _ errors: FieldErrors) {
        field.isObject(of: ["argv", "directory", "env", "secretFiles", "grace"], errors)
        self.init(arguments: field["argv"].texts(errors))
        if arguments.first?.isEmpty ?? true { errors.required(field["argv"], "the program and its arguments") }
        directory = HTTPRun.file(field["directory"], errors)
        environment = Self.variables(field["env"], errors)
        secretFiles = Self.variables(field["secretFiles"], errors)
        field["grace"].optionalSpan(.zero...Nanoseconds.seconds(60), errors).map { grace = $0 }
    }

    /// Environment variables; those that the server sets itself are refused.
    private static func variables(_ field: Field, _ errors: FieldErrors) -> [HookField] {
        field.table(errors).map { name, value in
            let isName = !name.isEmpty && !name.utf8.contains { $0 == 0 || $0 == UInt8(ascii: "=") }
            if !isName { errors.invalid(field, name, "must be the name of an environment variable") }
            if name.hasPrefix("PORTCULLIS_") {
                errors.invalid(field, name, "variables of that prefix are set by the server")
            }
            if value.utf8.contains(0) { errors.invalid(field, value, "must not have a zero byte") }
            return HookField(name, value)
        }
    }
}

extension PromptRun {
    init(_ field: Field, _ errors: FieldErrors) {
        self.init(
            endpoint: HTTPRun(field, errors, more: ["model", "template", "apiKeyFile"]),
            model: field["model"].text(errors), template: field["template"].text(errors))
        if model.isEmpty { errors.required(field["model"]) }
        if template.isEmpty { errors.required(field["template"]) }
        if !template.isEmpty, !template.contains("{{invocation_json}}") {
            errors.warn("without {{invocation_json}} the model learns nothing of the request", field["template"])
        }
        apiKeyFile = HTTPRun.file(field["apiKeyFile"], errors)
        if endpoint.bearerTokenFile != nil, apiKeyFile != nil {
            errors.forbidden(field["apiKeyFile"], "apiKeyFile and bearerTokenFile are mutually exclusive")
        }
    }
}
