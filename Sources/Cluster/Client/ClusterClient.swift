internal import HTTP
public import JSON
public import Reactor

/// A client of the Kubernetes API for programs that wait for their answers: every call returns when it has one, or none in
/// time. It belongs to the thread that made it.
///
/// An answer of 429 or 503 is asked again after the time that it names, which is safe because the server did nothing. A token
/// in a file is read for every request, and once more when it is refused: it may just have been replaced.
public final class ClusterClient {
    /// The bounds that every call keeps.
    public struct Bounds: Sendable {
        /// How long a call may take, all its attempts and waits included.
        public var patience = Nanoseconds.seconds(30)
        /// How long an answer may be.
        public var responseBytesMax = 32 << 20
        /// How often a request is sent at the most.
        public var attemptsMax = 6
        /// How long it waits before the second attempt where the server does not say; then twice as long each time.
        public var pause = Nanoseconds.milliseconds(250)
        /// How many objects one page of a list has,
        public var pageObjects = 500
        /// and how many objects a list may have altogether.
        public var listObjectsMax = 100_000

        /// The bounds as they are unless someone changes them.
        public init() {}
    }

    /// Whom it asks.
    public let access: ClusterAccess
    let bounds: Bounds
    private let loop: EventLoop
    private let http: HTTPClient

    /// A client of that API server.
    public init(
        _ access: ClusterAccess, bounds: Bounds = Bounds(), clock: any Clock = SystemClock()
    ) throws(ClusterError) {
        self.access = access
        self.bounds = bounds
        do throws(SystemError) { loop = try EventLoop(clock: clock) } catch {
            throw ClusterError(.failed, "no event loop: \(error)")
        }
        // The guard against forbidden addresses is for hooks: whoever names an API server means it, wherever it is.
        var target = HTTPTarget(access.server, tls: try access.context())
        target.serverName = access.serverName
        target.limits.bodyBytesMax = bounds.responseBytesMax
        target.connectionsMax = 1
        SignalWatch.ignoreBrokenPipes()
        http = HTTPClient(target, on: loop, resolver: Resolver(on: loop))
    }

    deinit { http.close() }

    /// Sends a request until it has an answer that is worth no other attempt; the document, where that answer is a success.
    func send(_ call: ClusterCall) throws(ClusterError) -> JSONDocument {
        if let problem = call.problem { throw problem }
        let deadline = loop.clock.now + bounds.patience
        var pause = bounds.pause
        var refusals = 0
        var attempt = 0
        while true {
            attempt += 1
            let response = try exchange(call, deadline)
            if (200..<300).contains(response.head.statusCode) { return try document(response) }
            let status = APIStatus(response)
            if status.code == 401, refusals == 0, case .file = access.token {
                refusals = 1
                continue
            }
            let wait = status.retryAfterSeconds.map { Nanoseconds.seconds(Int64($0)) } ?? pause
            guard status.isRetried, attempt < bounds.attemptsMax, loop.clock.now + wait < deadline else {
                throw status.error(call, access)
            }
            rest(for: wait)
            pause = pause * 2
        }
    }

    private func exchange(_ call: ClusterCall, _ deadline: Instant) throws(ClusterError) -> HTTPResponse {
        // The loop stood still since the last call; ages and timers count from its own time.
        loop.turn(waits: false)
        var outcome: Result<HTTPResponse, HTTPClientError>?
        let writer = try writer(call)
        do throws(RequestWriter.Problem) {
            try http.send(writer, call.method, body: call.body, deadline: deadline) { outcome = $0 }
        } catch {
            throw ClusterError(.configuration, error.sentence)
        }
        while outcome == nil { loop.turn() }
        switch outcome {
        case .success(let response): return response
        case .failure(let error): throw Unreached(access).error(error)
        case nil: throw ClusterError(.timedOut, "there was no answer")
        }
    }

    private func writer(_ call: ClusterCall) throws(ClusterError) -> RequestWriter {
        var fields = [(name: "User-Agent", value: "portcullis"), (name: "Accept", value: "application/json")]
        if let type = call.contentType { fields.append(("Content-Type", type)) }
        if let token = try access.currentToken() { fields.append(("Authorization", "Bearer \(token)")) }
        let root = access.server.target.hasSuffix("/") ? String(access.server.target.dropLast()) : access.server.target
        let scheme = access.server.isSecure ? "https" : "http"
        let url: HTTPURL
        do throws(HTTPURL.Problem) {
            url = try HTTPURL("\(scheme)://\(access.server.authority)\(root)\(call.target)")
        } catch {
            throw ClusterError(.configuration, "\(call.subject): \(error.sentence)")
        }
        do throws(RequestWriter.Problem) { return try RequestWriter(call.method, url, fields: fields) } catch {
            throw ClusterError(.configuration, "\(access.source): \(error.sentence)")
        }
    }

