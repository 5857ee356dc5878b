import CELKubernetes
import JSON
import Testing

/// Rules over whole objects: what they say, about which field, at what cost, and what passes because it was so before.
@Suite struct SchemaRulesTests {
    private static func ruled(_ rule: String) -> String {
        #"{"type": "object", "properties": {"str": {"type": "string"}}, "x-kubernetes-validations": [\#(rule)]}"#
    }

    @Test(arguments: [
        (#"{"rule": "false"}"#, "root: Invalid value: failed rule: false", Int64(50)),
        (#"{"rule": "false", "message": " no "}"#, "root: Invalid value: no", 50),
        (#"{"rule": "false", "messageExpression": "'static string'"}"#, "root: Invalid value: static string", 50),
        (
            #"{"rule": "false", "message": "m", "messageExpression": "'str1 ' + self.str"}"#,
            "root: Invalid value: str1 a string", 46
        ),
        (
            #"{"rule": "false", "message": "m", "messageExpression": "'s ' + ['a', 'b', 'c', 'd'][4]"}"#,
            "root: Invalid value: m", 47
        ),
        (#"{"rule": "false", "message": "m", "messageExpression": "'a\\nb'"}"#, "root: Invalid value: m", 50),
        (#"{"rule": "false", "messageExpression": "true"}"#, "root: Invalid value: failed rule: false", 50),
        (#"{"rule": "false", "messageExpression": "'  '"}"#, "root: Invalid value: failed rule: false", 50),
        (
            #"{"rule": "false", "reason": "FieldValueForbidden", "fieldPath": ".str"}"#,
            "root.str: Forbidden: failed rule: false", 50
        ),
        (#"{"rule": "false", "reason": "FieldValueRequired"}"#, "root: Required value: failed rule: false", 50),
        (#"{"rule": "false", "reason": "FieldValueDuplicate"}"#, "root: Duplicate value: failed rule: false", 50),
        (
            #"{"rule": "self.str.size() / 0 == 1"}"#,
            "root: Invalid value: \"object\": division by zero evaluating rule: self.str.size() / 0 == 1", 45
        ),
    ])
    func saysWhatARuleSays(rule: String, expected: String, left: Int64) throws {
        let verdict = try SchemaCase.verdict(Self.ruled(rule), #"{"str": "a string"}"#, budget: 50)
        #expect(verdict.errors.map(\.description) == [expected])
        #expect(verdict.budgetLeft == left)
    }

    @Test(arguments: [
        (
            #"{"rule": "self.str != 'x'"}, {"rule": "false"}"#, Int64(1), UInt64(1000),
            "validation failed due to running out of cost budget, no further validation rules will be run"
        ),
        (
            #"{"rule": "self.str != 'x'"}, {"rule": "false"}"#, 1000, 1,
            "'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule: self.str != 'x'"
        ),
        (
            #"{"rule": "false", "messageExpression": "'a' + self.str"}, {"rule": "false"}"#, 1, 1000,
            "messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run"
        ),
        (
            #"{"rule": "false", "messageExpression": "'a' + self.str"}, {"rule": "false"}"#, 1000, 1,
            "no further validation rules will be run due to call cost exceeds limit for messageExpression: \"'a' + self.str\""
        ),
    ])
    func endsWhereTheBudgetEnds(rules: String, budget: Int64, costPerCall: UInt64, detail: String) throws {
        let verdict = try SchemaCase.verdict(
            Self.ruled(rules), #"{"str": "a string"}"#, budget: budget, costPerCall: costPerCall)
        #expect(verdict.errors.map(\.description) == ["root: Invalid value: \"object\": \(detail)"])
        #expect(verdict.budgetLeft == -1)
    }

    private static let keyed = """
        {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"], "items": {"type": "object",
         "properties": {"k": {"type": "string"}, "v": {"type": "string", "x-kubernetes-validations": [
           {"rule": "RULE", "message": "wrong"}]}}}}
        """

    @Test func tellsElementsApartByTheirKeys() throws {
        let schema = Self.keyed.replacing("RULE", with: "self == oldSelf")
        let old = #"[{"k": "a", "v": "1"}, {"k": "b", "v": "2"}]"#
        let new = #"[{"k": "b", "v": "2"}, {"k": "a", "v": "9"}, {"k": "c", "v": "new"}]"#
        let errors = try SchemaCase.verdict(schema, new, replacing: old).errors
        #expect(errors.map(\.description) == [#"root[1].v: Invalid value: "9": wrong"#])
    }

    @Test func rulesAboutChangesNeedSomethingThatWasThere() throws {
        let schema = #"{"type": "integer", "x-kubernetes-validations": [{"rule": "self >= oldSelf"}]}"#
        #expect(try SchemaCase.verdict(schema, "1").errors.isEmpty)
        #expect(try SchemaCase.verdict(schema, "1", replacing: "null").errors.isEmpty)
        #expect(
            try SchemaCase.verdict(schema, "1", replacing: "2").errors.map(\.description) == [
                "root: Invalid value: 1: failed rule: self >= oldSelf"
            ])
    }

    @Test func whatWasWrongBeforeMayStay() throws {
        let schema = Self.keyed.replacing("RULE", with: "self == 'good'")
        let old = #"[{"k": "a", "v": "bad"}, {"k": "b", "v": "bad"}]"#
        let new = #"[{"k": "b", "v": "bad"}, {"k": "a", "v": "worse"}]"#
        let verdict = try SchemaCase.verdict(schema, new, replacing: old, ratchets: true)
        #expect(verdict.errors.map(\.description) == [#"root[1].v: Invalid value: "worse": wrong"#])
        #expect(verdict.warnings.map(\.description) == [#"root[0].v: Invalid value: "bad": wrong"#])
    }

    /// The elements of a list without keys may stay as they are where the list does.
    @Test func whatIsWrongInAnUnchangedListMayStay() throws {
        let schema = """
            {"type": "object", "properties": {"n": {"type": "integer"}, "set": {"type": "array",
             "x-kubernetes-list-type": "set", "items": {"type": "number", "x-kubernetes-validations": [
               {"rule": "int(self) % 2 == 1", "message": "odd"}]}}}}
            """
        let same = try SchemaCase.verdict(
            schema, #"{"n": 1, "set": [1, 2]}"#, replacing: #"{"n": 0, "set": [1, 2]}"#, ratchets: true)
        #expect(same.errors.isEmpty && same.warnings.map(\.description) == ["root.set[1]: Invalid value: 2: odd"])
        let changed = try SchemaCase.verdict(
            schema, #"{"set": [1, 2]}"#, replacing: #"{"set": [2, 1]}"#, ratchets: true)
        #expect(changed.errors.count == 1 && changed.warnings.isEmpty)
    }

    @Test func rulesOfAnAllOfHoldForTheValue() throws {
        let schema = """
            {"type": "object", "properties": {"a": {"type": "integer"}}, "x-kubernetes-validations": [{"rule": "true"}],
             "allOf": [{"properties": {"a": {"x-kubernetes-validations": [{"rule": "self > 1"}]}},
               "x-kubernetes-validations": [{"rule": "has(self.a)"}]}]}
            """
        #expect(try SchemaCase.verdict(schema, #"{"a": 2}"#).errors.isEmpty)
        #expect(
            try SchemaCase.verdict(schema, #"{"a": 1}"#).errors.map(\.description) == [
                "root.a: Invalid value: 1: failed rule: self > 1"
            ])
        #expect(try SchemaCase.verdict(schema, "{}").errors.count == 1)
    }

    /// An API server that finds no rule outside of any `allOf` runs none within; who asks for them gets them.
    @Test func rulesInAnAllOfAloneAreFoundOnRequest() throws {
        let schema = """
            {"type": "object", "properties": {"map": {"type": "object", "additionalProperties": {"type": "object",
              "properties": {"a": {"type": "string"}}}}}, "allOf": [{"properties": {"map": {"additionalProperties": {
              "allOf": [{"properties": {"a": {"x-kubernetes-validations": [{"rule": "self == 'x'"}]}}}]}}}}]}
            """
        let object = #"{"map": {"k": {"a": "y"}}}"#
        #expect(
            try SchemaCase.verdict(schema, object, isResource: true, countsAllOf: true).errors.map(\.description) == [
                #"root.map[k].a: Invalid value: "y": failed rule: self == 'x'"#
            ])
        let rules = SchemaRules(try SchemaCase.schema(schema), isResource: true)
        #expect(rules == nil)
    }

    /// A path that leads nowhere in the schema is left out; in a definition it would have been refused.
    @Test(arguments: [
        (".a", "root.a"), ("['\\'q\\'bar']", "root.'q'bar"), (".white space", "root.white space"),
        ("['white space']", "root.white space"), (".a['b.c']", "root.a.b.c"), (".a['b.c'].d", "root.a.b.c.d"),
        (".map.any", "root.map[any]"), (".map['x.y']['n']", "root.map[x.y].n"), (".a['it\\'s']", "root.a.it's"),
        (".a.it's", "root.a.it's"), (".a['bell\\a']", "root.a.bell\u{07}"), (".a.34", "root.a.34"),
        (".list", "root.list"),
        (".\\'q\\'bar", "root"), (". a", "root"), (".a.b[c", "root"), (".a['b.c'", "root"), (".", "root"), ("", "root"),
        (".a.list[0]", "root"), (".list['n']", "root"), (".list.n", "root"), ("a", "root"), (".nowhere", "root"),
        (".a..b", "root"), (".map.any.n.m", "root"), (".a['x\\z']", "root"), (".open.any", "root.open[any]"),
        (".open.any.more", "root"), ("['a", "root"), ("['", "root"), ("[]", "root"),
    ])
    func errorsAreAboutTheFieldThatARuleNames(path: String, expected: String) throws {
        var writer = JSONWriter()
        writer.string(path)
        let schema = """
            {"type": "object", "x-kubernetes-validations": [{"rule": "false", "fieldPath": \(writer.text)}], "properties": {
              "white space": {"type": "number"}, "'q'bar": {"type": "number"},
              "a": {"type": "object", "properties": {"b.c": {"type": "object", "properties": {"d": {"type": "string"}}},
                "it's": {"type": "string"}, "bell\\u0007": {"type": "string"}, "34": {"type": "string"}, "b[c": {"type": "string"},
                "list": {"type": "array", "items": {"type": "string"}}}},
              "map": {"type": "object", "additionalProperties": {"type": "object", "properties": {"n": {"type": "number"}}}},
              "open": {"type": "object", "additionalProperties": true},
              "list": {"type": "array", "items": {"type": "object", "properties": {"n": {"type": "number"}}}}}}
            """
        let errors = try SchemaCase.verdict(schema, "{}").errors
        #expect(errors.map { "\($0.path)" } == [expected])
    }
}
