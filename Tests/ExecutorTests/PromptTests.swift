import Foundation
import Hooks
import JSON
import Policies
import Reactor
import Testing

@Suite struct PromptTests {
    private func content(_ text: String) -> Result<String, HookFailure> {
        Result { () throws(HookFailure) in
            String(decoding: try ChatAnswer.content(of: Array(text.utf8)), as: UTF8.self)
        }
    }

    private static func completion(_ content: String, finish: String = "stop") -> String {
        var writer = JSONWriter()
        writer.string(content)
        return
            #"{"id":"c","choices":[{"index":0,"finish_reason":"\#(finish)","message":{"role":"assistant","content":\#(writer.text)}}]}"#
    }

    @Test func aModelIsAskedWithoutSecretsAndJudges() throws {
        let seen = Seen()
        let server = try ScriptedServer { connection in
            while let request = connection.readRequest() {
                seen.add(request)
                connection.answer(Self.completion("```json\n{\"result\":\"warn\",\"message\":\"odd\"}\n```\n"))
            }
        }
        defer { server.stop() }
        let bench = try Workbench()
        var run = PromptRun(
            endpoint: HTTPRun(url: server.url), model: "small",
            template: "Judge {{ kind }} {{namespace}}/{{name}} by {{user}} ({{operation}}, {{hook}}): {{object_json}}")
        run.apiKeyFile = try bench.write("key", "sk-1\n")
        let secret = #"{"kind":"Secret","apiVersion":"v1","data":{"a":"c2VjcmV0"},"x":"{{hook}}"}"#
        let result = try bench.ask(try bench.executor(.prompt(run)), object: secret).get()
        #expect(result.verdict == .warn && result.message == "odd")
        #expect(seen.field("Authorization") == "Bearer sk-1")
        let document = try JSONDocument(parsing: seen.body())
        defer { withExtendedLifetime(document) {} }
        #expect(document.root["model"]?.string == "small" && document.root["stream"]?.bool == false)
        let question = try #require(document.root["messages"]?.element(1)?["content"]?.string)
        #expect(question.hasPrefix("Judge Pod shop/web by anna (CREATE, scan): {"))
        #expect(question.contains(#""a":"UkVEQUNURUQ=""#) && question.contains(#""x":"{{hook}}""#))
    }

    @Test func theWholeInvocationIsShownIfItIsWanted() throws {
        let seen = Seen()
        let server = try ScriptedServer { connection in
            guard let request = connection.readRequest() else { return }
            seen.add(request)
            connection.answer(Self.completion(#"{"result":"pass"}"#))
        }
        defer { server.stop() }
        let bench = try Workbench()
        let run = PromptRun(endpoint: HTTPRun(url: server.url), model: "m", template: "{{invocation_json}}")
        #expect(try bench.ask(try bench.executor(.prompt(run))).success == HookResult(.pass))
        let document = try JSONDocument(parsing: seen.body())
        defer { withExtendedLifetime(document) {} }
        let question = try #require(document.root["messages"]?.element(1)?["content"]?.string)
        #expect(try JSONDocument(parsing: question).withRoot { $0["invocation_key"]?.string } == "key-1")
    }

    @Test func aFenceAroundTheWholeTextIsTakenOff() {
        #expect(content(Self.completion("  {\"result\":\"pass\"}\n")).map { $0 } == .success("{\"result\":\"pass\"}"))
        #expect(content(Self.completion("```json\n{}\n```")) == .success("{}\n"))
        #expect(content(Self.completion("```\n{}\n```")) == .success("{}\n"))
        #expect(content(Self.completion("```")) == .success("```"))
        #expect(content(Self.completion("``````")) == .success("``````"))
        #expect(content(Self.completion("Sure:\n```json\n{}\n```")) == .success("Sure:\n```json\n{}\n```"))
        #expect(content(Self.completion("```swift\n{}\n```")) == .success("```swift\n{}\n```"))
    }

    static let refused = [
        ("", "not JSON"), ("{}", "no choices"), (#"{"choices":[]}"#, "no choices"), (#"{"choices":[{}]}"#, "no text"),
        (#"{"choices":[{"message":{"content":null,"refusal":"no"}}]}"#, "no text"),
        (completion("{", finish: "length"), "cut off"),
    ]

    @Test(arguments: refused) func whatIsNoCompletionIsAFailure(text: String, complaint: String) {
        guard case .failure(let failure) = content(text) else { return #expect(Bool(false), "accepted") }
        #expect(failure.reason == .contract && failure.message.contains(complaint), "\(failure.message)")
    }

    @Test func proseIsNoVerdict() throws {
        let server = try ScriptedServer(answering: Self.completion("This pod looks fine to me. {\"result\":\"pass\"}"))
        defer { server.stop() }
        let bench = try Workbench()
        let run = PromptRun(endpoint: HTTPRun(url: server.url), model: "m", template: "{{invocation_json}}")
        let failure = try bench.ask(try bench.executor(.prompt(run))).failure
        #expect(failure?.reason == .contract && failure?.message.contains("it is not JSON") == true)
    }
}
