import JSON
import Testing

@testable import Registration

@Suite struct DriftTests {
    private static func differences(_ found: String, _ wanted: String) throws -> [String] {
        let (one, other) = (try JSONDocument(parsing: found), try JSONDocument(parsing: wanted))
        return one.withRoot { one in other.withRoot { RegistrationDrift.differences(one, $0) } }
    }

    private static func webhook(_ name: String, _ more: String = "") -> String {
        #"{"name":"\#(name)","timeoutSeconds":5,"rules":[{"resources":["pods"]}]\#(more)}"#
    }

    private static func configuration(_ webhooks: String..., kind: String = "ValidatingWebhookConfiguration") -> String
    {
        #"{"kind":"\#(kind)","metadata":{"resourceVersion":"7"},"webhooks":[\#(webhooks.joined(separator: ","))]}"#
    }

    @Test func theSameIsNoDrift() throws {
        let reordered = #"{"rules":[{"resources":["pods"]}],"timeoutSeconds":5,"name":"a"}"#
        #expect(try Self.differences(Self.configuration(reordered), Self.configuration(Self.webhook("a"))) == [])
    }

    @Test func tellsEveryField() throws {
        let found = Self.configuration(
            Self.webhook("a").replacing("5", with: "6").replacing("pods", with: "nodes"), Self.webhook("b"))
        let wanted = Self.configuration(Self.webhook("a", #","matchPolicy":"Exact""#), Self.webhook("c"))
        #expect(
            try Self.differences(found, wanted) == [
                "c is missing", "b should not be there", #"a.matchPolicy is absent, should be "Exact""#,
                #"a.rules is [{"resources":["nodes"]}], should be [{"resources":["pods"]}]"#,
                "a.timeoutSeconds is 6, should be 5",
            ])
    }

    @Test func orderCountsWhereObjectsAreChanged() throws {
        let (a, b) = (Self.webhook("a"), Self.webhook("b"))
        #expect(try Self.differences(Self.configuration(b, a), Self.configuration(a, b)) == [])
        let kind = "MutatingWebhookConfiguration"
        #expect(
            try Self.differences(Self.configuration(b, a, kind: kind), Self.configuration(a, b, kind: kind))
                == ["the webhooks stand in another order than a, b"])
    }

    @Test func conditionsAreComparedByTheirNames() throws {
        func conditions(_ list: [(String, String)]) -> String {
            let texts = list.map { #"{"name":"\#($0)","expression":"\#($1)"}"# }
            return #","matchConditions":[\#(texts.joined(separator: ","))]"#
        }
        let one = Self.configuration(Self.webhook("a", conditions([("x", "true"), ("y", "false")])))
        let turned = Self.configuration(Self.webhook("a", conditions([("y", "false"), ("x", "true")])))
        #expect(try Self.differences(one, turned) == [])
        let other = Self.configuration(Self.webhook("a", conditions([("y", "true")])))
        #expect(
            try Self.differences(one, other) == [
                #"a.matchConditions[x] is {"name":"x","expression":"true"}, should be absent"#,
                #"a.matchConditions[y].expression is "false", should be "true""#,
            ])
    }
}
