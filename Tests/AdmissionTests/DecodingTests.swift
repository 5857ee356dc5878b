import Admission
import HTTP
import JSON
import Testing

@Suite struct DecodingTests {
    /// The minimal review with one text replaced, and what becomes of it.
    static let changes: [(String, String, ReviewError?)] = [
        (#""u-1""#, #""""#, .missing(.uid)), (#""u-1""#, "null", .missing(.uid)), (#""u-1""#, "[]", .type(.uid)),
        (#""AdmissionReview""#, #""Pod""#, .kind), (#""AdmissionReview""#, "1", .kind),
        ("admission.k8s.io/v1", "admission.k8s.io/v2", .version), ("admission.k8s.io/v1", "v1", .version),
        ("admission.k8s.io/v1", "admission.k8s.io/v1beta1", nil), (#""CREATE""#, #""create""#, .operation),
        (#""CREATE""#, #""*""#, .operation), (#""CREATE""#, "null", .missing(.operation)),
        (#""CREATE""#, "1", .type(.operation)), (#""CREATE""#, #""\u0043REATE""#, nil),
        (#"{"group":"","version":"v1","kind":"Pod"}"#, "null", .missing(.kind)),
        (#"{"group":"","version":"v1","kind":"Pod"}"#, #""Pod""#, .type(.kind)),
        (#"{"group":"","version":"v1","kind":"Pod"}"#, #"{"version":"v1","kind":"Pod"}"#, nil),
        (#"{"group":"","version":"v1","kind":"Pod"}"#, #"{"group":1,"version":"v1","kind":"Pod"}"#, .type(.kind)),
        (#""kind":"Pod"}"#, #""kind":""}"#, .missing(.kind)), (#""resource":"pods"}"#, "\"x\":1}", .missing(.resource)),
        (#""CREATE""#, #""CREATE","object":[]"#, .type(.object)),
        (#""CREATE""#, #""CREATE","object":null,"oldObject":null,"options":null,"dryRun":null"#, nil),
        (#""CREATE""#, #""CREATE","oldObject":"x""#, .type(.oldObject)),
        (#""CREATE""#, #""CREATE","options":7"#, .type(.options)),
        (#""CREATE""#, #""CREATE","dryRun":1"#, .type(.dryRun)),
        (#""CREATE""#, #""CREATE","name":{}"#, .type(.name)),
        (#""CREATE""#, #""CREATE","namespace":0"#, .type(.namespace)),
        (#""CREATE""#, #""CREATE","subResource":false"#, .type(.subResource)),
        (#""CREATE""#, #""CREATE","requestSubResource":[]"#, .type(.requestSubResource)),
        (#""CREATE""#, #""CREATE","requestKind":{}"#, .missing(.requestKind)),
        (#""CREATE""#, #""CREATE","requestResource":[]"#, .type(.requestResource)),
        (#""CREATE""#, #""CREATE","userInfo":"me""#, .type(.userInfo)),
        (#""CREATE""#, #""CREATE","userInfo":{"username":1}"#, .type(.userInfo)),
        (#""CREATE""#, #""CREATE","userInfo":{"groups":"g"}"#, .type(.userInfo)),
        (#""CREATE""#, #""CREATE","userInfo":{"groups":[1]}"#, .type(.userInfo)),
        (#""CREATE""#, #""CREATE","userInfo":{"extra":[]}"#, .type(.userInfo)),
        (#""CREATE""#, #""CREATE","userInfo":{"extra":{"a":"b"}}"#, .type(.userInfo)),
        (#""CREATE""#, #""CREATE","userInfo":{"groups":null,"extra":{"a":null,"b":["c"]}}"#, nil),
        (#""CREATE""#, #""CREATE","Operation":"x","UID":7"#, nil),
        (#""request":{"#, #""request":[{"#, .json(JSONError(.expectedCommaOrEnd, at: 0))),
    ]

    @Test(arguments: changes) func decides(_ old: String, _ new: String, _ expected: ReviewError?) {
        let body = Array(Reading.minimal.replacing(old, with: new).utf8)
        #expect(String(decoding: body, as: UTF8.self) != Reading.minimal)
        let error = Reading.error(body)
        if case .json = expected, case .json = error { return }
        #expect(error == expected)
    }

    @Test func whatTheAPIServerDoesNotSayIsTheSame() throws {
        try Reading.with(Array(Reading.minimal.utf8)) { review in
            #expect(review.requestKind.kind.equals("Pod") && review.requestResource.resource.equals("pods"))
            #expect(review.object == nil && !review.isDryRun && review.name.isEmpty && review.userInfo.username.isEmpty)
            #expect(review.version == .v1)
        }
    }

    @Test func boundsAreKept() {
        var reader = ReviewReader(bytesMax: 100)
        let body = Array(Reading.minimal.utf8)
        #expect(throws: ReviewError.json(JSONError(.tooLong, at: 100))) { try reader.read(body.span) { _ in } }
        var shallow = ReviewReader(depthMax: 2)
        #expect(throws: ReviewError.self) { try shallow.read(body.span) { _ in } }
    }

    @Test func aReviewCanBeKept() throws {
        var kept: KeptReview?
        var reader = ReviewReader()
        do {
            var body = Array(Reading.minimal.replacing("u-1", with: "\\u00e9").utf8)
            kept = try reader.read(body.span) { review throws(ReviewError) in try KeptReview(review) }
            for index in body.indices { body[index] = 0x20 }
        }
        try reader.read(Array(Reading.minimal.utf8).span) { _ in }
        #expect(kept?.review.uid.string == "é")
        #expect(kept?.review.resource.resource.string == "pods")
    }

    static let timeouts: [(String, UInt64?)] = [
        ("timeout=5s", 3950), ("timeout=2s", 950), ("timeout=1s", 450), ("timeout=1500ms", 1450),
        ("timeout=30s", 28950),
        ("timeout=10m", 29950), ("timeout=100ms", 50), ("timeout=10ms", 1), ("", 9950), ("x=y", 9950),
        ("timeout=0s", nil), ("timeout=-5s", nil), ("timeout=5", nil), ("timeout=", nil), ("timeout", nil),
        ("timeout=99999999999999s", nil), ("timeout=2562047h", 29950),
    ]

    @Test(arguments: timeouts) func fixesTheDeadline(_ query: String, _ milliseconds: UInt64?) {
        let bytes = Array(query.utf8)
        let range = query.isEmpty ? ByteRange.absent : ByteRange(0, bytes.count)
        let deadline = try? DeadlineRule().deadline(arrival: 1_000_000, query: range, in: bytes.span)
        #expect(deadline == milliseconds.map { $0 * 1_000_000 + 1_000_000 })
    }

    @Test func theEndOfTimeIsNoTrap() {
        #expect(DeadlineRule().deadline(arrival: .max - 5, timeout: GoDuration(nanoseconds: .max)) == .max)
    }
}
