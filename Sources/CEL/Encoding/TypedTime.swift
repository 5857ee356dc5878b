/// Lengths of time as the typed encoding spells them: in seconds, with every digit they have.
enum TypedTime {
    private static let perSecond: Int64 = 1_000_000_000

    /// `-1.5s`
    static func duration(nanoseconds: Int64) -> String {
        let magnitude = nanoseconds.magnitude
        let (seconds, rest) = magnitude.quotientAndRemainder(dividingBy: UInt64(perSecond))
        return "\(nanoseconds < 0 ? "-" : "")\(seconds)\(fraction(rest))s"
    }

    private static func fraction(_ nanoseconds: UInt64) -> String {
        guard nanoseconds > 0 else { return "" }
        var digits = String(nanoseconds)
        digits = String(repeating: "0", count: 9 - digits.count) + digits
        while digits.hasSuffix("0") { digits.removeLast() }
        return "." + digits
    }
}
