import Admission
import Foundation
import HTTP
import JSON
import Testing

@Suite struct EndpointTests {
    /// A handler that notes its question, and answers later if it is told to.
    private final class Recorder: ReviewHandler {
        var deadline: UInt64 = 0
        var answersLater = false

        func handle(
            _ question: ReviewQuestion, _ response: inout ReviewResponse, _ exchange: inout some ReviewExchange
        ) -> ReviewProgress {
            deadline = question.deadline
            return answersLater ? .later : .answered
        }
    }

    private func respond(
        _ fields: String, _ body: String, query: String = "?timeout=5s", _ handler: some ReviewHandler
    ) -> (ReviewEndpoint.Outcome, String) {
        let text =
            "POST /validate\(query) HTTP/1.1\r\nHost: a\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        var bytes = Array(text.utf8)
        var connection = ServerConnection()
        var span = bytes.mutableSpan
        #expect(connection.received(&span) == .request)
        var endpoint = ReviewEndpoint()
        var exchange = NoExchange()
        var output = ByteBuffer()
        let request = ReviewEndpoint.Request(
            head: connection.head, body: connection.body, phase: .validate, arrival: 1000, closes: false)
        let outcome = endpoint.respond(to: request, in: bytes.span, with: handler, &exchange, output: &output)
        return (outcome, output.text)
    }

    @Test func answersAReview() {
        let recorder = Recorder()
        let (outcome, text) = respond("Content-Type: application/json; charset=utf-8\r\n", Reading.minimal, recorder)
        #expect(outcome == .answered(isAllowed: true, operation: .create))
        #expect(text.hasPrefix("HTTP/1.1 200 OK\r\nContent-Length: 101\r\nContent-Type: application/json\r\n\r\n{"))
        #expect(text.hasSuffix(#""response":{"uid":"u-1","allowed":true}}"#))
        #expect(recorder.deadline == 3_950_001_000)
    }

    @Test func writesNothingForAnAnswerThatFollows() {
        let recorder = Recorder()
        recorder.answersLater = true
        let (outcome, text) = respond("", Reading.minimal, recorder)
        #expect(outcome == .later && text.isEmpty)
    }

    @Test func finishesWhatWasKept() throws {
        let kept = try Reading.with(Array(Reading.minimal.utf8)) { try? KeptReview($0) }
        let review = try #require(kept)
        var writer = ReviewAnswerWriter()
        var response = ReviewResponse()
        response.deny(code: 403)
        response.message.append("no")
        var output = ByteBuffer()
        writer.answer(review.review, response, head: ServerConnection().head, closes: true, output: &output)
        let text = output.text
        #expect(text.contains("\r\nConnection: close\r\n\r\n") && text.contains(#""allowed":false"#))
    }

    @Test func refusesWithAStatusObject() throws {
        let cases: [(String, String, String, ReviewError, Int)] = [
            ("Content-Type: text/yaml\r\n", Reading.minimal, "", .mediaType, 415),
            ("Content-Type: application/jsonx\r\n", Reading.minimal, "", .mediaType, 415),
            ("", "", "", .empty, 400), ("", "[]", "", .notAnObject, 400), ("", "{}", "", .kind, 400),
            ("", Reading.minimal, "?timeout=soon", .timeout, 400),
        ]
        for (fields, body, query, error, status) in cases {
            let (outcome, text) = respond(fields, body, query: query, Recorder())
            #expect(outcome == .refused(error))
            #expect(text.hasPrefix("HTTP/1.1 \(status) "))
            let json = try #require(text.split(separator: "\r\n\r\n").last)
            let object = try Reading.object(Array(json.utf8))
            #expect(object["kind"] as? String == "Status" && object["code"] as? Int == status)
            #expect(object["message"] as? String == error.description)
        }
    }
}
