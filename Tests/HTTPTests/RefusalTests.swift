import HTTP
import TestSupport
import Testing

@Suite struct RefusalTests {
    @Test func theTablesHaveTheirSize() {
        #expect(Refusal.smuggling.count >= 20)
        #expect(Refusal.all.count >= 120)
        #expect(Set(Refusal.all.map(\.text)).count == Refusal.all.count)
    }

    @Test(arguments: Refusal.all) func isRefusedHoweverItIsCut(_ refusal: Refusal.Case) {
        for size in [0, 1, 7] {
            #expect(ServerWire.events(refusal.text, pieces: size) == [.refused(refusal.error)])
        }
    }

    /// A valid request before it is answered, and then the connection ends.
    @Test(arguments: Refusal.all) func isRefusedBehindAnotherRequest(_ refusal: Refusal.Case) {
        // What is allowed once before a request is no offence here.
        let first = "POST /first HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok"
        let events = ServerWire.events(first + refusal.text)
        #expect(events.first == .request("POST", path: "/first", body: Array("ok".utf8), closes: false))
        #expect(events.dropFirst() == [.refused(refusal.error)])
    }

    @Test(arguments: RequestError.allCases) func hasAStatusAndASentence(_ error: RequestError) {
        #expect((400...505).contains(error.status.code))
        #expect(error.sentence.utf8CodeUnitCount > 10)
    }

    @Test func statusesAreThoseOfTheSpecification() {
        let statuses: [(RequestError, Int)] = [
            (.version, 505), (.lineTooLong, 414), (.headTooLong, 431), (.tooManyFields, 431), (.connectMethod, 501),
            (.codingUnknown, 501), (.contentCoding, 415), (.expectation, 417), (.bodyTooLong, 413), (.tooSlow, 408),
            (.bothLengths, 400), (.folding, 400), (.strayLineFeed, 400), (.chunkSize, 400),
        ]
        for (error, status) in statuses { #expect(error.status.code == status) }
    }
}
