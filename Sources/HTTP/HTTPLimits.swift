/// The bounds that the machines keep; crossing one is an error of its own.
public struct HTTPLimits: Sendable {
    /// The longest request line, its end not counted: beyond it 414.
    public var requestLineBytesMax = 8 << 10
    /// The longest head with all its line ends: beyond it 431.
    public var headBytesMax = 16 << 10
    /// How many fields a head may have: beyond it 431.
    public var fieldCountMax = 100
    /// The longest body: beyond it 413.
    public var bodyBytesMax = 8 << 20
    /// The longest line that announces a chunk, its end not counted.
    public var chunkLineBytesMax = 256
    /// How much may follow the last chunk.
    public var trailerBytesMax = 4 << 10
    /// How many requests a connection serves before it is closed; so that load spreads again after a replica joined.
    public var requestsPerConnectionMax = Int.max
    /// How many interim (1xx) responses may come before the final one.
    public var interimResponsesMax = 8

    /// The bounds of the server's listeners.
    public init() {}

    /// No message is longer than this, whatever is configured: offsets have 32 bits.
    public static let messageBytesLimit = 1 << 30

    var headBytes: Int { min(max(headBytesMax, 0), Self.messageBytesLimit) }
    var bodyBytes: Int { min(max(bodyBytesMax, 0), Self.messageBytesLimit) }
}
