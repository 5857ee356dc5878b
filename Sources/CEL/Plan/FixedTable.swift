/// Elements that are read where they lie: an array would be retained for each access of a hot path.
///
/// The owner frees it once, when nobody reads it any more.
@safe struct FixedTable<Element>: @unchecked Sendable {
    private let base: UnsafeMutablePointer<Element>
    let count: Int

    init(_ elements: [Element]) {
        unsafe base = .allocate(capacity: max(elements.count, 1))
        unsafe base.initialize(from: elements, count: elements.count)
        count = elements.count
    }

    @inline(__always) subscript(index: Int) -> Element {
        @inline(__always) _read {
            assert(index >= 0 && index < count)
            yield unsafe base[index]
        }
    }

    func free() {
        unsafe base.deinitialize(count: count)
        unsafe base.deallocate()
    }
}
