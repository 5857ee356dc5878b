import Foundation
import HTTP
import Reactor
import TLS
import TestSupport
import Testing

/// A server of somebody else's, started for a test and ended with it.
final class PeerServer: ChildProcessHandler {
    let port: Int
    private let loop: EventLoop
    private var child: ChildProcess?
    private var hasEnded = false

    init(_ arguments: [String], port: Int) throws {
        self.port = port
        loop = try EventLoop(clock: SystemClock())
        var command = ChildCommand(arguments: arguments)
        command.environment = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
        child = try ChildProcess(command, on: loop, handler: self)
        for _ in 0..<400 where !isListening && !hasEnded {
            loop.turn(waits: false)
            usleep(25_000)
        }
    }

    func ended(_ child: ChildProcess, _ outcome: ChildOutcome, on loop: EventLoop) {
        hasEnded = true
        if case .exited = outcome.ending {
            Issue.record("the peer ended: \(String(decoding: outcome.errors, as: UTF8.self))")
        }
    }

    private var isListening: Bool {
        (try? RawClient(SocketAddress(.loopbackV4, port: UInt16(port)))) != nil
    }

    /// To be called at the end: a handler that is going away could not be told.
    func stop() {
        child?.kill()
        let alarm = loop.arm(after: .seconds(10)) { _ in }
        while !hasEnded, loop.timerCount > 0 { loop.turn() }
        loop.cancel(alarm)
    }

    static func freePort() throws -> Int {
        let socket = try TCPSocket.listen(on: SocketAddress(.loopbackV4, port: 0), backlog: 1)
        return Int(try TCPSocket.localAddress(of: socket.number).port)
    }
}

@Suite struct PeerServerTests {
    @Test func talksToPython() throws {
        let directory = try TemporaryDirectory()
        let body = String(repeating: "python ", count: 20_000)
        try WholeFile.create(directory.path + "/file", with: Array(body.utf8))
        let port = try PeerServer.freePort()
        let peer = try PeerServer(
            ["/usr/bin/python3", "-m", "http.server", "--bind", "127.0.0.1", "--directory", directory.path, "\(port)"],
            port: port)
        defer { peer.stop() }
        let client = try TurnedClient("http://127.0.0.1:\(peer.port)/file")
        // HTTP/1.0: the connection ends with each answer.
        for _ in 0..<3 { #expect(try client.ask(.get).get().text == body) }
        #expect(client.client.counters.connections == 3)
        #expect(try client.ask(.head).get().body.isEmpty)
        #expect(try client.ask(.get, path: "/none").get().head.statusCode == 404)
        #expect(try client.ask(.post).get().head.statusCode == 501)
    }

    @Test func talksToNginxPlainChunkedAndSecure() throws {
        let directory = try TemporaryDirectory()
        let maker = try CertificateMaker(authority: "test", now: SystemClock().wall / 1_000_000_000, days: 5)
        let pair = try maker.issue(
            "nginx", names: ["localhost"], purpose: .server, now: SystemClock().wall / 1_000_000_000, days: 2)
        try WholeFile.create(directory.path + "/crt", with: pair.chain)
        try WholeFile.create(directory.path + "/key", with: pair.key, mode: 0o600)
        let text = String(repeating: "nginx serves this ", count: 10_000)
        try WholeFile.create(directory.path + "/file.html", with: Array(text.utf8), mode: 0o644)
        let (plain, secure) = (try PeerServer.freePort(), try PeerServer.freePort())
        try WholeFile.create(directory.path + "/conf", with: Array(configuration(directory.path, plain, secure).utf8))
        let peer = try PeerServer(["nginx", "-p", directory.path, "-c", "conf"], port: plain)
        defer { peer.stop() }
        let client = try TurnedClient("http://127.0.0.1:\(peer.port)/file.html")
        for _ in 0..<5 { #expect(try client.ask(.get).get().text == text) }
        #expect(client.client.counters.connections == 1)
        // A server-side include makes the length unknown, so the answer comes in chunks.
        let chunked = try client.ask(.get, path: "/ssi/file.html").get()
        #expect(chunked.head.isChunked && chunked.text == text)
        #expect(try client.ask(.post, text, path: "/none").get().head.statusCode == 404)
        var trusting = TLSClientConfiguration()
        trusting.authorities = try maker.pair().chain
        let context = try TLSContext(trusting)
        let safe = try TurnedClient("https://localhost:\(secure)/file.html") { $0.tls = context }
        for _ in 0..<5 { #expect(try safe.ask(.get).get().text == text) }
        #expect(safe.client.counters.connections == 1)
    }

    private func configuration(_ root: String, _ plain: Int, _ secure: Int) -> String {
        """
        daemon off; master_process off; pid \(root)/pid; error_log \(root)/log;
        events {}
        http {
            access_log off; client_body_temp_path \(root)/body; proxy_temp_path \(root)/proxy;
            fastcgi_temp_path \(root)/fastcgi; uwsgi_temp_path \(root)/uwsgi; scgi_temp_path \(root)/scgi;
            types { text/html html; }
            server {
                listen 127.0.0.1:\(plain); listen 127.0.0.1:\(secure) ssl; root \(root);
                ssl_certificate crt; ssl_certificate_key key;
                location /ssi/ { alias \(root)/; ssi on; }
            }
        }
        """
    }
}
