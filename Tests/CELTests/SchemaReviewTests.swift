import CELKubernetes
import Testing

/// What a definition's rules are refused for.
@Suite struct SchemaReviewTests {
    private static func review(_ schema: String) throws -> [String] {
        try SchemaCase.schema(schema).reviewRules(at: SchemaCase.root).map(\.description)
    }

    private static func review(rule: String) throws -> [String] {
        try review(
            """
            {"type": "object", "properties": {"f": {"type": "object", "properties": {"a.b": {"type": "string"}}},
              "m": {"type": "object", "additionalProperties": {"type": "string"}}},
             "x-kubernetes-validations": [\(rule)]}
            """)
    }

    private static let place = "root.x-kubernetes-validations[0]"

    @Test(arguments: [
        (#"{"rule": " "}"#, ".rule: Required value: rule is not specified"),
        (#"{"rule": "true", "message": " "}"#, #".message: Invalid value: " ": must be non-empty if specified"#),
        (#"{"rule": "true", "message": "a\nb"}"#, #".message: Invalid value: "a\nb": must not contain line breaks"#),
        (
            #"{"rule": "true &&\ntrue"}"#,
            ".message: Required value: message must be specified if rule contains line breaks"
        ),
        (
            #"{"rule": "true", "messageExpression": " "}"#,
            ".messageExpression: Required value: messageExpression must be non-empty if specified"
        ),
        (
            #"{"rule": "true", "reason": "Because"}"#,
            #".reason: Unsupported value: "Because": supported values: "FieldValueDuplicate", "FieldValueForbidden", "#
                + #""FieldValueInvalid", "FieldValueRequired""#
        ),
        (#"{"rule": "true", "fieldPath": ".g"}"#, #".fieldPath: Invalid value: ".g": must be a valid path"#),
        (#"{"rule": "true", "fieldPath": "f"}"#, #".fieldPath: Invalid value: "f": must be a valid path"#),
        (#"{"rule": "true", "fieldPath": ".f['a.b"}"#, #".fieldPath: Invalid value: ".f['a.b": must be a valid path"#),
        (
            #"{"rule": "true", "optionalOldSelf": true}"#,
            ".optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in rule"
        ),
        (
            #"{"rule": "self.f == oldSelf.f", "messageExpression": "1 < 2"}"#,
            #".messageExpression: Invalid value: {"Rule":"self.f == oldSelf.f","Message":"","MessageExpression":"1 \u003c 2","#
                + #""Reason":null,"FieldPath":"","OptionalOldSelf":null}: messageExpression must evaluate to a string"#
        ),
    ])
    func refuses(rule: String, message: String) throws {
        #expect(try Self.review(rule: rule) == [Self.place + message])
    }

    @Test(arguments: [
        #"{"rule": "true", "fieldPath": ".f['a.b']"}"#, #"{"rule": "true", "fieldPath": ".m.any"}"#,
        #"{"rule": "oldSelf.hasValue() || true", "optionalOldSelf": true}"#,
        #"{"rule": "true &&\ntrue", "message": "m"}"#,
    ])
    func accepts(rule: String) throws { #expect(try Self.review(rule: rule) == []) }

    /// A rule costs as much as it does for one value, as often as there may be such values.
    @Test func multipliesCostsByWhatListsMayHold() throws {
        func schema(_ limit: String) -> String {
            """
            {"type": "object", "properties": {"l": {"type": "array", \(limit) "items": {"type": "string", "maxLength": 1000,
              "x-kubernetes-validations": [{"rule": "self.contains('abcdefghij')"}]}}}}
            """
        }
        // A text of at most 4000 bytes costs 400, the pattern 1.
        #expect(try Self.review(schema(#""maxItems": 20000,"#)) == [])
        let place = "root.properties[l].items.x-kubernetes-validations[0].rule"
        let advice =
            "(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings "
            + "are declared)"
        #expect(
            try Self.review(schema(#""maxItems": 30000,"#)) == [
                "\(place): Forbidden: estimated rule cost exceeds budget by factor of 1.203000x \(advice)"
            ])
        let errors = try Self.review(schema(""))
        #expect(errors.count == 3 && errors[0].contains("by factor of 42.0x"), "\(errors)")
    }

    @Test func changesCannotBeSeenWithinListsWithoutKeys() throws {
        let schema = """
            {"type": "object", "properties": {"l": {"type": "array", "maxItems": 5, "items": {"type": "object",
              "properties": {"a": {"type": "string", "x-kubernetes-validations": [{"rule": "self == oldSelf"}]}}}}}}
            """
        let place = "root.properties[l].items.properties[a].x-kubernetes-validations[0].rule"
        #expect(
            try Self.review(schema) == [
                "\(place): Invalid value: \"self == oldSelf\": oldSelf cannot be used on the uncorrelatable portion of the "
                    + "schema within root.properties[l]"
            ])
    }
}
