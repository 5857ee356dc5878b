import CEL
import CELKubernetes
import JSON
import Testing

/// How values read that a schema describes, where the conformance cases say little.
@Suite struct SchemaValueTests {
    private static let schema = """
        {"type": "object", "properties": {
          "time": {"type": "string", "format": "date-time"}, "day": {"type": "string", "format": "date"},
          "span": {"type": "string", "format": "duration"}, "raw": {"type": "string", "format": "byte"},
          "number": {"type": "number"}, "whole": {"type": "integer"}, "flag": {"type": "boolean"},
          "either": {"x-kubernetes-int-or-string": true}, "a.b-c/d": {"type": "string"}, "namespace": {"type": "string"},
          "maybe": {"type": "string", "nullable": true}, "text": {"type": "string"},
          "set": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
          "list": {"type": "array", "items": {"type": "string"}},
          "times": {"type": "array", "items": {"type": "string", "format": "date-time"}},
          "entries": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"],
            "items": {"type": "object", "properties": {"k": {"type": "string"}, "v": {"type": "integer"}}}},
          "others": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"],
            "items": {"type": "object", "properties": {"k": {"type": "string"}, "v": {"type": "integer"}}}},
          "map": {"type": "object", "additionalProperties": {"type": "number"}},
          "open": {"type": "object", "x-kubernetes-preserve-unknown-fields": true, "properties": {
            "a": {"type": "integer"}, "any": {"x-kubernetes-preserve-unknown-fields": true}}},
          "open2": {"type": "object", "x-kubernetes-preserve-unknown-fields": true, "properties": {
            "a": {"type": "integer"}, "any": {"x-kubernetes-preserve-unknown-fields": true}}}
        }}
        """

