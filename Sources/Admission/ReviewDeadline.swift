public import HTTP

/// How long a review may take, from the moment its first byte arrived. Instants are nanoseconds of one monotonic clock.
///
/// The API server rounds the time it has left *up* to whole seconds before it puts it into the query, so a whole number
/// says almost a second too much at worst: one second is taken off, and of a lone second half of it. A number with a
/// fraction comes from somebody who did not round, and is believed.
public struct DeadlineRule: Hashable, Sendable {
    /// What is kept for writing the answer and its way back.
    public var headroomNanoseconds: UInt64 = 50_000_000
    /// No review takes longer, whatever its caller allows.
    public var timeoutNanosecondsMax: UInt64 = 30_000_000_000
    /// What a caller allows who does not say: Kubernetes' own default.
    public var defaultTimeoutNanoseconds: UInt64 = 10_000_000_000
    /// However little a caller allows, a review gets so much.
    public var timeoutNanosecondsMin: UInt64 = 1_000_000

    private static let second: UInt64 = 1_000_000_000

    /// The defaults.
    public init() {}

    /// The instant by which the answer must be written, for a request whose query may have a `timeout`.
    public func deadline(
        arrival: UInt64, query: ByteRange, in bytes: Span<UInt8>
    ) throws(ReviewError) -> UInt64 {
        let value = QueryString(query).value(of: "timeout", in: bytes)
        guard value.isPresent else { return deadline(arrival: arrival, timeout: nil) }
        guard let timeout = GoDuration(bytes.extracting(value.indices)), timeout.nanoseconds > 0 else {
            throw .timeout
        }
        return deadline(arrival: arrival, timeout: timeout)
    }

    /// The instant by which the answer must be written, when the caller allows `timeout`.
    public func deadline(arrival: UInt64, timeout: GoDuration?) -> UInt64 {
        var allowed = defaultTimeoutNanoseconds
        if let timeout {
            allowed = UInt64(max(timeout.nanoseconds, 0))
            if allowed % Self.second == 0, allowed > 0 { allowed -= min(Self.second, allowed / 2) }
        }
        allowed = min(allowed, timeoutNanosecondsMax)
        allowed = max(allowed - min(allowed, headroomNanoseconds), timeoutNanosecondsMin)
        let (deadline, overflow) = arrival.addingReportingOverflow(allowed)
        return overflow ? .max : deadline
    }
}
