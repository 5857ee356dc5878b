import Admission
import Testing

@Suite struct TraceContextTests {
    private func read(_ text: String) -> TraceContext? { TraceContext(text.utf8.span) }

    static let good = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01"

    @Test func readsWhatItWrites() throws {
        let trace = try #require(read(Self.good))
        #expect(trace.high == 0x0af7_6519_16cd_43dd && trace.parent == 0x00f0_67aa_0ba9_02b7 && trace.flags == 1)
        #expect(trace.text == Self.good)
    }

    @Test(arguments: [
        "", "00", "ff" + good.dropFirst(2), good + "-x", good.uppercased(), good.replacing("0af7", with: "0ag7"),
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        good.replacing("00f067aa0ba902b7", with: "0000000000000000"),
        good.replacing("-", with: "_"), String(good.dropLast()),
    ]) func refuses(text: String) {
        #expect(read(text) == nil)
    }

    @Test func readsWhatItKnowsOfLaterVersions() {
        #expect(read("cc" + Self.good.dropFirst(2) + "-what-comes")?.text == Self.good)
        #expect(read("cc" + Self.good.dropFirst(2) + "what") == nil)
    }
}
