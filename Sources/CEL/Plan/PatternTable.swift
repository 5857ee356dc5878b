import LinearRegex

/// The patterns that a program matches. They lie in objects that the table keeps and only names, for the reason that
/// `CallTable` gives: so a match retains nothing.
@safe struct PatternTable: @unchecked Sendable {
    private final class Entry: Sendable {
        let expression: LinearRegex
        init(_ expression: LinearRegex) { self.expression = expression }
    }

    private let entries: FixedTable<Unmanaged<Entry>>

    init(_ patterns: [LinearRegex]) {
        unsafe entries = unsafe FixedTable(patterns.map { unsafe Unmanaged.passRetained(Entry($0)) })
    }

    @inline(__always)
    func withPattern(_ index: Int, _ body: (LinearRegex) -> Value) -> Value {
        unsafe entries[index]._withUnsafeGuaranteedRef { body($0.expression) }
    }

    func free() {
        for index in 0..<(unsafe entries.count) { unsafe entries[index].release() }
        unsafe entries.free()
    }
}