    private func rest(for time: Nanoseconds) {
        loop.turn(waits: false)
        var isOver = false
        loop.arm(after: time) { _ in isOver = true }
        while !isOver { loop.turn() }
    }

    private func document(_ response: HTTPResponse) throws(ClusterError) -> JSONDocument {
        do throws(JSONError) { return try JSONDocument(parsing: Array(response.body), options: .go()) } catch {
            throw ClusterError(
                .malformed, "\(access.server.authority) answered with something that is not JSON: is it an API server?")
        }
    }
}

extension ClusterClient {
    /// What becomes of an object's dependents when it is deleted.
    public enum Propagation: String, Sendable {
        /// They are deleted in the background.
        case background = "Background"
        /// They are deleted first.
        case foreground = "Foreground"
        /// They stay.
        case orphan = "Orphan"
    }

    /// Who owns the fields that are applied.
    public static let fieldManager = "portcullis"

    /// The object; there being none is an error.
    public func get(_ object: ObjectReference) throws(ClusterError) -> JSONDocument {
        try send(ClusterCall("get", .get, object))
    }

    /// The object; nil where there is none.
    public func find(_ object: ObjectReference) throws(ClusterError) -> JSONDocument? {
        do throws(ClusterError) { return try get(object) } catch {
            if error.kind == .notFound { return nil }
            throw error
        }
    }

    /// Makes an object; there being one already is an error.
    public func create(
        _ object: ObjectReference, _ body: [UInt8], dryRun: Bool = false
    ) throws(ClusterError) -> JSONDocument {
        var call = ClusterCall("create", .post, object)
        call.query = Self.options(dryRun) + [("fieldManager", Self.fieldManager)]
        call.contentType = "application/json"
        call.body = body
        return try send(call)
    }

    /// Puts another state in the place of the object's; where `body` has a resourceVersion, only if it is still that one.
    public func replace(
        _ object: ObjectReference, _ body: [UInt8], dryRun: Bool = false
    ) throws(ClusterError) -> JSONDocument {
        var call = ClusterCall("update", .put, object)
        call.query = Self.options(dryRun) + [("fieldManager", Self.fieldManager)]
        call.contentType = "application/json"
        call.body = body
        return try send(call)
    }

    /// Has the object have the fields of `body` (server-side apply), making it where there is none, and gives up the fields that
    /// were applied before and are not in it. Fields that another manager has set otherwise are a conflict, unless forced.
    public func apply(
        _ object: ObjectReference, _ body: [UInt8], force: Bool = false, dryRun: Bool = false
    ) throws(ClusterError) -> JSONDocument {
        var call = ClusterCall("patch", .patch, object)
        call.query = Self.options(dryRun) + [("fieldManager", Self.fieldManager)]
        if force { call.query.append(("force", "true")) }
        // JSON is YAML.
        call.contentType = "application/apply-patch+yaml"
        call.body = body
        return try send(call)
    }

    /// Deletes the object, if it is still that one; false where there is none.
    @discardableResult
    public func delete(
        _ object: ObjectReference, uid: String? = nil, resourceVersion: String? = nil, propagation: Propagation? = nil,
        dryRun: Bool = false
    ) throws(ClusterError) -> Bool {
        var call = ClusterCall("delete", .delete, object)
        call.query = Self.options(dryRun)
        call.contentType = "application/json"
        call.body = Self.deleteOptions(uid, resourceVersion, propagation)
        do throws(ClusterError) { _ = try send(call) } catch {
            if error.kind == .notFound { return false }
            throw error
        }
        return true
    }

    private static func options(_ dryRun: Bool) -> [(name: String, value: String)] { dryRun ? [("dryRun", "All")] : [] }

    private static func deleteOptions(_ uid: String?, _ version: String?, _ propagation: Propagation?) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("kind")
        writer.string("DeleteOptions")
        writer.key("apiVersion")
        writer.string("v1")
        if uid != nil || version != nil {
            writer.key("preconditions")
            writer.beginObject()
            if let uid {
                writer.key("uid")
                writer.string(uid)
            }
            if let version {
                writer.key("resourceVersion")
                writer.string(version)
            }
            writer.endObject()
        }
        if let propagation {
            writer.key("propagationPolicy")
            writer.string(propagation.rawValue)
        }
        writer.endObject()
        return writer.bytes
    }
}
