/// The address of a hook: an `http` or `https` URL without user information and fragment.
public struct HTTPURL: Equatable, Hashable, Sendable {
    /// Why a text is no such URL.
    public enum Problem: Error, Equatable, Sendable {
        /// It does not start with `http://` or `https://`.
        case scheme
        /// User information would end up in logs; credentials have fields of their own.
        case userInfo
        /// The host is missing or has characters that no host has.
        case host
        /// The port is not a number from 1 to 65535.
        case port
        /// The path or the query has characters that must be percent-encoded.
        case path
        /// A fragment is never sent.
        case fragment
        /// It is longer than 8 KiB.
        case tooLong

        /// What is wrong and what to do about it.
        public var sentence: StaticString {
            switch self {
            case .scheme: "the URL must start with http:// or https://"
            case .userInfo: "the URL must not hold a user or password"
            case .host: "the URL's host is missing or malformed"
            case .port: "the URL's port must be a number from 1 to 65535"
            case .path: "the URL's path and query must be percent-encoded"
            case .fragment: "the URL must not have a fragment"
            case .tooLong: "the URL is too long"
            }
        }
    }

    /// Whether the connection is to be encrypted.
    public let isSecure: Bool
    /// The host, in small letters; an IPv6 address without its brackets.
    public let host: String
    /// Whether the host is an IPv6 address.
    public let isIPv6: Bool
    /// The port, by default 443 or 80.
    public let port: Int
    /// The path, never empty, with the query if there is one: what a request line says.
    public let target: String

    /// Reads a URL.
    public init(_ text: String) throws(Problem) {
        let bytes = Array(text.utf8)
        guard bytes.count <= 8 << 10 else { throw .tooLong }
        try self.init(bytes.span)
    }

    private init(_ bytes: Span<UInt8>) throws(Problem) {
        isSecure = Self.starts(bytes, with: "https://")
        guard isSecure || Self.starts(bytes, with: "http://") else { throw .scheme }
        let start = isSecure ? 8 : 7
        var end = start
        while end < bytes.count, !Self.endsAuthority(bytes[end]) {
            if bytes[end] == UInt8(ascii: "@") { throw .userInfo }
            end += 1
        }
        let authority = ByteRange(start, end)
        guard let parts = Authority.split(authority, in: bytes) else {
            throw Self.hasBadPort(authority, bytes) ? .port : .host
        }
        if parts.port == 0 { throw .port }
        host = String(decoding: parts.host.indices.map { ByteClass.lowercase(bytes[$0]) }, as: UTF8.self)
        isIPv6 = parts.isIPv6
        port = parts.port ?? (isSecure ? 443 : 80)
        target = try Self.target(ByteRange(end, bytes.count), bytes)
    }

    /// The value of the Host field: the port is left out where it is the scheme's own.
    public var authority: String {
        let name = isIPv6 ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }

    private static func starts(_ bytes: Span<UInt8>, with scheme: StaticString) -> Bool {
        let count = scheme.utf8CodeUnitCount
        return bytes.count >= count && ByteRange(0, count).equalsIgnoringCase(scheme, in: bytes)
    }

    private static func endsAuthority(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "/") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#")
    }

    /// Whether the host by itself would do.
    private static func hasBadPort(_ authority: ByteRange, _ bytes: Span<UInt8>) -> Bool {
        var colon = authority.end - 1
        while colon > authority.start, bytes[colon] != UInt8(ascii: ":") { colon -= 1 }
        return colon > authority.start && Authority.isValid(ByteRange(authority.start, colon), in: bytes)
    }

    private static func target(_ range: ByteRange, _ bytes: Span<UInt8>) throws(Problem) -> String {
        for index in range.indices {
            let byte = bytes[index]
            if byte == UInt8(ascii: "#") { throw .fragment }
            guard ByteClass.target.contains(byte) else { throw .path }
            if byte == UInt8(ascii: "%"), !PercentEncoding.isTriplet(bytes, at: index, before: range.end) {
                throw .path
            }
        }
        let text = range.string(in: bytes)
        return text.hasPrefix("/") ? text : "/" + text
    }
}

extension HTTPURL: CustomStringConvertible {
    /// The URL as it would be written.
    public var description: String { "\(isSecure ? "https" : "http")://\(authority)\(target)" }
}
