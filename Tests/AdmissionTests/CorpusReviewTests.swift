import Admission
import Foundation
import JSON
import TestSupport
import Testing

@Suite struct CorpusReviewTests {
    static func files(_ folder: String) throws -> [(name: String, bytes: [UInt8])] {
        guard let corpus = try Corpus.need(folder) else { return [] }
        let names = try FileManager.default.contentsOfDirectory(atPath: corpus.appendingPathComponent(folder).path)
        return try names.filter { $0.hasSuffix(".json") && $0 != "index.json" }.sorted()
            .map { ($0, try Corpus.bytes("\(folder)/\($0)", in: corpus)) }
    }

    @Test(arguments: ["reviews", "reviews-real"]) func everyFieldIsReachable(folder: String) throws {
        let files = try Self.files(folder)
        #expect(files.count >= 26 || Corpus.folder == nil)
        for (name, bytes) in files {
            let witness = try #require(Reading.object(bytes)["request"] as? [String: Any])
            let differences = try Reading.with(bytes) { Self.differences($0, witness) }
            #expect(differences.isEmpty, "\(name): \(differences)")
        }
    }

    /// The fields that read differently from what Foundation read.
    static func differences(_ review: AdmissionReview, _ witness: [String: Any]) -> [String] {
        let texts: [(String, ReviewText)] = [
            ("uid", review.uid), ("subResource", review.subResource), ("name", review.name),
            ("requestSubResource", review.requestSubResource), ("namespace", review.namespace),
        ]
        var wrong = texts.filter { $0.1.string != witness[$0.0] as? String ?? "" }.map(\.0)
        func check(_ name: String, _ pairs: [(String, ReviewText)]) {
            let object = witness[name] as? [String: String] ?? [:]
            if pairs.contains(where: { object[$0.0] != $0.1.string }) { wrong.append(name) }
        }
        func parts(_ kind: ReviewKind) -> [(String, ReviewText)] {
            [("group", kind.group), ("version", kind.version), ("kind", kind.kind)]
        }
        func parts(_ resource: ReviewResource) -> [(String, ReviewText)] {
            [("group", resource.group), ("version", resource.version), ("resource", resource.resource)]
        }
        check("kind", parts(review.kind))
        check("resource", parts(review.resource))
        check("requestKind", parts(review.requestKind))
        check("requestResource", parts(review.requestResource))
        if review.operation.name.description != witness["operation"] as? String { wrong.append("operation") }
        if review.isDryRun != witness["dryRun"] as? Bool ?? false { wrong.append("dryRun") }
        let user = witness["userInfo"] as? [String: Any] ?? [:]
        if review.userInfo.username.string != user["username"] as? String ?? "" { wrong.append("username") }
        if review.userInfo.uid.string != user["uid"] as? String ?? "" { wrong.append("user uid") }
        let groups = review.userInfo.groups.map { $0.elements.map { $0.string ?? "?" } } ?? []
        if groups != user["groups"] as? [String] ?? [] { wrong.append("groups") }
        let extra = review.userInfo.extra.map { $0.members.map { $0.key.string ?? "?" } } ?? []
        if Set(extra) != Set((user["extra"] as? [String: Any] ?? [:]).keys) { wrong.append("extra") }
        for (name, node) in [
            ("object", review.object), ("oldObject", review.oldObject), ("options", review.options),
        ] where !isSame(node, witness[name]) { wrong.append(name) }
        return wrong
    }

    private static func isSame(_ node: JSONNode?, _ witness: Any?) -> Bool {
        guard let node else { return witness == nil || witness is NSNull }
        guard let witness, let again = try? JSONSerialization.jsonObject(with: Data(node.bytes())) else { return false }
        return (again as? NSDictionary) == (witness as? NSDictionary)
    }

    /// What each of the bodies that a server must survive is answered with; nil: it is a review.
    static let decided: [(String, ReviewError?)] = [
        ("array.json", .notAnObject), ("bad-operation.json", .operation),
        ("bom.json", .json(JSONError(.byteOrderMark, at: 0))),
        // A name that differs in case is another name, as for the API server.
        ("case-variant-keys.json", .requestMissing),
        ("deep-nesting.json", .json(JSONError(.tooDeep, at: 1927))), ("dryrun-string.json", .type(.dryRun)),
        // The last of two equal names counts, as for the API server.
        ("duplicate-keys.json", .kind), ("empty.json", .empty), ("groups-null.json", nil),
        // Replaced by U+FFFD, as by the API server.
        ("invalid-utf8.json", nil), ("lone-surrogate.json", nil),
        ("no-apiversion.json", .version), ("no-request.json", .requestMissing), ("no-uid.json", .missing(.uid)),
        // The API's types let it be empty: an anonymous request.
        ("no-userinfo.json", nil),
        ("not-json.json", .json(JSONError(.expectedValue, at: 0))), ("nul-in-string.json", nil),
        ("null.json", .notAnObject), ("number-overflow.json", .json(JSONError(.numberOutOfRange, at: 0))),
        // Odd, but a hook can see for itself that there is no object.
        ("object-null-create.json", nil), ("object-string.json", .type(.object)),
        ("request-null.json", .requestMissing), ("response-only.json", .requestMissing),
        ("trailing-garbage.json", .json(JSONError(.trailingCharacters, at: 0))),
        ("truncated.json", .json(JSONError(.unexpectedEnd, at: 400))), ("uid-number.json", .type(.uid)),
        ("unknown-fields.json", nil), ("utf16.json", .json(JSONError(.expectedValue, at: 0))), ("v1beta1.json", nil),
        ("wrong-kind.json", .kind),
    ]

    @Test func everyInvalidBodyHasADecidedAnswer() throws {
        let files = try Self.files("reviews/invalid")
        if Corpus.folder != nil { #expect(files.map(\.name) == Self.decided.map(\.0).sorted()) }
        for (name, bytes) in files {
            let expected = Self.decided.first { $0.0 == name }?.1
            let error = Reading.error(bytes)
            #expect(Self.isSameKind(error, expected), "\(name): \(String(describing: error))")
            if let error { #expect(error.description.utf8.count > 20) }
        }
    }

    /// The place of a JSON error is that parser's own business and tested there.
    private static func isSameKind(_ one: ReviewError?, _ other: ReviewError?) -> Bool {
        if case .json(let left) = one, case .json(let right) = other { return left.reason == right.reason }
        return one == other
    }
}
