import Glibc
import Reactor
import Testing

final class Accepting: ConnectionAcceptor {
    var sockets: [CInt] = []

    func accepted(_ socket: consuming FileDescriptor, from peer: SocketAddress, on loop: EventLoop) {
        sockets.append(socket.release())
    }

    deinit { for socket in sockets { close(socket) } }
}

final class Connecting: ConnectorHandler {
    var connected = 0
    var error: SystemError?

    func connected(_ connector: Connector, _ socket: consuming FileDescriptor, on loop: EventLoop) { connected += 1 }

    func failed(_ connector: Connector, _ error: SystemError, on loop: EventLoop) { self.error = error }
}

@Suite struct SocketTests {
    @Test(arguments: ["127.0.0.1:0", "[::1]:0"]) func clientsAreAccepted(address: String) throws {
        let loop = try EventLoop(clock: SystemClock())
        let (accepting, connecting) = (Accepting(), Connecting())
        let listener = try TCPListener(on: #require(SocketAddress(address)), loop: loop, acceptor: accepting)
        #expect(listener.address.port != 0)
        let again = try TCPListener(on: listener.address, loop: loop, acceptor: accepting)
        let deadline = loop.now + .seconds(5)
        let connectors = try (0..<20).map { _ in
            try Connector(to: listener.address, deadline: deadline, loop: loop, handler: connecting)
        }
        turn(loop) { accepting.sockets.count == 20 && connecting.connected == 20 }
        #expect(listener.counters.accepted + again.counters.accepted == 20)
        withExtendedLifetime(connectors) {}
        listener.close()
        again.close()
        #expect(loop.sourceCount == 0)
    }

    @Test func aPausedListenerLeavesClientsInTheBacklog() throws {
        let loop = try EventLoop(clock: SystemClock())
        let (accepting, connecting) = (Accepting(), Connecting())
        let listener = try TCPListener(
            on: SocketAddress(.loopbackV4, port: 0), loop: loop, acceptor: accepting)
        listener.pause()
        let connector = try Connector(
            to: listener.address, deadline: loop.now + .seconds(5), loop: loop, handler: connecting)
        turn(loop) { connecting.connected == 1 }
        loop.turn(waits: false)
        #expect(accepting.sockets.isEmpty)
        listener.resume()
        turn(loop) { accepting.sockets.count == 1 }
        withExtendedLifetime(connector) {}
        listener.close()
    }

    @Test func aRefusedConnectionIsAnError() throws {
        let loop = try EventLoop(clock: SystemClock())
        let connecting = Connecting()
        let listener = try TCPListener(on: SocketAddress(.loopbackV4, port: 0), loop: loop, acceptor: Accepting())
        let address = listener.address
        listener.close()
        let connector = try Connector(to: address, deadline: loop.now + .seconds(5), loop: loop, handler: connecting)
        turn(loop) { connecting.error != nil }
        #expect(connecting.error?.code == ECONNREFUSED)
        #expect(loop.timerCount == 0)
        withExtendedLifetime(connector) {}
    }

    /// A listener whose backlog is full answers nothing.
    @Test func theDeadlineEndsAnAttempt() throws {
        let loop = try EventLoop(clock: SystemClock())
        let silent = try TCPSocket.listen(on: SocketAddress(.loopbackV4, port: 0), backlog: 0)
        let address = try TCPSocket.localAddress(of: silent.number)
        let connecting = Connecting()
        let connectors = try (0..<4).map { _ in
            try Connector(to: address, deadline: loop.now + .milliseconds(150), loop: loop, handler: connecting)
        }
        turn(loop) { connecting.error != nil }
        #expect(connecting.error?.code == ETIMEDOUT)
        withExtendedLifetime(connectors) {}
    }

    @Test(arguments: [
        ("0.0.0.0", "0.0.0.0"), ("255.1.20.3", "255.1.20.3"), ("::", "::"), ("::1", "::1"), ("1::", "1::"),
        ("2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("::ffff:10.0.0.1", "::ffff:10.0.0.1"),
        ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"), ("1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8"), ("fe80::1:2", "fe80::1:2"),
        ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"), ("0:0:1::", "0:0:1::"), ("::2:0:0:0", "::2:0:0:0"),
    ]) func readsAndPrintsAddresses(text: String, printed: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == printed)
        #expect(IPAddress(bytes: address.bytes) == address)
    }

    @Test(arguments: [
        "", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.", "+1.2.3.4", ":", ":::", "1::2::3", "1:2",
        "1:2:3:4:5:6:7:8:9", "12345::", "::1%eth0", "1:2:3:4:5:6:7::8", "::1.2.3", "1.2.3.4::", "g::", "-1::", ":1::",
        "1:2:3:4:5:6:7:", ":1:2:3:4:5:6:7", "1.2.3.4 ", "::+1",
    ]) func refusesWhatIsNoAddress(text: String) { #expect(IPAddress(text) == nil) }

    @Test func readsSocketAddresses() {
        #expect(SocketAddress("127.0.0.1:8443")?.description == "127.0.0.1:8443")
        #expect(SocketAddress("[::1]:0")?.description == "[::1]:0")
        for text in ["127.0.0.1", "::1:80", "[127.0.0.1]:80", "1.2.3.4:65536", "1.2.3.4:", "1.2.3.4:+1", "[::1]"] {
            #expect(SocketAddress(text) == nil)
        }
    }

    @Test func unmapsWhatAGuardMustSee() {
        #expect(IPAddress("::ffff:127.0.0.1")?.unmapped == .loopbackV4)
        #expect(IPAddress("::1")?.unmapped == .loopbackV6)
    }
}
