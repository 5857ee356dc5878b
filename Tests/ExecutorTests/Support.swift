import Admission
import Foundation
import Glibc
import Hooks
import Policies
import Reactor
import TestSupport
import Testing

/// Reviews and invocations for tests.
enum Sample {
    static let pod =
        #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","namespace":"shop"},"spec":{"containers":[]}}"#

    static func review(object: String = pod, uid: String = "u-1", extra: String = "") throws -> KeptReview {
        let body = """
            {"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"\(uid)",
            "kind":{"group":"","version":"v1","kind":"Pod"},"resource":{"group":"","version":"v1","resource":"pods"},
            "name":"web","namespace":"shop","operation":"CREATE","userInfo":{"username":"anna"},\(extra)
            "object":\(object),"oldObject":null,"dryRun":false,"options":null}}
            """
        var reader = ReviewReader()
        let bytes = Array(body.utf8)
        return try reader.read(bytes.span) { review throws(ReviewError) in try KeptReview(review) }
    }

    static func invocation(
        _ loop: EventLoop, phase: HookPhase = .validate, milliseconds: Int64 = 10_000, object: String = pod
    ) throws -> HookInvocation {
        HookInvocation(
            key: "key-1", hook: "scan", phase: phase, deadline: SystemClock().now + .milliseconds(milliseconds),
            revision: "r1", review: try review(object: object))
    }
}

/// A loop that the test turns, and the executors on it.
final class Workbench {
    let loop: EventLoop
    let folder: TemporaryDirectory
    let threads: CommandThreads
    private var executors: [any HookExecutor] = []
    let reports = Reports()

    final class Reports: @unchecked Sendable {
        var list: [CommandReport] = []
    }

    init() throws {
        SignalWatch.ignoreBrokenPipes()
        loop = try EventLoop(clock: SystemClock())
        folder = try TemporaryDirectory()
        threads = CommandThreads(clock: SystemClock())
        try WholeFile.makeDirectory(scratch)
    }

    var scratch: String { folder.path + "/scratch" }

    deinit {
        for executor in executors { executor.close() }
        threads.stop()
    }

    func executor(
        _ run: HookRun, allowing: [String] = ["127.0.0.0/8", "::1"], hosts: String = "",
        _ change: (inout CommandOptions) -> Void = { _ in }
    ) throws -> any HookExecutor {
        var options = CommandOptions(threads: threads, scratchFolder: scratch)
        options.report = { [reports] in reports.list.append($0) }
        change(&options)
        let factory = ExecutorFactory(allowedTargets: try AllowedTargets(allowing), commands: options)
        let resolver = Resolver(on: loop) { ResolverConfiguration(resolvConf: "", hosts: hosts) }
        let made = try factory.executor(run, hook: "scan", folder: folder.path, on: loop, resolver: resolver)
        let executor = try #require(made)
        executors.append(executor)
        return executor
    }

    func http(
        _ url: String, allowing: [String] = ["127.0.0.0/8", "::1"], hosts: String = "",
        _ change: (inout HTTPRun) -> Void = { _ in }
    ) throws -> any HookExecutor {
        var run = HTTPRun(url: url)
        change(&run)
        return try executor(.http(run), allowing: allowing, hosts: hosts)
    }

    /// One attempt, from its start to its outcome.
    func ask(
        _ executor: any HookExecutor, phase: HookPhase = .validate, milliseconds: Int64 = 10_000,
        object: String = Sample.pod
    ) throws -> Result<HookResult, HookFailure> {
        loop.turn(waits: false)
        var outcome: Result<HookResult, HookFailure>?
        var calls = 0
        let invocation = try Sample.invocation(loop, phase: phase, milliseconds: milliseconds, object: object)
        let attempt = executor.start(invocation) {
            outcome = $0
            calls += 1
        }
        turn { outcome != nil }
        #expect(calls == 1)
        withExtendedLifetime(attempt) {}
        return try #require(outcome)
    }

    func turn(seconds: Int64 = 30, until condition: () -> Bool) {
        let end = SystemClock().now + .seconds(seconds)
        while !condition(), SystemClock().now < end {
            let alarm = loop.arm(after: .milliseconds(5)) { _ in }
            loop.turn()
            loop.cancel(alarm)
        }
        #expect(condition())
    }

