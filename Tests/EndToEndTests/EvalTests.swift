import Testing

@Suite struct EvalTests {
    @Test func printsAValueAsAnExpressionSpellsIt() throws {
        let seen = try BuiltBinary.run(["eval", "[1u, 2.5, {'a': b'x'}, 'é\\n', null]"])
        #expect(seen.output == "[1u, 2.5, {\"a\": b\"x\"}, \"é\\n\", null]\n")
        #expect(seen.status == 0)
    }

    @Test func printsAValueWithItsType() throws {
        let seen = try BuiltBinary.run(["eval", "-o", "json", "{1: [duration('-1.5s')]}"])
        #expect(seen.output == #"{"map":[[{"int":"1"},{"list":[{"duration":"-1.5s"}]}]]}"# + "\n")
    }

    @Test func variablesComeFromAFile() throws {
        for input in ["{\"a\": {\"b\": [1, 2]}}", "a:\n  b: [1, 2]\n"] {
            let seen = try BuiltBinary.run(["eval", "--input", "-", "a.b.map(x, x + 1)"], input: input)
            #expect(seen.output == "[2, 3]\n")
            #expect(seen.errors.isEmpty)
        }
        let refused = try BuiltBinary.run(["eval", "--input", "-", "1"], input: "[1]")
        #expect(refused.status == 2)
    }

    @Test func aWrongExpressionIsShownWithItsPlace() throws {
        let seen = try BuiltBinary.run(["eval", "1 +"])
        #expect(seen.errors.hasPrefix("ERROR: <input>:1:4: Syntax error: mismatched input '<EOF>' expecting {"))
        #expect(seen.status == 1)
        let failed = try BuiltBinary.run(["eval", "1 / 0"])
        #expect(failed.errors == "error: division by zero\n")
        #expect(failed.status == 1)
    }

    @Test func costIsShownOnRequest() throws {
        let seen = try BuiltBinary.run(["eval", "--kubernetes", "--cost", "[1, 2].all(x, x > 0)"])
        #expect(seen.output.hasPrefix("true\ncost: "))
    }

    @Test func aKubernetesExpressionIsStoppedAtItsLimit() throws {
        let text = "lists.range(1000).map(x, lists.range(1000).map(y, x + y)).size()"
        let seen = try BuiltBinary.run(["eval", "--kubernetes", text])
        #expect(seen.errors == "error: operation cancelled: actual cost limit exceeded\n")
        #expect(seen.status == 1)
    }

    @Test func everyPartIsExplained() throws {
        let seen = try BuiltBinary.run(
            ["eval", "--explain", "--input", "-", "a + 1 == size(b)"], input: "{\"a\":1,\"b\":[1]}")
        #expect(
            seen.output == """
                false
                (a + 1) == size(b)  →  false
                  a + 1  →  2
                    a  →  1
                  size(b)  →  1
                    b  →  [1]

                """)
    }

    @Test func treesAndProgramsAreShown() throws {
        let tree = try BuiltBinary.run(["eval", "--ast", "1 + 2"])
        #expect(tree.output == "call _+_ : int (add_int64) @1:3\n  1 : int @1:1\n  2 : int @1:5\n")
        let program = try BuiltBinary.run(["eval", "--program", "1 + 2"])
        #expect(program.output == " 0\tconstant\t1\n 1\tconstant\t2\n>2\tcall\t_+_ 0 1\n")
    }

    @Test func expressionsAreReadOneByOne() throws {
        let seen = try BuiltBinary.run(["eval", "-i"], input: "1\n\n1 +\n2")
        #expect(seen.output == "1\n2\n")
        #expect(seen.errors.hasPrefix("ERROR: "))
        #expect(seen.status == 0)
    }

    @Test(arguments: [
        (
            #"{"expr":"x + 1","bindings":{"x":{"int":"3"}},"type_env":[{"name":"x","kind":"variable","type":"int"}]}"#,
            #"{"value":{"int":"4"},"type":"int","cost":{"runtime":2,"estimated":["2","2"]}}"#
        ),
        (
            #"{"expr":"int(9.3e18)","kubernetes":true}"#,
            #"{"compile_error":["integer overflow"],"type":"int","cost":{"estimated":["1","1"]}}"#
        ),
        (
            #"{"expr":"1 + 'a'"}"#,
            #"{"compile_error":["found no matching overload for '_+_' applied to '(int, string)'"]}"#
        ),
        (
            #"{"expr":"1 + 'a'","disable_check":true}"#,
            #"{"eval_error":"no such overload","type":"dyn","cost":{"runtime":1,"estimated":["0","0"]}}"#
        ),
        (
            #"{"expr":"x","container":"a.b","check_only":true,"type_env":[{"name":"a.x","type":{"list":"int"}}]}"#,
            #"{"type":{"list":"int"},"cost":{"estimated":["1","1"]}}"#
        ),
        (
            #"{"expr":"self.n + 1.5","kubernetes":true,"bindings":{"self":{"n":1}},"#
                + #""schemas":{"self":{"type":"object","properties":{"n":{"type":"number"}}}}}"#,
            #"{"value":{"double":"2.5"},"type":"double","cost":{"runtime":3,"estimated":["3","3"]}}"#
        ),
        (
            #"{"expr":"self","schemas":{"self":{"type":1}}}"#,
            #"{"request_error":"the schema of self: schema at .type: must be a string"}"#
        ),
        (#"{"expr":1}"#, #"{"request_error":"a request must be an object with a string \"expr\""}"#),
    ])
    func everyLineIsAnswered(request: String, answer: String) throws {
        let seen = try BuiltBinary.run(["eval", "--jsonl"], input: request + "\n")
        #expect(seen.output == answer + "\n")
    }

    @Test(arguments: [["eval"], ["eval", "1", "2"], ["eval", "--ast", "--program", "1"], ["eval", "-i", "1"]])
    func wrongUseIsRefused(words: [String]) throws {
        #expect(try BuiltBinary.run(words).status == 2)
    }
}
