/// Writes the head of a request for the client; made once for each address, because everything in it is checked then.
public struct RequestWriter: Sendable {
    /// Why a field cannot be sent.
    public enum Problem: Error, Equatable, Sendable {
        /// The name is empty or has characters that no field name has.
        case name(String)
        /// The value has control characters or is not ASCII.
        case value(String)
        /// The field belongs to the client itself: framing, Host, Connection and the like.
        case reserved(String)

        /// What is wrong and what to do about it.
        public var sentence: String {
            switch self {
            case .name(let name): "\"\(name)\" is not the name of a header"
            case .value(let name): "the value of the header \(name) must be printable ASCII"
            case .reserved(let name): "the header \(name) is set by the client itself"
            }
        }
    }

    /// Fields whose values would contradict what the client does.
    private static let reserved: Set<String> = [
        "host", "content-length", "transfer-encoding", "connection", "keep-alive", "proxy-connection", "te", "trailer",
        "upgrade", "expect", "accept-encoding", "content-encoding",
    ]

    /// The request line and the fields that every request has.
    private let opening: [UInt8]

    /// A writer of requests of that method for that address, with fields of one's own.
    public init(_ method: HTTPMethod, _ url: HTTPURL, fields: [(name: String, value: String)] = []) throws(Problem) {
        var opening = "\(method.name) \(url.target) HTTP/1.1\r\nHost: \(url.authority)\r\n"
        for (name, value) in fields {
            try Self.check(name, value)
            opening += "\(name): \(value)\r\n"
        }
        self.opening = Array(opening.utf8)
    }

    /// Writes a head, for a body of so many bytes that follows; `fields` are those of this one request.
    public func write(
        bodyBytes: Int?, fields: [(name: StaticString, value: String)] = [], to buffer: inout ByteBuffer
    ) throws(Problem) {
        for (name, value) in fields { try Self.check(name.description, value) }
        buffer.append(opening)
        for (name, value) in fields {
            buffer.append(name)
            buffer.append(": ")
            buffer.append(value)
            buffer.append("\r\n")
        }
        if let bodyBytes {
            buffer.append("Content-Length: ")
            buffer.append(decimal: bodyBytes)
            buffer.append("\r\n")
        }
        buffer.append("\r\n")
    }

    private static func check(_ name: String, _ value: String) throws(Problem) {
        guard !name.isEmpty, name.utf8.allSatisfy({ ByteClass.token.contains($0) }) else { throw .name(name) }
        if reserved.contains(name.lowercased()) { throw .reserved(name) }
        let isPrintable = value.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F || $0 == 0x09 }
        guard isPrintable, value.utf8.first.map(ByteClass.isBlank) != true,
            value.utf8.last.map(ByteClass.isBlank) != true
        else { throw .value(name) }
    }
}