    func write(_ name: String, _ text: String, mode: UInt32 = 0o644) throws -> String {
        try WholeFile.replace("\(folder.path)/\(name)", with: Array(text.utf8), mode: mode)
        return "\(folder.path)/\(name)"
    }
}

extension Result where Success == HookResult, Failure == HookFailure {
    var failure: HookFailure? { if case .failure(let failure) = self { failure } else { nil } }
    var success: HookResult? { try? get() }
}

/// A server that does with each connection what the test says, on a thread of its own.
final class ScriptedServer: @unchecked Sendable {
    /// What came in and what is to be done with it.
    struct Connection {
        let socket: CInt

        /// Reads a request with a Content-Length, whole.
        func readRequest() -> String? {
            var bytes: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 65536)
            while true {
                let text = String(decoding: bytes, as: UTF8.self)
                if let end = text.range(of: "\r\n\r\n") {
                    let length =
                        text.split(separator: "\r\n").first { $0.hasPrefix("Content-Length: ") }
                        .flatMap { Int($0.dropFirst(16)) } ?? 0
                    if text[end.upperBound...].utf8.count >= length { return text }
                }
                let count = recv(socket, &chunk, chunk.count, 0)
                guard count > 0 else { return nil }
                bytes += chunk[..<count]
            }
        }

        @discardableResult
        func send(_ text: String) -> Bool { send(Array(text.utf8)) }

        @discardableResult
        func send(_ bytes: [UInt8]) -> Bool {
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                guard count > 0 else { return false }
                rest = rest.dropFirst(count)
            }
            return true
        }

        func answer(_ body: String, status: String = "200 OK", fields: String = "") {
            send("HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)")
        }

        func reset() {
            var option = linger(l_onoff: 1, l_linger: 0)
            setsockopt(socket, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        }
    }

    let port: UInt16
    private let listener: CInt
    private let serve: @Sendable (Connection) -> Void
    private let lock = NSLock()
    private var accepted = 0
    private var isStopped = false

    init(_ serve: @escaping @Sendable (Connection) -> Void) throws {
        self.serve = serve
        let socket = try TCPSocket.listen(on: SocketAddress(.loopbackV4, port: 0), backlog: 64)
        port = try TCPSocket.localAddress(of: socket.number).port
        listener = socket.release()
        Thread.detachNewThread { [self] in acceptAll() }
    }

    /// Answers every request of every connection with the same body.
    convenience init(answering body: String, status: String = "200 OK", fields: String = "") throws {
        try self.init { connection in
            while connection.readRequest() != nil { connection.answer(body, status: status, fields: fields) }
        }
    }

    var url: String { "http://127.0.0.1:\(port)/review" }

    var connectionCount: Int { lock.withLock { accepted } }

    private func acceptAll() {
        while !lock.withLock({ isStopped }) {
            var entry = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
            guard poll(&entry, 1, 50) > 0 else { continue }
            let socket = accept(listener, nil, nil)
            guard socket >= 0 else { continue }
            let flags = fcntl(socket, F_GETFL)
            _ = fcntl(socket, F_SETFL, flags & ~O_NONBLOCK)
            var limit = timeval(tv_sec: 20, tv_usec: 0)
            setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            lock.withLock { accepted += 1 }
            Thread.detachNewThread { [serve] in
                serve(Connection(socket: socket))
                Glibc.close(socket)
            }
        }
        Glibc.close(listener)
    }

    func stop() { lock.withLock { isStopped = true } }
}

/// What a server saw, for the test to look at.
final class Seen: @unchecked Sendable {
    private let lock = NSLock()
    private var requests: [String] = []

    func add(_ request: String) { lock.withLock { requests.append(request) } }

    var all: [String] { lock.withLock { requests } }

    func field(_ name: String, of index: Int = 0) -> String? {
        guard index < all.count else { return nil }
        return all[index].components(separatedBy: "\r\n").first { $0.hasPrefix("\(name): ") }
            .map { String($0.dropFirst(name.count + 2)) }
    }

    func body(_ index: Int = 0) -> String {
        guard index < all.count, let end = all[index].range(of: "\r\n\r\n") else { return "" }
        return String(all[index][end.upperBound...])
    }
}
