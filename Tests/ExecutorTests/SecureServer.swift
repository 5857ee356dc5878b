import Foundation
import HTTP
import Reactor
import TLS

/// The product's own server with TLS, answering everything with one body, on a thread of its own.
final class SecureServer {
    private final class Inside: HTTPHandler, @unchecked Sendable {
        let body: [UInt8]
        var server: HTTPServer?
        var address: SocketAddress?
        let lock = NSLock()
        var client = ""

        init(_ body: String) { self.body = Array(body.utf8) }

        func handle(
            _ head: RequestHead, body: Range<Int>, in bytes: Span<UInt8>, _ exchange: HTTPExchange,
            output: inout ByteBuffer
        ) -> HTTPProgress {
            let name = exchange.client?.commonName ?? ""
            lock.withLock { client = name }
            let text = self.body
            ResponseWriter(status: .ok, contentType: "application/json", closes: exchange.closes)
                .write(text.span, to: &output)
            return .answered
        }
    }

    private let inside: Inside
    private let thread: LoopThread
    let port: UInt16

    init(_ pair: CertificatePair, clientAuthorities: [UInt8], answering body: String) throws {
        SignalWatch.ignoreBrokenPipes()
        var configuration = TLSServerConfiguration(pairs: [pair])
        configuration.clientAuthentication = .optional
        configuration.clientAuthorities = clientAuthorities
        let inside = Inside(body)
        self.inside = inside
        let identity = ServerIdentity(try TLSContext(configuration, tickets: try TicketKeys(clock: SystemClock())))
        let ready = DispatchSemaphore(value: 0)
        thread = try LoopThread("test", clock: SystemClock()) { loop in
            let server = HTTPServer(on: loop, HTTPServerOptions(), identity: identity, handler: inside)
            inside.address = try? server.listen(on: SocketAddress(.loopbackV4, port: 0))
            inside.server = server
            ready.signal()
        }
        ready.wait()
        port = inside.address?.port ?? 0
    }

    var lastClient: String { inside.lock.withLock { inside.client } }

    func stop() {
        let done = DispatchSemaphore(value: 0)
        _ = thread.mailbox.submit { [inside] _ in
            inside.server?.close()
            inside.server = nil
            done.signal()
        }
        done.wait()
        thread.stop()
    }
}
