/// Finds what answers a path: a short list of patterns, tried in order.
///
/// A pattern is a path whose segments are literal or `{name}`, which stands for one segment that is not empty. A path
/// with a percent sign matches no pattern; nothing this server offers has a name that needs one.
public struct Router<Endpoint: Sendable>: Sendable {
    /// What a request is for.
    public enum Route: Sendable {
        /// This endpoint, and what its pattern's names stand for, in order.
        case endpoint(Endpoint, first: ByteRange, second: ByteRange)
        /// OPTIONS, to be answered with these methods in `Allow`.
        case options(HTTPMethodSet)
        /// The path is known but not with this method: 405 with these methods in `Allow`.
        case methodNotAllowed(HTTPMethodSet)
        /// 404.
        case notFound
    }

    private enum Segment: Equatable, Sendable {
        case literal([UInt8])
        case name
    }

    private struct Entry: Sendable {
        let segments: [Segment]
        let methods: HTTPMethodSet
        let endpoint: Endpoint
    }

    private var entries: [Entry] = []

    /// A router that knows no path.
    public init() {}

    /// Adds a pattern with at most two names, behind those that are there.
    public mutating func add(_ pattern: StaticString, _ methods: HTTPMethodSet, _ endpoint: Endpoint) {
        let segments = pattern.description.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
            .map { $0.hasPrefix("{") ? Segment.name : .literal(Array($0.utf8)) }
        precondition(segments.filter { $0 == .name }.count <= 2, "a pattern has at most two names")
        entries.append(Entry(segments: segments, methods: methods, endpoint: endpoint))
    }

    /// What a request for that path is for.
    public func route(_ method: HTTPMethod, _ path: ByteRange, in bytes: Span<UInt8>) -> Route {
        var known: HTTPMethodSet = []
        for index in entries.indices {
            guard let (first, second) = Self.match(entries[index].segments, path, bytes) else { continue }
            if method != .other, entries[index].methods.contains(HTTPMethodSet(method)) {
                return .endpoint(entries[index].endpoint, first: first, second: second)
            }
            known.formUnion(entries[index].methods)
        }
        if known.isEmpty {
            return method == .options && path.equals("*", in: bytes) ? .options([.get, .post]) : .notFound
        }
        let allowed = known.union(HTTPMethodSet(.options))
        return method == .options ? .options(allowed) : .methodNotAllowed(allowed)
    }

    private static func match(
        _ segments: [Segment], _ path: ByteRange, _ bytes: Span<UInt8>
    ) -> (ByteRange, ByteRange)? {
        var names = (ByteRange.absent, ByteRange.absent)
        var position = path.start
        for segment in segments {
            guard position < path.end, bytes[position] == UInt8(ascii: "/") else { return nil }
            let start = position &+ 1
            position = start
            while position < path.end, bytes[position] != UInt8(ascii: "/") {
                if bytes[position] == UInt8(ascii: "%") { return nil }
                position &+= 1
            }
            switch segment {
            case .name:
                if position == start { return nil }
                if names.0.isPresent {
                    names.1 = ByteRange(start, position)
                } else {
                    names.0 = ByteRange(start, position)
                }
            case .literal(let literal):
                guard literal.count == position &- start else { return nil }
                for offset in 0..<literal.count where literal[offset] != bytes[start &+ offset] { return nil }
            }
        }
        return position == path.end ? names : nil
    }
}
