import Admission
import HTTP
import Hooks
import JSON
import Reactor
import TLS
public import YAML

extension ServerConfiguration {
    /// The problems of a document, all of them.
    public struct Problems: Error, Sendable {
        /// The problems, in the order of the document.
        public let list: [ConfigurationProblem]
    }

    /// Reads a `kind: Server` document from a file's bytes.
    public init(parsing bytes: [UInt8], file: String) throws(Problems) {
        let document: YAMLDocument
        do {
            document = try YAMLDocument(parsing: bytes, options: YAMLOptions(schema: .kubernetes))
        } catch {
            throw Problems(list: [
                ConfigurationProblem(file: file, line: error.line, column: error.column, message: error.message)
            ])
        }
        try self.init(document, file: file)
    }

    /// Reads a `kind: Server` document.
    public init(_ document: YAMLDocument, file: String) throws(Problems) {
        self.init()
        let list = ProblemList(file: file, document: document)
        if var root = FieldReader(document.json.root, path: "", list) {
            _ = root.choice("apiVersion", [("portcullis.dev/v1", true)])
            _ = root.choice("kind", [("Server", true)])
            for name in ["apiVersion", "kind"] where !root.has(name) {
                root.add("must say \(name == "kind" ? "kind: Server" : "apiVersion: portcullis.dev/v1")", to: name)
            }
            root.ignore("metadata")
            if var spec = root.object("spec") { read(&spec) }
            root.finish()
        }
        if !list.problems.isEmpty { throw Problems(list: list.problems) }
    }

    private mutating func read(_ spec: inout FieldReader) {
        spec.address("listen").map { listen = $0 }
        spec.address("adminListen").map { adminListen = $0 }
        spec.integer("loops", in: 1...256).map { loops = $0 }
        spec.integer("workers", in: 0...ServerConfiguration.workersMax).map { workers = $0 }
        spec.string("state").map { state = $0 }
        spec.strings("rules").map { rules = $0 }
        spec.strings("context").map { context = $0 }
        spec.strings("shadowRules").map { shadowRules = $0 }
        if var fields = spec.object("record") {
            fields.string("directory").map { recording = $0 }
            fields.integer("percent", in: 1...100).map { recordingShare = Double($0) / 100 }
            fields.bytes("bytes", in: 1 << 20...1 << 40).map { recordingBytesMax = $0 }
            if recording == nil { fields.add("a recording needs a directory", to: "directory") }
            fields.finish()
        }
        spec.bool("allowInvalidRules").map { allowsInvalidRules = $0 }
        spec.strings("hooks").map { hooks = $0 }
        spec.choice("logLevel", LogLevel.allCases.map { ($0.rawValue, $0) }).map { logLevel = $0 }
        if var fields = spec.object("tls") { tls.read(&fields) }
        if var fields = spec.object("limits") { limits.read(&fields) }
        if var fields = spec.object("deadline") { readDeadline(&fields) }
        if var fields = spec.object("overload") { overload.read(&fields) }
        if var fields = spec.object("shutdown") { shutdown.read(&fields) }
        if var fields = spec.object("admin") { admin.read(&fields) }
        if var fields = spec.object("hookCalls") { calls.read(&fields) }
        if var fields = spec.object("traces") { traces.read(&fields) }
        spec.finish()
    }

    private mutating func readDeadline(_ fields: inout FieldReader) {
        let range = Nanoseconds.milliseconds(1)...Nanoseconds.seconds(30)
        fields.span("default", in: range).map { deadline.defaultTimeoutNanoseconds = UInt64($0.count) }
        fields.span("max", in: range).map { deadline.timeoutNanosecondsMax = UInt64($0.count) }
        fields.span("headroom", in: .zero...Nanoseconds.seconds(5)).map {
            deadline.headroomNanoseconds = UInt64($0.count)
        }
        fields.finish()
    }
}

