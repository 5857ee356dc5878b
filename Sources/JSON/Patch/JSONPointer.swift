/// A place in a document: RFC 6901.
public struct JSONPointer: Equatable, Sendable {
    /// The reference tokens, unescaped.
    public let tokens: [[UInt8]]

    /// The place that these tokens lead to.
    public init(tokens: [[UInt8]]) { self.tokens = tokens }

    /// Reads a pointer; nil unless it is empty or starts with a slash and every `~` is followed by `0` or `1`.
    public init?(_ text: Span<UInt8>) {
        var tokens: [[UInt8]] = []
        var index = 0
        while index < text.count {
            let byte = text[index]
            if byte == UInt8(ascii: "/") {
                tokens.append([])
            } else if tokens.isEmpty {
                return nil
            } else if byte != UInt8(ascii: "~") {
                tokens[tokens.count - 1].append(byte)
            } else {
                index += 1
                guard index < text.count, let plain = Self.unescaped(text[index]) else { return nil }
                tokens[tokens.count - 1].append(plain)
            }
            index += 1
        }
        self.tokens = tokens
    }

    /// Reads a pointer; nil when it is not one.
    public init?(_ text: String) { self.init(text.utf8.span) }

    private static func unescaped(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0"): UInt8(ascii: "~")
        case UInt8(ascii: "1"): UInt8(ascii: "/")
        default: nil
        }
    }

    /// Appends a slash and the token, escaped, to a pointer's text.
    static func append(_ token: Span<UInt8>, to path: inout [UInt8]) {
        path.append(UInt8(ascii: "/"))
        for index in 0..<token.count {
            switch token[index] {
            case UInt8(ascii: "~"): path.append(contentsOf: [UInt8(ascii: "~"), UInt8(ascii: "0")])
            case UInt8(ascii: "/"): path.append(contentsOf: [UInt8(ascii: "~"), UInt8(ascii: "1")])
            default: path.append(token[index])
            }
        }
    }

    /// An array index as RFC 6901 writes it: no sign, no zeros in front.
    static func index(_ token: [UInt8]) -> Int? {
        guard let first = token.first, token.count <= 9, token.count == 1 || first != UInt8(ascii: "0") else {
            return nil
        }
        var value = 0
        for byte in token {
            let digit = byte &- UInt8(ascii: "0")
            guard digit <= 9 else { return nil }
            value = value * 10 + Int(digit)
        }
        return value
    }
}

extension JSONPointer: CustomStringConvertible {
    /// The pointer as text, escaped.
    public var description: String {
        var path: [UInt8] = []
        for token in tokens { Self.append(token.span, to: &path) }
        return String(copying: path.span)
    }
}

extension JSONNode {
    /// The value that the pointer leads to from here, if it is there.
    public func value(at pointer: JSONPointer) -> JSONNode? {
        var node = self
        for token in pointer.tokens {
            let next = node.isArray ? JSONPointer.index(token).flatMap(node.element) : node[token.span]
            guard let next else { return nil }
            node = next
        }
        return node
    }
}
