import Admission
import Foundation
import HTTP
import JSON
import TestSupport
import Testing

/// The ten checks once more, over Foundation's objects, as the webhook that they are measured against has them.
private func violations(_ pod: Any?) -> [String] {
    func child(_ value: Any?, _ key: String) -> Any? { (value as? [String: Any])?[key] }
    func isTrue(_ value: Any?) -> Bool { (value as? NSNumber).map { $0 === kCFBooleanTrueNumber } ?? false }
    var bad: [String] = []
    let spec = child(pod, "spec")
    for key in ["hostNetwork", "hostPID", "hostIPC"] where isTrue(child(spec, key)) {
        bad.append("\(key) is not allowed")
    }
    if child(child(child(pod, "metadata"), "labels"), "app") == nil { bad.append("label app is required") }
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        for container in child(spec, list) as? [Any] ?? [] where container is [String: Any] {
            let name = child(container, "name") as? String ?? ""
            let security = child(container, "securityContext")
            if isTrue(child(security, "privileged")) { bad.append("\(name): privileged") }
            if isTrue(child(security, "allowPrivilegeEscalation")) { bad.append("\(name): allowPrivilegeEscalation") }
            let image = child(container, "image") as? String ?? ""
            if image.hasSuffix(":latest") { bad.append("\(name): image tag latest") }
            if image.hasPrefix("untrusted.example/") { bad.append("\(name): untrusted registry") }
            for port in child(container, "ports") as? [Any] ?? [] {
                let number = child(port, "hostPort") as? NSNumber
                if let number, !isBool(number), number.doubleValue != 0 { bad.append("\(name): hostPort") }
            }
        }
    }
    for volume in child(spec, "volumes") as? [Any] ?? [] {
        if let path = child(volume, "hostPath"), !(path is NSNull) { bad.append("hostPath volume") }
    }
    return bad
}

private let kCFBooleanTrueNumber = NSNumber(value: true)
private func isBool(_ number: NSNumber) -> Bool { String(cString: number.objCType) == "c" }

@Suite struct PodCheckTests {
    /// What the built-in hooks of that name answer.
    static func response(_ body: [UInt8], _ hook: String, _ phase: ReviewPhase) throws -> [String: Any] {
        let registry = BuiltinRegistry()
        let pipeline = BuiltinPipeline([try #require(registry[hook])])
        var response = ReviewResponse()
        var writer = JSONWriter()
        var scratch = ByteBuffer()
        var exchange = NoExchange()
        try Reading.with(body) { review in
            let question = ReviewQuestion(review: review, phase: phase, arrival: 0, deadline: 1)
            let progress = pipeline.handle(question, &response, &exchange)
            #expect(progress == .answered)
            _ = response.write(for: review, to: &writer, scratch: &scratch)
        }
        return try Reading.response(writer.bytes)
    }

    private func check(_ body: [UInt8], _ name: String) throws {
        let pod = (try Reading.object(body)["request"] as? [String: Any])?["object"]
        let expected = violations(pod)
        let response = try Self.response(body, "benchmark-pod-checks", .validate)
        let status = response["status"] as? [String: Any]
        #expect(response["allowed"] as? Bool == expected.isEmpty, "\(name)")
        #expect(status?["message"] as? String == (expected.isEmpty ? nil : expected.joined(separator: "; ")), "\(name)")
        #expect(status?["code"] as? Int == (expected.isEmpty ? nil : 403), "\(name)")
    }

    @Test(arguments: ["reviews", "reviews-real"]) func reviewsGetTheSameVerdict(folder: String) throws {
        for (name, body) in try CorpusReviewTests.files(folder) { try check(body, name) }
    }

    @Test(arguments: 0..<100) func randomPodsGetTheSameVerdict(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let pod = Self.pod(&random)
        let body = Reading.minimal.replacing("\"CREATE\"", with: "\"CREATE\",\"object\":\(pod)")
        try check(Array(body.utf8), pod)
    }

    private static func pod(_ random: inout SeededRandom) -> String {
        func flag() -> String { random.pick(["true", "false", "null", "\"true\"", "1"]) }
        func containers() -> String {
            let list = (0..<random.below(3)).map { number in
                let image = random.pick([
                    "a:latest", "untrusted.example/x", "untrusted.example/x:\\u006catest", "x", ":latest",
                ])
                let port = random.pick(["0", "80", "1.5", "-0.0", "null", "\"80\"", "true"])
                return random.oneIn(9)
                    ? "7"
                    : #"{"name":"\u0063\#(number)","image":"\#(image)","securityContext":{"privileged":\#(flag()),"#
                        + #""allowPrivilegeEscalation":\#(flag())},"ports":[{"hostPort":\#(port)},3]}"#
            }
            return random.oneIn(6) ? flag() : "[\(list.joined(separator: ","))]"
        }
        let labels = random.pick([#"{"app":null}"#, #"{"app":"x"}"#, "{}", "null", #""app""#])
        let volumes = random.pick(["[]", #"[{"hostPath":{}},{"hostPath":null},4]"#, "null", "{}"])
        return #"{"metadata":{"labels":\#(labels)},"spec":{"hostNetwork":\#(flag()),"hostPID":\#(flag()),"#
            + #""hostIPC":\#(flag()),"containers":\#(containers()),"initContainers":\#(containers()),"#
            + #""ephemeralContainers":\#(containers()),"volumes":\#(volumes)}}"#
    }

    @Test func aPodWithoutResourcesIsPatched() throws {
        let pod = #"{"metadata":{},"spec":{"containers":[{"resources":{}},{"resources":null},7,{}]}}"#
        let body = Reading.minimal.replacing("\"CREATE\"", with: "\"CREATE\",\"object\":\(pod)")
        let response = try Self.response(Array(body.utf8), "benchmark-pod-defaults", .mutate)
        let patch = String(decoding: Data(base64Encoded: response["patch"] as? String ?? "") ?? Data(), as: UTF8.self)
        let resources = #""value":{"requests":{"cpu":"10m","memory":"16Mi"}}}"#
        #expect(
            patch == #"[{"op":"add","path":"/metadata/labels","value":{"portcullis":"seen"}},"#
                + #"{"op":"add","path":"/spec/containers/1/resources",\#(resources),"#
                + #"{"op":"add","path":"/spec/containers/3/resources",\#(resources)]"#)
    }

    @Test func hooksSpeakAtTheirOwnEndpointOnly() throws {
        let body = Array(Reading.minimal.utf8)
        #expect(try Self.response(body, "benchmark-pod-checks", .mutate)["allowed"] as? Bool == true)
        #expect(try Self.response(body, "benchmark-pod-defaults", .validate)["patch"] == nil)
        #expect(try Self.response(body, "allow-all", .validate)["allowed"] as? Bool == true)
    }

    @Test func theRegistryKnowsItsNames() {
        var registry = BuiltinRegistry()
        registry.register(AllowAll())
        #expect(Set(registry.names) == ["allow-all", "benchmark-pod-checks", "benchmark-pod-defaults"])
        #expect(registry["nothing"] == nil)
    }
}
