/// One way to call a function: what it takes and what it gives.
public struct OverloadDeclaration: Sendable, Hashable {
    /// The name of this overload, by which its cost and its implementation are found.
    public let id: String
    /// True where the first argument stands before the dot.
    public let isMember: Bool
    /// What it takes, the target first.
    public let parameters: [CELType]
    /// What it gives.
    public let result: CELType
    /// The type parameters it is generic over.
    let typeParameters: [String]

    /// Declares an overload.
    public init(id: String, isMember: Bool, parameters: [CELType], result: CELType) {
        self.id = id
        self.isMember = isMember
        self.parameters = parameters
        self.result = result
        var names: [String] = []
        for type in parameters + [result] { type.collectParameters(into: &names) }
        typeParameters = names
    }
}

/// A function by its name, with all its overloads in the order in which they are tried.
public struct FunctionDeclaration: Sendable, Hashable {
    /// The name it is called by, with its namespace.
    public let name: String
    /// The ways to call it.
    public private(set) var overloads: [OverloadDeclaration]

    /// Declares a function.
    public init(name: String, overloads: [OverloadDeclaration]) {
        self.name = name
        self.overloads = overloads
    }

    /// Adds overloads that are not there yet.
    mutating func add(_ more: [OverloadDeclaration]) {
        for overload in more where !overloads.contains(where: { $0.id == overload.id }) { overloads.append(overload) }
    }
}

/// Reads the tables in which the libraries write their declarations down.
///
/// A line without a colon names a function; each line beneath it is `id: (types) -> type`, with the target's type
/// before the parentheses where the overload is a member: `string_size: string.() -> int`. Single capital letters are
/// type parameters; a name in the namespace `kubernetes` is an object type and any other an opaque one.
public struct SignatureTable: Sendable {
    /// What the table declares, in its order.
    public private(set) var functions: [FunctionDeclaration] = []

    /// Reads `text`; a line that is not understood is a mistake in this program.
    public init(_ text: String) {
        for line in text.split(separator: "\n") {
            guard let colon = line.firstRange(of: ": ") else {
                functions.append(FunctionDeclaration(name: line.trimmed, overloads: []))
                continue
            }
            let id = line[..<colon.lowerBound].trimmed
            let overload = Self.overload(id, line[colon.upperBound...])
            let function = functions.removeLast()
            functions.append(FunctionDeclaration(name: function.name, overloads: function.overloads + [overload]))
        }
    }

    private static func overload(_ id: String, _ signature: Substring) -> OverloadDeclaration {
        var reader = Reader(rest: signature)
        var parameters: [CELType] = []
        let isMember = signature.first != "("
        if isMember {
            parameters.append(reader.type())
            reader.expect(".")
        }
        reader.expect("(")
        while reader.rest.first != ")" {
            parameters.append(reader.type())
            if reader.rest.first == "," { reader.rest = reader.rest.dropFirst(2) }
        }
        reader.expect(") -> ")
        return OverloadDeclaration(id: id, isMember: isMember, parameters: parameters, result: reader.type())
    }

    /// The type that `text` spells as the tables do.
    public static func type(_ text: String) -> CELType {
        var reader = Reader(rest: text[...])
        return reader.type()
    }

    private struct Reader {
        var rest: Substring

        mutating func expect(_ text: String) {
            precondition(rest.hasPrefix(text), "a signature table has no '\(text)' at '\(rest)'")
            rest = rest.dropFirst(text.count)
        }

        mutating func type() -> CELType {
            var end = rest.startIndex
            // A dot before a parenthesis ends a target's type; other dots belong to names.
            while end < rest.endIndex, !"(), ".contains(rest[end]), !rest[end...].hasPrefix(".(") {
                end = rest.index(after: end)
            }
            let name = String(rest[..<end])
            rest = rest[end...]
            guard rest.first == "(" else { return Self.named(name, []) }
            rest.removeFirst()
            var parts = [type()]
            while rest.first == "," {
                rest = rest.dropFirst(2)
                parts.append(type())
            }
            expect(")")
            return Self.named(name, parts)
        }

        private static func named(_ name: String, _ parts: [CELType]) -> CELType {
            if let simple = simples[name], parts.isEmpty { return simple }
            switch (name, parts.count) {
            case ("list", 1): return .list(parts[0])
            case ("map", 2): return .map(parts[0], parts[1])
            case ("type", 1): return .type(parts[0])
            case ("wrapper", 1): return .wrapper(parts[0])
            default: break
            }
            if name.utf8.count == 1, parts.isEmpty { return .parameter(name) }
            return name.hasPrefix("kubernetes.") ? .object(name) : .opaque(name, parts)
        }

        private static let simples: [String: CELType] = [
            "dyn": .dyn, "any": .any, "null": .null, "bool": .bool, "int": .int, "uint": .uint, "double": .double,
            "string": .string, "bytes": .bytes, "timestamp": .timestamp, "duration": .duration, "type": .type(nil),
        ]
    }
}

extension Substring {
    fileprivate var trimmed: String { String(drop { $0 == " " }) }
}
