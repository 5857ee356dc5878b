import AllocationCounter
import Testing

@Suite struct CounterTests {
    final class Thing {}

    @inline(never) func keep(_ things: inout [Thing], _ thing: Thing) { things.append(thing) }

    @Test func countsObjectsAndRetains() {
        var things: [Thing] = []
        things.reserveCapacity(8)
        let thing = Thing()
        portcullis_count_begin()
        keep(&things, thing)
        keep(&things, Thing())
        let seen = portcullis_count_end()
        #expect(seen.objects == 1)
        #expect(seen.retains >= 2)
    }

    @Test func countsWhatTheAllocatorIsAsked() {
        portcullis_count_begin()
        let block = UnsafeMutableRawPointer.allocate(byteCount: 100, alignment: 8)
        let seen = portcullis_count_end()
        block.deallocate()
        #expect(seen.allocations == 1)
        #expect(seen.bytes == 100)
    }

    @Test func countsNothingWhereNothingHappens() {
        var sum = 0
        portcullis_count_begin()
        for number in 0..<100 { sum &+= number }
        let seen = portcullis_count_end()
        #expect(sum == 4950)
        #expect(seen.allocations == 0 && seen.retains == 0)
    }
}