extension ServerConfiguration.TLS {
    fileprivate mutating func read(_ fields: inout FieldReader) {
        fields.string("certificate").map { certificate = $0 }
        fields.string("key").map { key = $0 }
        for var other in fields.objects("others") ?? [] {
            let (certificate, key) = (other.string("certificate"), other.string("key"))
            for name in ["certificate", "key"] where !other.has(name) { other.add("is needed", to: name) }
            if let certificate, let key { others.append(CertificateFiles(certificate: certificate, key: key)) }
            other.finish()
        }
        fields.string("clientCA").map { clientAuthority = $0 }
        fields.choice("clientCertificates", [("required", false), ("optional", true)]).map {
            isClientCertificateOptional = $0
        }
        fields.strings("clientNames").map { clientNames = $0 }
        fields.choice("minimumVersion", TLSPolicy.Version.allCases.map { ($0.rawValue, $0) }).map {
            policy.minimumVersion = $0
        }
        fields.string("ciphers").map { policy.ciphers = $0 }
        fields.string("cipherSuites").map { policy.cipherSuites = $0 }
        if (certificate == nil) != (key == nil) {
            fields.add(
                "a certificate needs its key, and a key its certificate", to: certificate == nil ? "key" : "certificate"
            )
        }
        if clientAuthority == nil, fields.has("clientNames") || fields.has("clientCertificates") {
            fields.add(
                "says nothing without clientCA", to: fields.has("clientNames") ? "clientNames" : "clientCertificates")
        }
        fields.finish()
    }
}

extension ServerConfiguration.Admin {
    fileprivate mutating func read(_ fields: inout FieldReader) {
        fields.string("tokenFile").map { tokenFile = $0 }
        if var inner = fields.object("tls") { tls.read(&inner) }
        fields.finish()
    }
}

extension ServerConfiguration.Calls {
    fileprivate mutating func read(_ fields: inout FieldReader) {
        if let texts = fields.strings("allowedTargets") {
            do throws(AllowedTargets.Problem) { allowedTargets = try AllowedTargets(texts) } catch {
                fields.add(error.description, to: "allowedTargets")
            }
        }
        fields.integer("retryPercent", in: 0...100).map { retryPercent = $0 }
        fields.integer("retryReserve", in: 0...100_000).map { retryReserve = $0 }
        fields.integer("uncheckedReviewsPerSecond", in: 0...1_000_000).map { uncheckedReviewsPerSecond = $0 }
        fields.string("scratch").map { scratch = $0 }
        fields.finish()
    }
}

extension ServerConfiguration.Traces {
    fileprivate mutating func read(_ fields: inout FieldReader) {
        if let text = fields.string("endpoint") {
            do throws(HTTPURL.Problem) { endpoint = try HTTPURL(text) } catch {
                fields.add(error.sentence.description, to: "endpoint")
            }
        }
        fields.string("ca").map { authorities = $0 }
        fields.integer("percent", in: 0...100).map { share = Double($0) / 100 }
        fields.string("service").map { service = $0 }
        if endpoint == nil, fields.has("percent") { fields.add("says nothing without endpoint", to: "percent") }
        fields.finish()
    }
}

extension ServerConfiguration.Limits {
    fileprivate mutating func read(_ fields: inout FieldReader) {
        let times = Nanoseconds.milliseconds(10)...Nanoseconds.seconds(86_400)
        fields.bytes("headBytes", in: 1 << 10...1 << 20).map { message.headBytesMax = $0 }
        fields.bytes("requestLineBytes", in: 256...1 << 20).map { message.requestLineBytesMax = $0 }
        fields.integer("headerFields", in: 4...10_000).map { message.fieldCountMax = $0 }
        fields.bytes("bodyBytes", in: 1 << 10...256 << 20).map { message.bodyBytesMax = $0 }
        fields.bytes("bodyBytesPerSecond", in: 1...1 << 30).map { bodyRateMin = $0 }
        fields.integer("requestsPerConnection", in: 1...Int(Int32.max)).map { message.requestsPerConnectionMax = $0 }
        fields.span("headTime", in: times).map { headTime = $0 }
        fields.span("idleTime", in: times).map { idleTime = $0 }
        fields.span("connectionAge", in: times).map { connectionAge = $0 }
        fields.integer("connectionsPerLoop", in: 1...1_000_000).map { connectionsPerLoop = $0 }
        fields.finish()
    }
}

extension ServerConfiguration.Overload {
    fileprivate mutating func read(_ fields: inout FieldReader) {
        fields.integer("inFlightPerLoop", in: 1...1_000_000).map { inFlightPerLoop = $0 }
        fields.span("queueDelay", in: Nanoseconds.milliseconds(1)...Nanoseconds.seconds(30)).map { queueDelay = $0 }
        fields.finish()
    }
}

extension ServerConfiguration.Shutdown {
    fileprivate mutating func read(_ fields: inout FieldReader) {
        fields.span("delay", in: .zero...Nanoseconds.seconds(300)).map { delay = $0 }
        fields.span("grace", in: .zero...Nanoseconds.seconds(3600)).map { grace = $0 }
        fields.finish()
    }
}
