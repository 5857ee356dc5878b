import Cluster
import HTTP
import JSON
import Policies
import Reactor
import Registration
import YAML

/// What there is to verify.
struct VerifyPlan {
    private let words: RegistrationWords
    private let base: HTTPURL
    private let place: (host: String, port: UInt16)?
    private let serverName: String?
    private let patience: Nanoseconds
    private let wait: Nanoseconds
    private let registration: String?
    private let cases: [String]

    init(_ arguments: Arguments) throws(UsageError) {
        words = try RegistrationWords(arguments, isVerifying: true)
        let text: String
        switch (arguments.value("--url"), words.target) {
        case (let url?, _): text = url
        case (nil, .service(let namespace, let name, let port)): text = "https://\(name).\(namespace).svc:\(port)"
        case (nil, .url(let url)): text = url
        }
        do throws(HTTPURL.Problem) { base = try HTTPURL(text) } catch {
            throw UsageError(message: "--url: \(error.sentence)")
        }
        place = try Self.place(arguments)
        serverName = arguments.value("--server-name")
        patience = try Self.time("--timeout", arguments, least: 1) ?? .seconds(10)
        wait = try Self.time("--wait", arguments, least: 0) ?? .zero
        registration = arguments.value("--registration")
        if let registration, let problem = RegistrationName.problem(registration) {
            throw UsageError(message: "--registration: \(problem)")
        }
        cases = arguments.all("--cases")
    }

    private static func place(_ arguments: Arguments) throws(UsageError) -> (host: String, port: UInt16)? {
        guard let text = arguments.value("--connect") else { return nil }
        guard let url = try? HTTPURL("https://\(text)"), url.target == "/", let port = UInt16(exactly: url.port),
            text.utf8.last != UInt8(ascii: "/")
        else { throw UsageError(message: "--connect must be HOST:PORT, not '\(text)'") }
        return (url.host, port)
    }

    private static func time(
        _ name: String, _ arguments: Arguments, least: Int64
    ) throws(UsageError) -> Nanoseconds? {
        guard let text = arguments.value(name) else { return nil }
        guard let time = GoDuration(text), time.nanoseconds >= least else {
            throw UsageError(message: "\(name) must be a time such as 10s, not '\(text)'")
        }
        return Nanoseconds(count: time.nanoseconds)
    }

    // MARK: doing it

    /// Everything that was looked at; nil after saying why that could not be done.
    func run(_ arguments: Arguments) throws(ClusterError) -> [VerifyCheck]? {
        let isConnected = registration != nil || words.authoritiesSecret != nil
        let client = isConnected ? try ClusterFlags(arguments).client(for: VerifyCommand.name) : nil
        guard let bundle = try words.authorities(client) else { return nil }
        guard let wanted = wanted(bundle) else { return nil }
        var registered = Registered()
        if let client, let registration { registered = try Registered(registration, client) }
        let trusted = bundle.isEmpty ? registered.authorities : bundle
        let caller: WebCaller
        do throws(WebCaller.Problem) { caller = try WebCaller(trusting: trusted) } catch {
            throw ClusterError(.configuration, error.description)
        }
        let probe = ServerProbe(
            caller: caller, base: base, place: place, serverName: serverName, authorities: trusted, patience: patience)
        let webhooks = wanted.registration?.webhooks ?? registered.webhooks ?? Self.plainEndpoints
        var checks = look(probe, webhooks)
        if registration != nil { checks += registered.checks(wanted.registration) }
        if cases.isEmpty { return checks }
        guard let judged = VerifyCases(probe: probe, webhooks: webhooks).run(cases, wanted.rules) else { return nil }
        return checks + judged
    }

    /// Certificate and endpoints, looked at again until they are good or the time is over.
    private func look(_ probe: ServerProbe, _ webhooks: [Webhook]) -> [VerifyCheck] {
        let end = probe.caller.now + wait
        while true {
            let now = SystemClock().wall / 1_000_000_000
            let checks = [probe.certificate(now: now)] + probe.endpoints(webhooks)
            if !checks.contains(where: { $0.outcome == .fail }) || probe.caller.now >= end { return checks }
            probe.caller.rest(for: .seconds(1))
        }
    }

