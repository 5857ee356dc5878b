import HTTP
import JSON
import Telemetry
import Testing

@Suite struct TraceTests {
    private static let text = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    private static func read(_ text: String) -> TraceContext? {
        let bytes = Array(text.utf8)
        return TraceContext(ByteRange(0, bytes.count), in: bytes.span)
    }

    @Test func readsWhatItWrites() throws {
        let context = try #require(Self.read(Self.text))
        #expect(context.text == Self.text && context.isSampled)
        #expect(context.traceText == "0af7651916cd43dd8448eb211c80319c" && context.spanText == "b7ad6b7169203331")
        let child = context.child(5)
        #expect(child.traceText == context.traceText && child.spanText == "0000000000000005" && child.isSampled)
        #expect(context.child(0).span != 0)
        #expect(Self.read(Self.text.replacing("-01", with: "-00"))?.isSampled == false)
        // A later version may say more.
        #expect(Self.read(Self.text.replacing("00-0a", with: "01-0a") + "-more") == context)
    }

    @Test(arguments: [
        "", "00", text.uppercased(), text + "-more", text.replacing("00-0a", with: "ff-0a"),
        text.replacing("-b7", with: "_b7"), text.replacing("0af7", with: "0ag7"),
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
    ]) func takesNothingElseForATrace(text: String) {
        #expect(Self.read(text) == nil)
    }

    @Test func exportsSpansAsTheProtocolHasThem() throws {
        let context = try #require(Self.read(Self.text))
        var span = FinishedSpan("hook a", .client, context.child(1), parent: context.span, start: 5, end: 9)
        span.attributes = [("portcullis.hook", "a\"b")]
        span.problem = "timeout"
        let json = SpanExport.json([span], service: "gate", version: "1")
        let document = try JSONDocument(parsing: json)
        document.withRoot { root in
            let first = root["resourceSpans"]?.elements.first { _ in true }
            let scope = first?["scopeSpans"]?.elements.first { _ in true }
            let shown = scope?["spans"]?.elements.first { _ in true }
            #expect(shown?["traceId"]?.string == context.traceText)
            #expect(shown?["spanId"]?.string == "0000000000000001")
            #expect(shown?["parentSpanId"]?.string == context.spanText)
            #expect(shown?["startTimeUnixNano"]?.string == "5" && shown?["endTimeUnixNano"]?.string == "9")
            #expect(shown?["status"]?["code"]?.int == 2 && shown?["kind"]?.int == 3)
        }
    }

    @Test func dropsWhatIsTooMuchAndCountsIt() throws {
        let context = try #require(Self.read(Self.text))
        let sink = SpanSink(spansMax: 3)
        for number in 1...5 {
            sink.add(FinishedSpan("s", .server, context.child(UInt64(number)), parent: 0, start: 0, end: 0))
        }
        #expect(sink.dropped == 2)
        #expect(sink.take(2).map(\.context.span) == [1, 2] && sink.take(9).count == 1 && sink.take(1).isEmpty)
    }
}
