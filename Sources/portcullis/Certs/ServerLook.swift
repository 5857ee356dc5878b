import HTTP
import Reactor
import TLS

/// A look at the certificates that a server shows; they are shown whether or not anybody should believe them.
struct ServerLook {
    private static let patience = Nanoseconds.seconds(10)

    let host: String
    let port: UInt16
    /// The name that it is asked for; nil: the host's.
    let name: String?

    func certificates() throws(CertificateProblem) -> ShownCertificates {
        let place = "\(host):\(port)"
        do {
            let loop = try EventLoop(clock: SystemClock())
            var configuration = TLSClientConfiguration()
            configuration.verifiesServer = false
            let visit = Visit(name ?? host, try TLSContext(configuration))
            visit.begin(host, port, deadline: loop.now + Self.patience, on: loop)
            while visit.outcome == nil { loop.turn() }
            visit.end(on: loop)
            return ShownCertificates(place: place, chain: try visit.outcome?.get() ?? [])
        } catch {
            throw .failed("\(place): \(error)")
        }
    }

    private struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// One connection, as far as the handshake.
    private final class Visit: EventHandler, ConnectorHandler, TimerHandler {
        private(set) var outcome: Result<[UInt8], any Error>?
        private let name: String
        private let context: TLSContext
        private var addresses: ArraySlice<IPAddress> = []
        private var port: UInt16 = 0
        private var deadline = Instant.never
        private var resolver: Resolver?
        private var connector: Connector?
        private var socket: FileDescriptor?
        private var tls: TLSConnection?
        private var registration: Registration?
        private var timer: Timer?

        init(_ name: String, _ context: TLSContext) {
            self.name = name
            self.context = context
        }

        func begin(_ host: String, _ port: UInt16, deadline: Instant, on loop: EventLoop) {
            self.port = port
            self.deadline = deadline
            timer = loop.arm(at: deadline, self)
            let resolver = Resolver(on: loop)
            self.resolver = resolver
            resolver.resolve(host, deadline: deadline) { result in
                switch result {
                case .success(let all):
                    self.addresses = all[...]
                    self.connect(Failure(description: "it has no address"), on: loop)
                case .failure: self.fail(Failure(description: "its name is not known"))
                }
            }
        }

        private func connect(_ last: any Error, on loop: EventLoop) {
            guard let address = addresses.popFirst() else { return fail(last) }
            let place = SocketAddress(address, port: port)
            do {
                connector = try Connector(to: place, deadline: deadline, loop: loop, handler: self)
            } catch {
                connect(error, on: loop)
            }
        }

        func failed(_ connector: Connector, _ error: SystemError, on loop: EventLoop) {
            self.connector = nil
            connect(Failure(description: SystemError.text(error.code)), on: loop)
        }

        func connected(_ connector: Connector, _ socket: consuming FileDescriptor, on loop: EventLoop) {
            self.connector = nil
            let number = socket.number
            self.socket = consume socket
            do {
                tls = try TLSConnection.connecting(number, to: name, context)
                registration = try loop.add(number, [.readable, .writable], self)
                ready([], on: loop)
            } catch {
                fail(error)
            }
        }

        func ready(_ readiness: Readiness, on loop: EventLoop) {
            guard outcome == nil, let registration else { return }
            switch tls?.handshake() {
            case .done: finish()
            case .wantsRead: loop.change(registration, to: .readable)
            case .wantsWrite: loop.change(registration, to: .writable)
            case .failed(let error): fail(Failure(description: "TLS: \(error)"))
            case .closed, nil: fail(Failure(description: "it ended the connection: does it speak TLS?"))
            }
        }

        private func finish() {
            do { outcome = .success(try tls?.serverChain() ?? []) } catch { fail(error) }
        }

        func fired(_ timer: Timer, on loop: EventLoop) {
            self.timer = nil
            fail(Failure(description: "there was no answer in time"))
        }

        private func fail(_ error: any Error) {
            if outcome == nil { outcome = .failure(error) }
        }

        func end(on loop: EventLoop) {
            loop.cancel(&timer)
            connector?.cancel()
            if let registration = registration.take() { loop.remove(registration) }
            _ = tls?.shutdown()
            tls = nil
            socket = nil
        }
    }
}
