internal import CSystem
internal import Glibc

/// Making sockets.
public enum TCPSocket {
    /// Begins to connect; the socket becomes writable when that succeeded or failed, which `failure` then tells.
    public static func connect(to address: SocketAddress) throws(SystemError) -> FileDescriptor {
        let number = system_socket(address.ip.isV4 ? 1 : 0, CInt(SOCK_STREAM.rawValue))
        guard number >= 0 else { throw SystemError("socket") }
        let socket = FileDescriptor(adopting: number)
        setNoDelay(number)
        guard system_connect(number, address.packed) == 0 || errno == EINPROGRESS else {
            throw SystemError("connect to \(address)")
        }
        return socket
    }

    /// Why connecting failed; nil when it did not.
    public static func failure(of descriptor: CInt, _ address: SocketAddress) -> SystemError? {
        let code = system_pending_error(descriptor)
        return code == 0 ? nil : SystemError("connect to \(address)", code: code)
    }

    /// A listening socket that shares its port with those of the other loops.
    public static func listen(on address: SocketAddress, backlog: CInt) throws(SystemError) -> FileDescriptor {
        let socket = try reserve(address)
        guard Glibc.listen(socket.number, backlog) == 0 else { throw SystemError("listen on \(address)") }
        return socket
    }

    /// A socket that has the port without listening: whoever else of this user shares ports may listen there meanwhile.
    public static func reserve(_ address: SocketAddress) throws(SystemError) -> FileDescriptor {
        let number = system_socket(address.ip.isV4 ? 1 : 0, CInt(SOCK_STREAM.rawValue))
        guard number >= 0 else { throw SystemError("socket") }
        let socket = FileDescriptor(adopting: number)
        _ = system_set_option(number, SOL_SOCKET, SO_REUSEADDR, 1)
        _ = system_set_option(number, SOL_SOCKET, SO_REUSEPORT, 1)
        // The unspecified IPv6 address takes IPv4 clients too, whatever the machine's default is.
        if !address.ip.isV4 { _ = system_set_option(number, CInt(IPPROTO_IPV6), IPV6_V6ONLY, 0) }
        guard system_bind(number, address.packed) == 0 else { throw SystemError("bind to \(address)") }
        return socket
    }

    /// A connected pair of local sockets, for tests and for talking to oneself.
    public static func pair() throws(SystemError) -> SocketPair {
        var ends: (CInt, CInt) = (-1, -1)
        let outcome = unsafe withUnsafeMutablePointer(to: &ends) {
            unsafe $0.withMemoryRebound(to: CInt.self, capacity: 2) {
                unsafe socketpair(
                    AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0, $0)
            }
        }
        guard outcome == 0 else { throw SystemError("socketpair") }
        return SocketPair(one: FileDescriptor(adopting: ends.0), other: FileDescriptor(adopting: ends.1))
    }

    /// The address a socket is bound to, with the port that the kernel chose where 0 was asked for.
    public static func localAddress(of descriptor: CInt) throws(SystemError) -> SocketAddress {
        var address = system_address()
        guard unsafe system_local_address(descriptor, &address) == 0 else { throw SystemError("getsockname") }
        return SocketAddress(address)
    }

    /// Answers are written whole, so waiting for more to send would only delay them.
    static func setNoDelay(_ descriptor: CInt) {
        _ = system_set_option(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, 1)
    }

    /// Tells the peer that nothing more will be written.
    public static func shutdownWriting(_ descriptor: CInt) { _ = Glibc.shutdown(descriptor, CInt(SHUT_WR)) }
}

/// Two sockets of which each is the other's peer.
public struct SocketPair: ~Copyable {
    /// One end.
    public let one: FileDescriptor
    /// The other end.
    public let other: FileDescriptor
}

extension SocketAddress {
    var packed: system_address {
        system_address(high: ip.high, low: ip.low, scope: 0, port: port, is_v4: ip.isV4 ? 1 : 0)
    }

    init(_ packed: system_address) {
        let ip =
            packed.is_v4 != 0
            ? IPAddress(v4: UInt32(truncatingIfNeeded: packed.low)) : IPAddress(high: packed.high, low: packed.low)
        self.init(ip, port: packed.port)
    }
}
