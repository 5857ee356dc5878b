import Admission
import Foundation
import HTTP
import JSON
import TestSupport
import Testing

@Suite struct ResponseTests {
    private func answer(
        _ body: String = Reading.minimal, _ make: (inout ReviewResponse) -> Void
    ) throws -> (text: String, response: [String: Any]) {
        var response = ReviewResponse()
        make(&response)
        var writer = JSONWriter()
        var scratch = ByteBuffer()
        try Reading.with(Array(body.utf8)) { review in
            _ = response.write(for: review, to: &writer, scratch: &scratch)
        }
        return (writer.text, try Reading.response(writer.bytes))
    }

    @Test func anAdmissionSaysNoMore() throws {
        let (text, _) = try answer { _ in }
        #expect(
            text == #"{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","#
                + #""response":{"uid":"u-1","allowed":true}}"#)
    }

    @Test func theAnswerHasTheVersionAndTheUIDOfItsQuestion() throws {
        let body = Reading.minimal.replacing("/v1\"", with: "/v1beta1\"").replacing("u-1", with: #"\"\u00e9"#)
        let (text, response) = try answer(body) { _ in }
        #expect(text.contains(#""apiVersion":"admission.k8s.io/v1beta1""#))
        #expect(response["uid"] as? String == "\"é")
    }

    @Test func aDenialSaysEverything() throws {
        let (_, response) = try answer { response in
            response.deny(code: 422, reason: "Invalid")
            response.deny(code: 403, reason: "Forbidden")
            response.message.append("no \"x\"")
            response.addCause(
                reason: bytes("FieldValueInvalid").span, message: bytes("bad").span, field: bytes("spec.a").span)
            response.addCause(reason: Span(), message: bytes("worse").span)
            response.addWarning("careful")
            response.addWarning("careful")
            response.addWarning("a\u{85}b\u{7F}c\nd")
            response.annotate("revision", "1")
            response.annotate("revision", "2")
        }
        let status = try #require(response["status"] as? [String: Any])
        #expect(response["allowed"] as? Bool == false)
        #expect(status["code"] as? Int == 422 && status["reason"] as? String == "Invalid")
        #expect(status["status"] as? String == "Failure" && status["message"] as? String == "no \"x\"")
        let causes = (status["details"] as? [String: Any])?["causes"] as? [[String: String]]
        #expect(
            causes == [
                ["reason": "FieldValueInvalid", "message": "bad", "field": "spec.a"], ["message": "worse"],
            ])
        #expect(response["warnings"] as? [String] == ["careful", "a  b c d"])
        #expect(response["auditAnnotations"] as? [String: String] == ["revision": "1"])
    }

    @Test func codesBelow400WouldBeNoDenial() throws {
        for (given, sent) in [(200, 400), (0, 400), (399, 400), (400, 400), (599, 599), (600, 400), (-1, 400)] {
            let (_, response) = try answer { $0.deny(code: given) }
            #expect((response["status"] as? [String: Any])?["code"] as? Int == sent)
        }
    }

    @Test func aPatchIsBase64() throws {
        for length in 0..<12 {
            let value = String(repeating: "é?>", count: length)
            let (_, response) = try answer { response in
                response.patch.beginArray()
                response.patch.string(value)
                response.patch.endArray()
            }
            let data = try #require(Data(base64Encoded: response["patch"] as? String ?? "?"))
            #expect(String(decoding: data, as: UTF8.self) == "[\"\(value)\"]")
            #expect(response["patchType"] as? String == "JSONPatch")
        }
        let (text, _) = try answer { response in
            response.patch.beginArray()
            response.patch.endArray()
        }
        #expect(!text.contains("patch"))
    }

    @Test func warningsAreBoundedAsTheAPIServerDoes() throws {
        let few = (0..<4).map { String($0) + String(repeating: "é", count: 1023) }
        let fine = try answer { for warning in few { $0.addWarning(warning) } }.response["warnings"] as? [String]
        #expect(fine == few)
        let many = (10..<30).map { String($0) + String(repeating: "é", count: 400) }
        let sent = try answer { for warning in many { $0.addWarning(warning) } }.response["warnings"] as? [String]
        #expect(sent == many.prefix(16).map { String($0.prefix(256)) })
    }

    /// Texts are looked at in steps of eight bytes: a control is found at every place of a step, and behind the last whole one.
    @Test(arguments: ["\u{01}", "\u{1F}", "\n", "\u{7F}", "\u{80}", "\u{9F}"])
    func controlsBecomeSpacesWhereverTheyAre(control: String) throws {
        for before in 0..<18 {
            for after in [0, 1, 7, 8, 9] {
                let (head, tail) = (String(repeating: "~", count: before), String(repeating: " ", count: after) + "a")
                let spaces = String(repeating: " ", count: control.utf8.count)
                let sent = try answer { $0.addWarning(head + control + tail) }.response["warnings"] as? [String]
                #expect(sent == [head + spaces + tail], "\(before) \(after)")
            }
        }
        let plain = "~ é à ü Ā ÿ €uro \u{A0}\u{BF}\u{C0} and more than eight bytes"
        #expect(try answer { $0.addWarning(plain) }.response["warnings"] as? [String] == [plain])
    }

    @Test func annotationsThatTheAPIServerWouldDropAreRefused() {
        var response = ReviewResponse()
        for key in ["", "a/b", "-a", "a-", "é", "a b", String(repeating: "a", count: 64)] {
            let isAccepted = response.annotate(key, "x")
            #expect(!isAccepted)
        }
        let isFine = response.annotate("a.B_c-9", "x")
        let isTooLong = !response.annotate("long", String(repeating: "x", count: 10241))
        #expect(isFine && isTooLong)
        for number in 0..<100 { response.annotate("k\(number)", "x") }
        let leftOut = response.leftOutCount
        #expect(leftOut == 8 + 37)
    }

    @Test func longMessagesAreCutBetweenCharacters() throws {
        let (_, response) = try answer { response in
            response.deny()
            response.message.append("x" + String(repeating: "é", count: 40_000))
        }
        let message = (response["status"] as? [String: Any])?["message"] as? String
        #expect(message?.utf8.count == 32 * 1024 - 1)
    }

    @Test(arguments: 0..<50) func anyBytesGiveValidJSON(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        func noise() -> [UInt8] { (0..<random.below(40)).map { _ in UInt8(random.below(256)) } }
        let (text, _) = try answer { response in
            response.deny(code: random.below(700), reason: noise().span)
            response.message.append(noise())
            response.addCause(reason: noise().span, message: noise().span, field: noise().span)
            response.addWarning(noise().span)
            response.annotate(bytes("k").span, noise().span)
        }
        #expect(text.utf8.count > 60)
    }

    @Test func aResponseCanBeUsedAgain() throws {
        let (text, _) = try answer { response in
            response.deny()
            response.message.append("x")
            response.addWarning("w")
            response.annotate("a", "b")
            response.patch.beginArray()
            response.patch.int(1)
            response.patch.endArray()
            response.reset()
        }
        #expect(text.hasSuffix(#""response":{"uid":"u-1","allowed":true}}"#))
    }

    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
}
