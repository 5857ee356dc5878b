internal import JSON
public import Reactor

/// What a supervisor tells a worker that it starts, over the worker's standard input: all that is the worker's own.
public struct WorkerOrder: Sendable, Equatable {
    /// Which worker it is, from 1.
    public let number: Int
    /// The supervisor's process; the worker ends with it.
    public let parent: Int32
    /// What the supervisor shows when it asks; nobody else is answered.
    let token: String
    /// The address that all workers share.
    let listen: SocketAddress
    let loops: Int
    /// The worker's own folder of what must survive its end,
    let state: String
    /// and the folder of what people change, which is the same for all workers.
    let changes: String
    /// Where it has temporary folders.
    let scratch: String
    let recording: String?

    init(
        number: Int, parent: Int32, token: String, listen: SocketAddress, loops: Int, state: String, changes: String,
        scratch: String, recording: String?
    ) {
        (self.number, self.parent, self.token, self.listen) = (number, parent, token, listen)
        (self.loops, self.state, self.changes) = (loops, state, changes)
        (self.scratch, self.recording) = (scratch, recording)
    }

    /// Reads an order; nil where it is none.
    public init?(parsing bytes: [UInt8]) {
        guard let document = try? JSONDocument(parsing: bytes) else { return nil }
        let root = document.root
        guard let number = root["worker"]?.int, let parent = root["parent"]?.int, let token = root["token"]?.string,
            let listen = root["listen"]?.string.flatMap({ SocketAddress($0) }), let loops = root["loops"]?.int,
            let state = root["state"]?.string, let changes = root["changes"]?.string,
            let scratch = root["scratch"]?.string, let id = Int32(exactly: parent)
        else { return nil }
        self.init(
            number: Int(number), parent: id, token: token, listen: listen, loops: Int(loops), state: state,
            changes: changes, scratch: scratch, recording: root["recording"]?.string)
    }

    /// The order as it is sent.
    var bytes: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        for (name, count) in [("worker", number), ("parent", Int(parent)), ("loops", loops)] as [(StaticString, Int)] {
            writer.key(name)
            writer.int(Int64(count))
        }
        writer.text("token", token)
        writer.text("listen", listen.description)
        writer.text("state", state)
        writer.text("changes", changes)
        writer.text("scratch", scratch)
        if let recording { writer.text("recording", recording) }
        writer.endObject()
        return writer.bytes
    }

    /// Makes of the whole server's configuration the worker's own.
    public func apply(to configuration: inout ServerConfiguration) {
        configuration.worker = self
        configuration.listen = listen
        configuration.adminListen = SocketAddress(.loopbackV4, port: 0)
        configuration.admin = ServerConfiguration.Admin()
        configuration.loops = loops
        configuration.state = state
        configuration.calls.scratch = scratch
        configuration.recording = recording
    }
}

/// What a worker tells its supervisor once it serves, over its standard output.
public struct WorkerReport: Sendable, Equatable {
    /// Where the supervisor finds it.
    public let admin: SocketAddress

    /// A report.
    public init(admin: SocketAddress) { self.admin = admin }

    /// Reads a report; nil where it is none, or not whole yet.
    init?(parsing bytes: [UInt8]) {
        guard bytes.last == UInt8(ascii: "\n"), let document = try? JSONDocument(parsing: bytes),
            let admin = document.root["admin"]?.string.flatMap({ SocketAddress($0) })
        else { return nil }
        self.admin = admin
    }

    /// The report as it is sent.
    public var text: String { "{\"admin\":\"\(admin)\"}\n" }
}
