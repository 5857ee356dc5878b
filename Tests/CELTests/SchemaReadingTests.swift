import CELKubernetes
import JSON
import TestSupport
import Testing

/// Schemas as hostile authors write them: each ends in a sentence that says where, and none in a crash.
@Suite struct SchemaReadingTests {
    @Test(arguments: [
        (#"[]"#, "schema: must be an object"),
        (#"{"type": 7}"#, "schema at .type: must be a string"),
        (#"{"properties": []}"#, "schema at .properties: must be an object"),
        (#"{"properties": {"a": 1}}"#, "schema at .properties[a]: must be an object"),
        (#"{"items": {"maxLength": 1.5}}"#, "schema at .items.maxLength: must be a whole number of 64 bits"),
        (#"{"maxItems": 1e30}"#, "schema at .maxItems: must be a whole number of 64 bits"),
        (#"{"required": [1]}"#, "schema at .required: must be an array of strings"),
        (#"{"nullable": "yes"}"#, "schema at .nullable: must be true or false"),
        (#"{"x-kubernetes-validations": [1]}"#, "schema at .x-kubernetes-validations[0]: must be an object"),
        (#"{"additionalProperties": "no"}"#, "schema at .additionalProperties: must be an object"),
        (
            ##"{"properties": {"a": {"$ref": "#/a"}}}"##,
            "schema at .properties[a].$ref: is not supported in a structural schema; write it out"
        ),
        (
            #"{"patternProperties": {"a": {}}}"#,
            "schema at .patternProperties: is not supported in a structural schema; write it out"
        ),
    ])
    func refusesWhatIsNoStructuralSchema(text: String, message: String) throws {
        let error = try #require(throws: SchemaError.self) { _ = try SchemaCase.schema(text) }
        #expect(error.description == message)
    }

    @Test func refusesSchemasThatAreNestedTooDeeply() throws {
        let text = String(repeating: #"{"items":"#, count: 300) + "{}" + String(repeating: "}", count: 300)
        let error = try #require(throws: SchemaError.self) { _ = try SchemaCase.schema(text) }
        #expect(error.reason == .tooDeep)
    }

    @Test func absurdLimitsAreNoTraps() throws {
        for limit in ["9223372036854775807", "-9223372036854775808", "0", "-1", "4611686018427387904"] {
            let schema = """
                {"type": "object", "properties": {
                  "s": {"type": "string", "maxLength": \(limit)}, "b": {"type": "string", "format": "byte", "maxLength": \(limit)},
                  "l": {"type": "array", "maxItems": \(limit), "items": {"type": "string", "maxLength": \(limit)}},
                  "m": {"type": "object", "maxProperties": \(limit), "additionalProperties": {
                    "type": "string", "x-kubernetes-validations": [{"rule": "self.matches('a')"}]}}},
                 "x-kubernetes-validations": [
                   {"rule": "self.l.all(x, self.l.all(y, x == y + self.s)) && self.s.matches(self.s) && size(self.b) > 0"}]}
                """
            let parsed = try SchemaCase.schema(schema)
            _ = parsed.reviewRules(at: SchemaCase.root)
            let verdict = try SchemaCase.verdict(schema, #"{"s": "a", "b": "", "l": ["a"], "m": {"k": "a"}}"#)
            #expect(verdict.errors.count == 1)
        }
    }

    @Test func typesThatNobodyKnowsCannotBeReached() throws {
        let schema = #"{"type": "object", "properties": {"a": {"type": "date"}, "b": {}, "c": {"type": "array"}}}"#
        for name in ["a", "b", "c"] {
            let errors = try SchemaCase.errors("has(self.\(name))", schema, "{}")
            #expect(errors.count == 1 && errors[0].contains("undefined field '\(name)'"))
        }
    }

    /// Any schema with anything in it is read or refused, and so is any object by it.
    @Test func mutatedSchemasAndObjectsEndInErrorsAtWorst() throws {
        let schema = """
            {"type":"object","properties":{"s":{"type":"string","format":"date-time"},"l":{"type":"array",\
            "x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["k"],"items":{"type":"object","properties":\
            {"k":{"type":"string"},"v":{"type":"integer","nullable":true}}}},"e":{"type":"array",\
            "x-kubernetes-list-type":"set","items":{"type":"string","format":"byte"}}},"x-kubernetes-validations":\
            [{"rule":"self.l == self.l && self.e == self.e && size(self.e + self.e) > 0 && has(self.s)"}]}
            """
        let object = #"{"s":"2020-01-01T00:00:00Z","l":[{"k":"a","v":1},{"k":"b"}],"e":["YQ==","Yg=="]}"#
        var random = SeededRandom(seed: 11)
        for _ in 0..<400 {
            let (first, second) = (Self.mutated(schema, &random), Self.mutated(object, &random))
            guard let document = try? JSONDocument(parsing: second) else { continue }
            _ = document
            _ = try? SchemaCase.verdict(schema, second)
            _ = try? SchemaCase.verdict(first, object)
            _ = (try? SchemaCase.schema(first))?.reviewRules(at: SchemaCase.root)
        }
    }

    private static func mutated(_ text: String, _ random: inout SeededRandom) -> String {
        var bytes = Array(text.utf8)
        let others = Array(#"0123456789-.,:{}[]"tfnullase"#.utf8)
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0: bytes.remove(at: place)
            case 1: bytes.insert(others[Int.random(in: 0..<others.count, using: &random)], at: place)
            default: bytes[place] = others[Int.random(in: 0..<others.count, using: &random)]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
