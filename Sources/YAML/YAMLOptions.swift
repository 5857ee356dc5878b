/// Which YAML is meant: the grammar, and how plain scalars become values.
public enum YAMLSchema: UInt8, Sendable {
    /// What kubectl and the API server read: the YAML 1.1 grammar and scalars of the library they use, then JSON.
    case kubernetes
    /// YAML 1.2 with its core schema.
    case core
}

/// How a text is read.
public struct YAMLOptions: Equatable, Sendable {
    /// What happens to a key that its mapping already has.
    public enum DuplicateKeys: UInt8, Sendable {
        /// An error, as with kubectl's and the API server's strict field validation.
        case refuse
        /// The later value stays, as with the Kubernetes readers that are not strict.
        case lastWins
    }

    /// The grammar and the scalars.
    public var schema: YAMLSchema
    /// Equal keys of one mapping; a key that a merge brought in counts as set.
    public var duplicateKeys: DuplicateKeys
    /// What bounds the work.
    public var limits: YAMLLimits

    /// Kubernetes' reading, duplicates refused, the default limits.
    public init(
        schema: YAMLSchema = .kubernetes, duplicateKeys: DuplicateKeys = .refuse, limits: YAMLLimits = YAMLLimits()
    ) {
        self.schema = schema
        self.duplicateKeys = duplicateKeys
        self.limits = limits
    }
}

/// The bounds of one reading; crossing one is an error that names it.
public struct YAMLLimits: Equatable, Sendable {
    /// Bytes of the whole text.
    public var bytesMax = 64 << 20
    /// Collections inside collections, aliases followed.
    public var depthMax = 512
    /// Values of one document, before aliases are followed.
    public var nodesMax = 4_000_000
    /// Values that following aliases may add to one document; it takes under ten milliseconds to add so many.
    public var aliasNodesMax = 50_000
    /// Bytes of scalars that following aliases may add to one document.
    public var aliasBytesMax = 2 << 20
    /// Documents of one stream.
    public var documentsMax = 100_000

    /// The default bounds.
    public init() {}
}
