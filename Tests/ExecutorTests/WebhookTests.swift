import Foundation
import Hooks
import JSON
import Policies
import Reactor
import Testing

@Suite struct WebhookTests {
    private func read(_ response: String, mayPatch: Bool = false) -> Result<HookResult, HookFailure> {
        let text =
            #"{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","response":{"uid":"u-1",\#(response)}}"#
        return whole(text, mayPatch: mayPatch)
    }

    private func whole(_ text: String, mayPatch: Bool = false) -> Result<HookResult, HookFailure> {
        Result { () throws(HookFailure) in
            try WebhookAnswer.result(Array(text.utf8), uid: "u-1", mayPatch: mayPatch)
        }
    }

    @Test func asksAsTheAPIServerDoes() throws {
        let seen = Seen()
        let server = try ScriptedServer { connection in
            while let request = connection.readRequest() {
                seen.add(request)
                connection.answer(
                    #"{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","response":{"uid":"u-1","allowed":true}}"#
                )
            }
        }
        defer { server.stop() }
        let bench = try Workbench()
        for (suffix, separator) in [("", "?"), ("?a=b", "&")] {
            let executor = try bench.executor(.webhook(HTTPRun(url: server.url + suffix)))
            #expect(try bench.ask(executor, milliseconds: 1500).success == HookResult(.pass))
            let line = try #require(seen.all.last?.components(separatedBy: "\r\n").first)
            #expect(line.hasPrefix("POST /review\(suffix)\(separator)timeout=1") && line.hasSuffix("ms HTTP/1.1"))
        }
        let document = try JSONDocument(parsing: seen.body())
        defer { withExtendedLifetime(document) {} }
        #expect(document.root.members.map { $0.key.string ?? "" } == ["kind", "apiVersion", "request"])
        #expect(document.root["request"]?["uid"]?.string == "u-1")
        #expect(document.root["request"]?["object"]?["kind"]?.string == "Pod")
    }

    @Test func denialsAreReadAsTheAPIServerReadsThem() {
        #expect(
            read(#""allowed":false"#).success.map { [$0.message, "\($0.code ?? 0)"] } == [
                "denied without explanation", "400",
            ])
        #expect(read(#""x":1"#).success?.verdict == .deny)
        #expect(read(#""allowed":false,"status":{"reason":"Bad","code":200}"#).success?.message == "Bad")
        let denial = read(#""allowed":false,"status":{"message":"no","reason":"Invalid","code":422}"#).success
        #expect(denial?.message == "no" && denial?.reason == "Invalid" && denial?.code == 422)
        #expect(read(#""allowed":true,"status":{"message":"hidden"}"#).success == HookResult(.pass))
        #expect(read(#""allowed":false,"patch":"W10=","patchType":"JSONPatch""#, mayPatch: true).success?.patch == nil)
    }

    @Test func warningsAnnotationsAndPatchesComeAlong() {
        let result = read(
            #""allowed":true,"warnings":["w"],"auditAnnotations":{"ok":"v","not/ok":"v"},"patchType":"JSONPatch","patch":"W3sib3AiOiJhZGQiLCJwYXRoIjoiL2EifV0=""#,
            mayPatch: true
        ).success
        #expect(result?.warnings == ["w"] && result?.auditAnnotations == [.init("ok", "v")])
        #expect(result?.patch == Array(#"[{"op":"add","path":"/a"}]"#.utf8))
        #expect(
            read(#""allowed":true,"patchType":"JSONPatch","patch":"W10=""#, mayPatch: true).success == HookResult(.pass)
        )
    }

    static let refused: [(response: String, mayPatch: Bool, complaint: String)] = [
        (#""allowed":"yes""#, false, "response.allowed must be true or false"),
        (#""allowed":true,"patchType":"JSONPatch","patch":"W10=""#, false, "only hooks of the mutate phase"),
        (#""allowed":true,"patchType":"JSONPatch""#, false, "only hooks of the mutate phase"),
        (#""allowed":true,"patchType":"JSONPatch""#, true, "response.patch is missing"),
        (#""allowed":true,"patch":"W10=""#, true, "response.patchType is missing"),
        (#""allowed":true,"patchType":"MergePatch","patch":"W10=""#, true, "must be JSONPatch"),
        (#""allowed":true,"patchType":"JSONPatch","patch":"W10""#, true, "must be base64"),
        (#""allowed":true,"patchType":"JSONPatch","patch":"W1==0""#, true, "must be base64"),
        (#""allowed":true,"patchType":"JSONPatch","patch":"e30=""#, true, "must be a list"),
        (#""allowed":true,"patchType":"JSONPatch","patch":"Ww==""#, true, "not JSON"),
        (#""allowed":false,"status":"no""#, false, "response.status must be an object"),
        (#""allowed":false,"status":{"code":"403"}"#, false, "whole number"),
        (#""allowed":true,"warnings":"w""#, false, "list of strings"),
        (#""allowed":true,"warnings":[1]"#, false, "must be a string"),
        (#""allowed":true,"auditAnnotations":[]"#, false, "object of strings"),
    ]

    @Test(arguments: refused) func refusesWithAReason(response: String, mayPatch: Bool, complaint: String) {
        let failure = read(response, mayPatch: mayPatch).failure
        #expect(
            failure?.reason == .contract && failure?.message.contains(complaint) == true,
            "\(failure?.message ?? "accepted")")
    }

    static let envelopes = [
        ("", "not JSON"), ("null", "AdmissionReview"), ("{}", "AdmissionReview"),
        (
            #"{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1beta1","response":{"uid":"u-1"}}"#,
            "admission.k8s.io/v1"
        ),
        (#"{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1"}"#, "no response"),
        (#"{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","response":{"allowed":true}}"#, "uid"),
        (
            #"{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","response":{"uid":"u-2","allowed":true}}"#,
            "uid"
        ),
    ]

    @Test(arguments: envelopes) func refusesAnEnvelopeThatIsNone(text: String, complaint: String) {
        #expect(whole(text).failure?.message.contains(complaint) == true)
    }
}