    @Test(arguments: [
        (#"{"time": ""}"#, "self.time == timestamp('1970-01-01T00:00:00Z')"),
        (#"{"time": "2020-01-02T03:04:05"}"#, "self.time == timestamp('2020-01-02T03:04:05Z')"),
        (#"{"time": "2020-01-02T03:04:05.25+01:00"}"#, "self.time == timestamp('2020-01-02T02:04:05.25Z')"),
        (#"{"day": "2020-02-29"}"#, "self.day.getDayOfMonth() == 28"),
        (#"{"span": "1h30m"}"#, "self.span == duration('90m')"),
        (#"{"span": "2 days 3 hours"}"#, "self.span == duration('51h')"),
        (#"{"span": "1week"}"#, "self.span.getHours() == 168"),
        (#"{"raw": "-_8="}"#, "size(self.raw) == 2 && self.raw == b'\\xfb\\xff'"),
        (#"{"number": 3}"#, "self.number == 3.0 && type(self.number) == double"),
        (#"{"either": 3}"#, "type(self.either) == int && self.either == 3"),
        (#"{"either": "3%"}"#, "self.either.endsWith('%')"),
        (#"{"a.b-c/d": "x"}"#, "self.a__dot__b__dash__c__slash__d == 'x'"),
        (#"{"namespace": "x"}"#, "self.__namespace__ == 'x' && self.namespace == 'x'"),
        (#"{"maybe": null}"#, "!has(self.maybe) && self.?maybe.orValue('d') == 'd'"),
        (#"{"set": ["a", "b"]}"#, "self.set == ['b', 'a'] && ['b', 'a'] != self.set && self.set != ['a', 'c']"),
        (#"{"set": ["a", "b"]}"#, "self.set + ['c', 'a'] == ['a', 'b', 'c'] && size(self.set + ['b']) == 2"),
        (#"{"list": ["a", "b"]}"#, "self.list != ['b', 'a'] && (self.list + ['c'])[2] == 'c' && 'b' in self.list"),
        (#"{"list": ["b", "a"]}"#, "self.list.sort() == ['a', 'b'] && self.list.isSorted() == false"),
        (#"{"list": []}"#, "optional.ofNonZeroValue(self.list).hasValue()"),
        (#"{"list": []}"#, "self.list == [] && [] == self.list && self.list + [] == []"),
        (
            #"{"entries": [{"k": "a", "v": 1}, {"k": "b", "v": 2}], "others": [{"k": "b", "v": 2}, {"k": "a", "v": 1}]}"#,
            "dyn(self.entries) == dyn(self.others) && !(dyn(self.entries) != dyn(self.others))"
        ),
        (
            #"{"entries": [{"k": "a", "v": 1}], "others": [{"k": "b", "v": 2}, {"k": "a", "v": 9}]}"#,
            "(dyn(self.entries) + dyn(self.others)).map(e, e.v) == [9, 2]"
        ),
        (#"{"map": {"a": 1, "b": 2.5}}"#, "self.map == {'b': 2.5, 'a': 1.0} && self.map.all(k, self.map[k] > 0.0)"),
        (#"{"map": {"a": 1}}"#, "'a' in self.map && !('b' in self.map) && {'a': 1.0} == self.map"),
        (
            #"{"open": {"a": 1, "x": {"y": 1}, "any": [1]}, "open2": {"x": {"y": 1}, "any": [1], "a": 1}}"#,
            "dyn(self.open) == dyn(self.open2)"
        ),
        (#"{"open": {"a": 1, "any": [1]}, "open2": {"any": [1.0], "a": 1}}"#, "dyn(self.open) != dyn(self.open2)"),
        (#"{"open": {"a": 1, "x": 1}, "open2": {"x": 2, "a": 1}}"#, "dyn(self.open) != dyn(self.open2)"),
        (#"{"times": ["2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z"]}"#, "self.times.max() > self.times.min()"),
        (#"{"times": ["2020-01-01T00:00:00Z"]}"#, "self.times.map(t, t.getFullYear()) == [2020]"),
        (#"{"text": "\u0061"}"#, "dyn(self)['text'] == 'a' && [self.text] == ['a'] && 'text' in dyn(self)"),
        (#"{"entries": [{"k": "a", "v": 1}]}"#, "[self.entries] == [self.entries] && self.entries.exists(e, e.v == 1)"),
    ])
    func readsWhatItsSchemaSays(object: String, rule: String) throws {
        #expect(try SchemaCase.errors(rule, Self.schema, object) == [])
    }

    @Test(arguments: [
        (#"{"time": "x"}"#, "self.time", #"cannot parse "x" as "2006""#),
        (
            #"{"time": "2020-13-01T00:00:00Z"}"#, "self.time",
            #"parsing time "2020-13-01T00:00:00Z": month out of range"#
        ),
        (#"{"time": "2020-01-01T00:00:00x"}"#, "self.time", #"extra text: "x""#),
        (
            #"{"day": "2020-02-30"}"#, "self.day",
            #"Invalid date formatted string 2020-02-30: parsing time "2020-02-30": day out of range"#
        ),
        (#"{"span": "soon"}"#, "self.span", "Invalid duration soon: unable to parse soon as duration"),
        (#"{"raw": "??"}"#, "self.raw", "Invalid byte formatted string ??: illegal base64 data at input byte 0"),
        (#"{"raw": "a"}"#, "self.raw", "illegal base64 data at input byte"),
        (#"{"number": "1"}"#, "self.number", "invalid data, expected float, got string"),
        (#"{"whole": 1.5}"#, "self.whole", "invalid data, expected int, got float64"),
        (#"{"whole": [1]}"#, "self.whole", "invalid data, expected int, got []interface {}"),
        (#"{"flag": {}}"#, "self.flag", "invalid data, expected bool, got map[string]interface {}"),
        (#"{"text": 1}"#, "self.text", "invalid data, expected string, got int64"),
        (#"{"list": ["a"]}"#, "self.list[dyn(0u)]", "unsupported index: 0 evaluating rule"),
        (#"{"either": 1.5}"#, "self.either", "expected XIntOrString value to be either a string or integer"),
    ])
    func saysWhatIsWrongWithAValue(object: String, field: String, message: String) throws {
        let errors = try SchemaCase.errors("dyn(\(field)) == 0", Self.schema, object)
        #expect(errors.count == 1 && errors[0].contains(message), "\(errors)")
    }

    /// What the schema says nothing special about is the same with it and without it.
    @Test(arguments: [
        "self.list.map(x, x + '!').join(',') == 'a!,b!,a!'", "self.list.indexOf('b') == 1 && self.list.size() == 3",
        "self.list.exists_one(x, x == 'b') && self.list[0] == self.list[2]", "self.list.distinct() == ['a', 'b']",
        "self.list.slice(1, 3) == ['b', 'a'] && self.list.reverse()[1] == 'b'",
        "sets.contains(self.list, ['a']) && sets.intersects(self.list, ['b', 'z'])",
        "[self.list].flatten() == self.list",
        "self.whole + 1 == 8 && self.whole in [7, 8]", "self.text.matches('^x') || self.flag",
        "'%s %d'.format([self.text, self.whole]) == 'xyz 7'",
        "has(self.text) && !has(self.day)",
        "self.list.all(i, x, i < 3 && x < 'c')", "self.list.transformMap(i, x, x).size() == 3",
        "self.list[5] == 'x' || self.flag", "self.list[?7].orValue('none') == 'none'", "string(self.whole) == '7'",
    ])
    func readsPlainValuesAsWithoutASchema(rule: String) throws {
        let object = #"{"list": ["a", "b", "a"], "whole": 7, "text": "xyz", "flag": true}"#
        #expect(try SchemaCase.errors(rule, Self.schema, object) == [])
        var environment = Environment.kubernetes()
        environment.declare("self", .dyn)
        let document = try JSONDocument(parsing: object)
        var evaluator = Evaluator()
        evaluator.bind(0, evaluator.value(of: document.root))
        let program = try environment.plan(try environment.compile(rule).get())
        let value = evaluator.run(program)
        #expect(value.kind == .bool && value.boolValue, "\(value.isError ? value.errorMessage : "")")
        let typed = try SchemaCase.verdict(
            #"{"x-kubernetes-validations": [{"rule": "\#(rule)"}], \#(Self.schema.dropFirst())"#, object)
        #expect(UInt64(SchemaRules.costPerObjectMax - typed.budgetLeft) == evaluator.cost)
    }
}