    private static let plainEndpoints: [Webhook] = Webhook.Phase.allCases.map { phase in
        var webhook = Webhook("every rule", phase)
        webhook.path = "/\(phase.rawValue)"
        return webhook
    }

    /// What register would apply, if rules were given; nil after saying what is wrong with them.
    private func wanted(_ bundle: [UInt8]) -> (registration: WebhookRegistration?, rules: PolicySet)? {
        if words.rules.isEmpty { return (nil, .empty) }
        switch DerivedRegistration.derive(words, bundle) {
        case .success(let derived): return (derived.registration, derived.rules)
        case .failure: return nil
        }
    }
}

/// What a cluster has of a registration.
private struct Registered {
    private var documents: [Webhook.Phase: JSONDocument] = [:]
    private var name = ""

    init() {}

    init(_ name: String, _ client: ClusterClient) throws(ClusterError) {
        self.name = name
        let sync = RegistrationSync(client: client, name: name)
        for phase in Webhook.Phase.allCases {
            documents[phase] = try sync.own(phase).first { RegistrationSync.name(of: $0) == name }
        }
    }

    /// The webhooks; nil where there are none.
    var webhooks: [Webhook]? {
        let all = Webhook.Phase.allCases.compactMap { documents[$0] }.flatMap(Self.webhooks)
        return all.isEmpty ? nil : all
    }

    /// Whom the first of them trusts.
    var authorities: [UInt8]? {
        let bundles = documents.values.compactMap { document in
            document.withRoot { $0["webhooks"]?.element(0)?["clientConfig"]?["caBundle"]?.string }
        }
        return bundles.first.flatMap { Base64Text.decode(Array($0.utf8)) }
    }

    private static func webhooks(_ document: JSONDocument) -> [Webhook] {
        let text = document.withRoot { $0.bytes() }
        guard let place = try? YAMLDocument(parsing: text, options: YAMLOptions(schema: .kubernetes)) else { return [] }
        let kind = place.json.root["kind"]?.string ?? ""
        let placed = PlacedDocument(file: kind, document: place, root: place.json.root, title: kind, kind: kind)
        let entries = WebhookDocument(placed).entries.map(\.webhook)
        return zip(entries, place.json.root["webhooks"]?.elements.map { $0 } ?? []).map { webhook, node in
            var webhook = webhook
            let client = node["clientConfig"]
            let url = client?["url"]?.string.flatMap { try? HTTPURL($0).target }
            webhook.path = client?["service"]?["path"]?.string ?? url ?? "/"
            return webhook
        }
    }

    /// What is otherwise than it should be.
    func checks(_ wanted: WebhookRegistration?) -> [VerifyCheck] {
        guard let wanted else {
            let isThere = !documents.isEmpty
            return [VerifyCheck("registration \(name)", isThere ? .pass : .fail, isThere ? "is there" : "is not there")]
        }
        var checks: [VerifyCheck] = []
        for phase in Webhook.Phase.allCases {
            let title = "\(phase.kind) \(name)"
            switch (documents[phase], wanted.phases.contains(phase) ? try? wanted.document(phase) : nil) {
            case (nil, nil): continue
            case (nil, _?): checks.append(VerifyCheck(title, .fail, "is not there"))
            case (_?, nil): checks.append(VerifyCheck(title, .fail, "is there, and the rules do not need it"))
            case (let found?, let wanted?):
                let differences = found.withRoot { one in wanted.withRoot { RegistrationDrift.differences(one, $0) } }
                if differences.isEmpty { checks.append(VerifyCheck(title, .pass, "is as register would apply it")) }
                checks += differences.map { VerifyCheck(title, .fail, $0) }
            }
        }
        return checks
    }
}
