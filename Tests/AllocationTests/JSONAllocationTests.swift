import AllocationCounter
import JSON
import Testing

@Suite struct JSONAllocationTests {
    static let text =
        Array(
            #"{"metadata":{"name":"web","labels":{"k:{\"a\":1}":"b\n\u00e9"}},"n":[1,-2.5e-7,123456789012345678901234567890],"#
                .utf8)
        + (0..<100).flatMap { Array("\"key\($0)\":[true,null,\"value\"],".utf8) } + Array(#""last":{}}"#.utf8)

    /// Only optimised code keeps everything off the heap; unoptimised code still makes no objects.
    private func expectNothing(_ seen: portcullis_counts) {
        #expect(seen.objects == 0)
        #if !DEBUG
            #expect(seen.allocations == 0)
        #endif
    }

    @Test func parsingAndReadingWithAWarmTapeDoNotAllocate() throws {
        var tape = JSONTape()
        let text = Self.text
        try tape.parse(text.span)
        portcullis_count_begin()
        for _ in 0..<10 {
            let root = try tape.parse(text.span)
            var sum = 0
            for member in root.members where member.key.equals("key7") { sum += member.value.count }
            sum += root["metadata"]?["name"]?.utf8Count ?? 0
        }
        let seen = portcullis_count_end()
        expectNothing(seen)
    }

    @Test func parsingInPlaceDoesNotAllocate() throws {
        var tape = JSONTape()
        let text = Self.text
        try text.withUnsafeBufferPointer { bytes in
            try tape.parse(inPlace: bytes)
            portcullis_count_begin()
            try tape.parse(inPlace: bytes)
            let seen = portcullis_count_end()
            expectNothing(seen)
        }
    }

    @Test func printingWithAWarmWriterDoesNotAllocate() throws {
        let document = try JSONDocument(parsing: #"{"b":[1,"two\n",{"c":null}],"a":{"d":[true,false]}}"#)
        var writer = JSONWriter()
        for order in [JSONWriter.Order.source, .source] {
            writer.reset()
            writer.node(document.root, order: order)
        }
        portcullis_count_begin()
        writer.reset()
        writer.node(document.root)
        let seen = portcullis_count_end()
        expectNothing(seen)
    }
}
