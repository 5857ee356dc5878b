import CEL
import JSON
import Testing

@Suite struct TypedEncodingTests {
    @Test(arguments: [
        #"{"null":null}"#, #"{"bool":true}"#, #"{"int":"-9223372036854775808"}"#, #"{"uint":"18446744073709551615"}"#,
        #"{"double":"1.5"}"#, #"{"double":"NaN"}"#, #"{"double":"-Infinity"}"#, #"{"double":"-0.0"}"#,
        #"{"string":"é\n"}"#, #"{"bytes":"/wA="}"#, #"{"bytes":""}"#, #"{"type":"int"}"#,
        #"{"list":[{"int":"1"},{"list":[]}]}"#,
        #"{"map":[[{"int":"1"},{"string":"x"}],[{"bool":false},{"null":null}]]}"#,
        #"{"timestamp":"2009-02-13T23:31:30.5Z"}"#, #"{"timestamp":"0001-01-01T00:00:00Z"}"#,
        #"{"duration":"-1.5s"}"#, #"{"duration":"0s"}"#, #"{"optional":null}"#, #"{"optional":{"value":{"int":"1"}}}"#,
    ])
    func keepsEveryValue(text: String) throws {
        let document = try JSONDocument(parsing: text)
        var evaluator = Evaluator()
        let value = try TypedEncoding.read(document.root, &evaluator)
        var writer = JSONWriter()
        try TypedEncoding.write(value, to: &writer, &evaluator)
        #expect(writer.text == text)
    }

    @Test(arguments: [
        "1", "{}", #"{"int":1}"#, #"{"int":"x"}"#, #"{"uint":"-1"}"#, #"{"color":"red"}"#, #"{"list":{}}"#,
        #"{"map":[[{"int":"1"}]]}"#, #"{"map":[[{"list":[]},{"int":"1"}]]}"#, #"{"bytes":"?"}"#,
        #"{"map":[[{"int":"1"},{"int":"1"}],[{"uint":"1"},{"int":"2"}]]}"#, #"{"timestamp":"yesterday"}"#,
        #"{"int":"1","uint":"1"}"#, #"{"optional":1}"#,
    ])
    func refusesWhatIsNoValue(text: String) throws {
        let document = try JSONDocument(parsing: text)
        var evaluator = Evaluator()
        #expect(throws: TypedEncodingError.self) { try TypedEncoding.read(document.root, &evaluator) }
    }

    @Test func refusesWhatNestsTooDeep() throws {
        let count = TypedEncoding.depthMax + 1
        let text = String(repeating: #"{"list":["#, count: count) + String(repeating: "]}", count: count)
        let document = try JSONDocument(parsing: text)
        var evaluator = Evaluator()
        #expect(throws: TypedEncodingError.tooDeep) { try TypedEncoding.read(document.root, &evaluator) }
    }

    @Test(arguments: [
        #""dyn""#, #""timestamp""#, #"{"list":{"map":["string","int"]}}"#, #"{"type":"int"}"#, #"{"wrapper":"bool"}"#,
        #"{"abstract":"optional_type","params":["int"]}"#, #"{"abstract":"net.IP"}"#, #"{"message":"a.B"}"#,
        #"{"type_param":"T"}"#,
    ])
    func keepsEveryType(text: String) throws {
        let document = try JSONDocument(parsing: text)
        var writer = JSONWriter()
        TypedEncoding.write(try TypedEncoding.readType(document.root), to: &writer)
        #expect(writer.text == text)
    }
}
