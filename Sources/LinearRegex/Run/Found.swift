/// How a run ended.
enum Found: Equatable {
    /// A match, with the position of its far end.
    case at(Int)
    case nothing
    /// The caller said to stop.
    case stopped
    /// The tables filled up too fast to be of use.
    case thrashed
}

/// How often a run asks its caller whether to stop.
enum Pace {
    /// Bytes that the automaton reads from known tables; some 5 µs.
    static let bytes = 8192
    /// Instructions that building or simulating looks at; some 30 µs.
    static let work = 16384
}
