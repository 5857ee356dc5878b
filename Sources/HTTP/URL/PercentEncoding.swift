/// `%41` and its like, RFC 3986, 2.1.
enum PercentEncoding {
    /// Whether a percent sign at `index` is followed by two hexadecimal digits before `end`.
    @inline(__always) static func isTriplet(_ bytes: Span<UInt8>, at index: Int, before end: Int) -> Bool {
        value(bytes, at: index, before: end) != nil
    }

    /// The byte that the triplet at `index` stands for.
    @inline(__always) static func value(_ bytes: Span<UInt8>, at index: Int, before end: Int) -> UInt8? {
        guard end &- index >= 3, let high = ByteClass.hexadecimal(bytes[index &+ 1]),
            let low = ByteClass.hexadecimal(bytes[index &+ 2])
        else { return nil }
        return high << 4 | low
    }
}
