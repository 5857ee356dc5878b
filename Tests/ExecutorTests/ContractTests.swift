import Foundation
import Hooks
import JSON
import Policies
import Reactor
import Testing

@Suite struct InvocationTests {
    @Test func theInvocationHasExactlyTheMembersOfTheContract() throws {
        let loop = try EventLoop(clock: SimulatedClock())
        var invocation = HookInvocation(
            key: "k", hook: "scan", phase: .validate, deadline: loop.now + .milliseconds(42), revision: "r",
            review: try Sample.review())
        invocation.attempt = 2
        let document = try JSONDocument(parsing: invocation.json(now: loop.now))
        let root = document.root
        defer { withExtendedLifetime(document) {} }
        let keys = root.members.map { $0.key.string ?? "" }
        #expect(
            keys == [
                "contract_version", "invocation_key", "hook", "phase", "attempt", "deadline_ms", "revision", "request",
            ])
        #expect(root["contract_version"]?.int == 1 && root["attempt"]?.int == 2 && root["deadline_ms"]?.int == 42)
        #expect(root["invocation_key"]?.string == "k" && root["phase"]?.string == "validate")
        #expect(root["request"]?["object"]?["metadata"]?["name"]?.string == "web")
        #expect(root["request"]?["oldObject"]?.isNull == true)
    }

    @Test func theVerdictIsThereForHooksThatRunAfterIt() throws {
        let loop = try EventLoop(clock: SimulatedClock())
        var invocation = HookInvocation(
            key: "k", hook: "scan", phase: .after, deadline: loop.now, revision: "r", review: try Sample.review())
        invocation.verdict = Array(#"{"allowed":true}"#.utf8)
        let document = try JSONDocument(parsing: invocation.json(now: loop.now + .seconds(1)))
        defer { withExtendedLifetime(document) {} }
        #expect(document.root["verdict"]?["allowed"]?.bool == true)
        #expect(document.root["deadline_ms"]?.int == 0)
    }
}

@Suite struct ResultTests {
    private func read(_ text: String, _ phase: HookPhase = .validate) -> Result<HookResult, HookFailure> {
        Result { () throws(HookFailure) in try HookResult(parsing: Array(text.utf8), phase: phase) }
    }

    @Test func everyMemberIsRead() throws {
        let result = try read(
            """
            {"result":"deny","message":"no","reason":"Invalid","code":422,"warnings":["a","b"],
            "patch":[{"op":"add","path":"/a","value":null}],"audit_annotations":{"k":"v"}}
            """, .mutate
        ).get()
        #expect(result.verdict == .deny && result.message == "no" && result.reason == "Invalid" && result.code == 422)
        #expect(result.warnings == ["a", "b"] && result.auditAnnotations == [.init("k", "v")])
        #expect(result.patch == Array(#"[{"op":"add","path":"/a","value":null}]"#.utf8))
    }

    @Test func aBareVerdictIsEnough() throws {
        #expect(try read(#"{"result":"pass"}"#).get() == HookResult(.pass))
        #expect(try read(#"{"result":"warn","patch":[],"message":null}"#, .mutate).get() == HookResult(.warn))
    }

    static let refused: [(text: String, complaint: String)] = [
        ("", "it is not JSON"),
        ("pass", "it is not JSON: 1:1"),
        ("[]", "must be a JSON object"),
        ("{}", "\"result\" is missing"),
        (#"{"result":"allow"}"#, "must be pass, warn or deny"),
        (#"{"result":true}"#, "must be pass, warn or deny"),
        (#"{"result":"pass","mesage":"x"}"#, "unknown member \"mesage\"; known are result, message"),
        (#"{"result":"pass","result":"deny"}"#, "already"),
        (#"{"result":"deny","code":200}"#, "from 400 to 599"),
        (#"{"result":"deny","code":"403"}"#, "from 400 to 599"),
        (#"{"result":"deny","code":403.5}"#, "from 400 to 599"),
        (#"{"result":"pass","message":5}"#, "\"message\" must be a string"),
        (#"{"result":"pass","reason":"\#(String(repeating: "r", count: 129))"}"#, "more than 128 bytes"),
        (#"{"result":"pass","message":"\#(String(repeating: "m", count: 32769))"}"#, "more than 32768 bytes"),
        (#"{"result":"pass","warnings":"w"}"#, "list of strings"),
        (#"{"result":"pass","warnings":[1]}"#, "a warning must be a string"),
        (
            #"{"result":"pass","warnings":[\#(Array(repeating: "\"w\"", count: 65).joined(separator: ","))]}"#,
            "65 warnings"
        ),
        (#"{"result":"pass","audit_annotations":["k"]}"#, "object of strings"),
        (#"{"result":"pass","audit_annotations":{"a/b":"v"}}"#, "the audit annotation \"a/b\""),
        (#"{"result":"pass","audit_annotations":{"k":1}}"#, "must be a string"),
        (#"{"result":"pass","patch":[]}"#, "only for hooks of the mutate phase"),
    ]

    @Test(arguments: refused) func refusesWithAReason(text: String, complaint: String) {
        let failure = read(text).failure
        #expect(failure?.reason == .contract && failure?.isRetryable == false)
        #expect(failure?.message.contains(complaint) == true, "\(failure?.message ?? "accepted")")
    }

    static let patches: [(text: String, complaint: String)] = [
        ("{}", "must be a list"),
        ("[1]", "operation 0 of the patch: must be an object"),
        (#"[{"op":"add","path":"/a","value":1},{"op":"put","path":"/a"}]"#, "operation 1 of the patch: \"op\" must be"),
        (#"[{"op":"add","path":"a","value":1}]"#, "JSON pointer"),
        (#"[{"op":"add","path":"/a"}]"#, "\"value\" is missing"),
        (#"[{"op":"move","path":"/a"}]"#, "\"from\" must be"),
    ]

    @Test(arguments: patches) func refusesAPatchThatIsNone(text: String, complaint: String) {
        let failure = read(#"{"result":"pass","patch":\#(text)}"#, .mutate).failure
        #expect(failure?.message.contains(complaint) == true, "\(failure?.message ?? "accepted")")
    }

    @Test func aCommandsFilesAreOneResult() throws {
        func files(_ result: String?, _ message: String? = nil, _ patch: String? = nil) -> Result<
            HookResult, HookFailure
        > {
            let files = CommandFiles(
                result: result.map { Array($0.utf8) }, message: message.map { Array($0.utf8) },
                patch: patch.map { Array($0.utf8) })
            return Result { () throws(HookFailure) in try files.result(phase: .mutate) }
        }
        #expect(files(nil).success == HookResult(.pass))
        #expect(files("deny\n").success == HookResult(.deny))
        #expect(files("deny", "no\n").success?.message == "no")
        #expect(files(#"{"result":"warn","message":"m"}"#).success?.message == "m")
        #expect(files(nil, nil, #"[{"op":"remove","path":"/a"}]"#).success?.patch != nil)
        #expect(files(" \n").failure?.message.contains("empty") == true)
        #expect(files("yes").failure?.reason == .contract)
        #expect(files(#"{"result":"warn","message":"m"}"#, "n").failure?.message.contains("both") == true)
        #expect(files(nil, nil, #"[], "message":"x""#).failure?.message.contains("the patch is not JSON") == true)
    }
}
