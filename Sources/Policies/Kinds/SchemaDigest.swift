public import JSON

/// What Portcullis needs to know of OpenAPI documents, and nothing else: names, types, formats, how lists and maps are
/// merged, defaults. No descriptions, no paths, nothing that no object can be of.
///
/// A digest is an OpenAPI document itself, so that whatever reads one reads the other.
public struct SchemaDigest: Sendable {
    private static let prefix = "#/components/schemas/"
    private static let keywords: [StaticString] = [
        "type", "format", "nullable", "required", "default", "enum", "maxLength", "maxItems", "maxProperties",
        "x-kubernetes-list-type", "x-kubernetes-list-map-keys", "x-kubernetes-map-type", "x-kubernetes-int-or-string",
        "x-kubernetes-embedded-resource", "x-kubernetes-preserve-unknown-fields",
    ]

    private let documents: [JSONDocument]
    private var definitions: [String: JSONNode] = [:]
    /// The names of the definitions that objects can be of, or of which parts of objects can be; in order.
    public let names: [String]

    /// The digest of OpenAPI version 3 documents. Where several have a definition of one name, the first counts.
    public init(_ documents: [JSONDocument]) {
        self.documents = documents
        var definitions: [String: JSONNode] = [:]
        for document in documents {
            guard let schemas = document.root["components"]?["schemas"] else { continue }
            for (key, schema) in schemas.members {
                let name = key.string ?? ""
                definitions[name] = definitions[name] ?? schema
            }
        }
        var reached: Set<String> = []
        for (name, schema) in definitions where Self.kind(of: schema) != nil {
            Self.reach(name, definitions, &reached)
        }
        names = reached.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        self.definitions = definitions
    }

    /// What comes with requests and goes with answers in every group, and is no object.
    private static let messages: Set<String> = ["DeleteOptions", "WatchEvent"]

    /// The one kind that a definition is of. Definitions of many kinds are messages; lists are never admitted.
    private static func kind(of schema: JSONNode) -> JSONNode? {
        guard let kinds = schema["x-kubernetes-group-version-kind"], kinds.count == 1, let kind = kinds.element(0),
            let name = kind["kind"]?.string, !name.hasSuffix("List"), !messages.contains(name)
        else { return nil }
        return kind
    }

    private static func reach(
        _ name: String, _ definitions: [String: JSONNode], _ reached: inout Set<String>
    ) {
        var pending = [name]
        while let name = pending.popLast() {
            guard reached.insert(name).inserted, let schema = definitions[name] else { continue }
            var parts = [schema]
            while let part = parts.popLast() {
                if part.isArray { parts += part.elements }
                for (key, value) in part.isObject ? Array(part.members) : [] {
                    if key.equals("$ref"), let reference = value.string {
                        pending.append(String(reference.dropFirst(prefix.count)))
                    }
                    if value.isObject || value.isArray { parts.append(value) }
                }
            }
        }
    }

    /// The digest.
    public func document() throws(JSONError) -> JSONDocument {
        defer { withExtendedLifetime(documents) {} }
        var builder = JSONBuilder()
        builder.beginObject()
        builder.key("components")
        builder.beginObject()
        builder.key("schemas")
        builder.beginObject()
        for name in names {
            guard let schema = definitions[name] else { continue }
            builder.key(name)
            Self.write(schema, to: &builder)
        }
        builder.endObject()
        builder.endObject()
        builder.endObject()
        return try builder.finish()
    }

    private static func write(_ schema: JSONNode, to builder: inout JSONBuilder) {
        builder.beginObject()
        let reference = schema["$ref"] ?? schema["allOf"]?.element(0)?["$ref"]
        if let reference {
            builder.key("$ref")
            builder.copy(reference)
        }
        for keyword in keywords {
            guard let value = schema[keyword], !(value.isObject && value.count == 0) else { continue }
            builder.key(keyword)
            builder.copy(value)
        }
        // The older words for how lists are merged count only where the newer are missing.
        if schema["x-kubernetes-list-type"] == nil {
            for keyword: StaticString in ["x-kubernetes-patch-strategy", "x-kubernetes-patch-merge-key"] {
                guard let value = schema[keyword] else { continue }
                builder.key(keyword)
                builder.copy(value)
            }
        }
        if kind(of: schema) != nil, let kinds = schema["x-kubernetes-group-version-kind"] {
            builder.key("x-kubernetes-group-version-kind")
            builder.copy(kinds)
        }
        writeParts(schema, to: &builder)
        builder.endObject()
    }

    private static func writeParts(_ schema: JSONNode, to builder: inout JSONBuilder) {
        if let properties = schema["properties"], properties.count > 0 {
            builder.key("properties")
            builder.beginObject()
            for (key, property) in properties.members {
                builder.key(key.string ?? "")
                write(property, to: &builder)
            }
            builder.endObject()
        }
        for keyword: StaticString in ["items", "additionalProperties"] {
            guard let part = schema[keyword] else { continue }
            builder.key(keyword)
            if part.isObject { write(part, to: &builder) } else { builder.copy(part) }
        }
    }
}

extension SchemaDigest {
    private static let columnsMax = 104

    /// The digest as lines of JSON, which break between values.
    public func text() throws(JSONError) -> String {
        let bytes = try document().withRoot { $0.bytes() }
        var lines: [UInt8] = []
        var line: [UInt8] = []
        // How much of the line may stand alone.
        var breakable = 0
        var isInText = false
        var isEscaped = false
        for byte in bytes {
            line.append(byte)
            if isInText {
                if byte == UInt8(ascii: "\""), !isEscaped { isInText = false }
                isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
            } else if byte == UInt8(ascii: "\"") {
                isInText = true
            } else if byte != UInt8(ascii: "}"), byte != UInt8(ascii: "]") {
                breakable = line.count
            }
            guard line.count > Self.columnsMax, breakable > 0 else { continue }
            lines += line[..<breakable] + [UInt8(ascii: "\n")]
            line.removeFirst(breakable)
            breakable = 0
        }
        return String(decoding: lines + line, as: UTF8.self) + "\n"
    }

    /// The digest as the source of the table that the program carries.
    public func source() throws(JSONError) -> String {
        """
        // Generated by `portcullis schemas generate --output swift`; facts only. Edit nothing here.

        /// What is known of the kinds of Kubernetes: a digest of its OpenAPI documents.
        enum KindSchemaTable {
            static let text: StaticString = #\"""
        \(try text().split(separator: "\n").map { "        \($0)" }.joined(separator: "\n"))
                \"""#
        }

        """
    }
}
