import AllocationCounter
import LinearRegex
import Testing

struct RegexAllocationTests {
    static let patterns = [
        #"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"#, #"(?i)kube-(api|proxy)"#, "backend", #"\bweb\b|\d+$"#, "(x+x+)+y", "é+",
    ]

    @Test(arguments: patterns) func matchesAllocatesAndRetainsNothingOnceWarm(_ pattern: String) throws {
        let regex = try LinearRegex(pattern)
        let text = Array("web-0-frontend-backend-é-42".utf8)
        var scratch = LinearRegex.Scratch()
        var matched = 0
        for _ in 0..<2 where regex.matches(text.span, scratch: &scratch) { matched += 1 }
        portcullis_count_begin()
        if regex.matches(text.span, scratch: &scratch) { matched += 1 }
        let seen = portcullis_count_end()
        #expect(matched == 0 || matched == 3)
        #expect(seen.allocations == 0)
        #if !DEBUG
            #expect(seen.retains == 0)
        #endif
    }
}
