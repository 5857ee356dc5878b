import Foundation
import Testing

/// What `portcullis review` may be asked about: each input is told as the rule below sees the request.
@Suite struct ReviewInputTests {
    private static let rules = #"""
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicy
        metadata: {name: p}
        spec:
          matchConstraints:
            resourceRules:
            - {apiGroups: ["*"], apiVersions: ["*"], operations: ["*"], resources: ["*/*"]}
          validations:
          - expression: "false"
            messageExpression: >-
              '<' + [request.operation, request.resource.resource, string(request.?subResource.orValue('')),
              string(request.?name.orValue('-')), object == null ? '-' : string(object.kind),
              oldObject == null ? '-' : string(oldObject.kind), string(request.?dryRun.orValue(false)),
              object == null ? '' : string(object.?metadata.?labels.?a.orValue(''))].join(' ').trim() + '>'
        ---
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicyBinding
        metadata: {name: b}
        spec: {policyName: p, validationActions: [Deny]}
        """#

    private static let pod = #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x","labels":{"a":"b\/c"}}}"#

    private static func review(_ request: String, _ version: String = "v1") -> String {
        let pod = #"{"group":"","version":"v1","kind":"Pod"}"#
        let pods = #"{"group":"","version":"v1","resource":"pods"}"#
        return #"{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/"# + version
            + #"","request":{"kind":\#(pod),"resource":\#(pods),"userInfo":{"username":"me"},"# + request + "}}"
    }

    /// The messages of all answers, and everything that was said beside them.
    private static func ask(
        _ files: [(name: String, text: String)], _ options: [String] = []
    ) throws -> (seen: [String], errors: String, status: Int32) {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("portcullis-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, text) in files + [("rules.yaml", rules)] {
            try Data(text.utf8).write(to: folder.appendingPathComponent(name))
        }
        func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
        let options = options.map { $0.hasPrefix("@") ? path(String($0.dropFirst())) : $0 }
        let outcome = try BuiltBinary.run(
            ["review", "-f", path(files[0].name), "--rules", path("rules.yaml"), "-o", "review"] + options)
        let seen = outcome.output.split(separator: "\n").map { line in
            String(line.split(separator: "<").dropFirst().first?.prefix { $0 != ">" } ?? "?")
        }
        return (seen, outcome.errors.replacingOccurrences(of: folder.path + "/", with: ""), outcome.status)
    }

    @Test(arguments: [
        (
            "two.yaml",
            "{apiVersion: v1, kind: Pod, metadata: {name: x}}\n---\n\n---\n{apiVersion: v1, kind: Node, metadata: {name: node}}\n",
            ["CREATE pods  x Pod - false", "CREATE nodes  node Node - false"]
        ),
        (
            "crlf.yaml", "\u{FEFF}apiVersion: v1\r\nkind: Pod\r\nmetadata:\r\n  name: x\r\n",
            ["CREATE pods  x Pod - false"]
        ),
        ("one.json", pod, ["CREATE pods  x Pod - false b/c"]),
        ("mark.json", "\u{FEFF}" + pod, ["CREATE pods  x Pod - false b/c"]),
        ("stream.json", pod + "\n" + pod + pod, Array(repeating: "CREATE pods  x Pod - false b/c", count: 3)),
        ("array.json", "[\(pod), \(pod)]", Array(repeating: "CREATE pods  x Pod - false b/c", count: 2)),
        (
            "list.json", #"{"apiVersion":"v1","kind":"List","items":[\#(pod),{"kind":"List","items":[\#(pod)]}]}"#,
            Array(repeating: "CREATE pods  x Pod - false b/c", count: 2)
        ),
        ("pods.yaml", "apiVersion: v1\nkind: PodList\nitems:\n- metadata: {name: x}\n", ["CREATE pods  x Pod - false"]),
        ("empty.yaml", "# nothing\n---\n", []),
        (
            "beta.json", review(#""uid":"1","operation":"DELETE","name":"x","oldObject":\#(pod)"#, "v1beta1"),
            ["DELETE pods  x - Pod false"]
        ),
        ("nameless.json", review(#""operation":"CREATE","object":\#(pod)"#), ["CREATE pods  - Pod - false b/c"]),
        (
            "exec.json", review(#""uid":"1","operation":"CONNECT","subResource":"exec","name":"x","dryRun":true"#),
            ["CONNECT pods exec x - - true"]
        ),
    ])
    func readsWhatPeopleHave(_ name: String, _ text: String, _ expected: [String]) throws {
        let (seen, errors, status) = try Self.ask([(name, text)])
        #expect(seen == expected)
        #expect(errors.isEmpty)
        #expect(status == (expected.isEmpty ? 0 : 1))
    }

    @Test func objectsAreComparedWithThoseOfTheirNames() throws {
        let new =
            "{apiVersion: v1, kind: Pod, metadata: {name: a}}\n---\n{apiVersion: v1, kind: Pod, metadata: {name: b}}"
        let old =
            "{apiVersion: v1, kind: Pod, metadata: {name: b}}\n---\n{apiVersion: v1, kind: Pod, metadata: {name: c}}"
        let two = try Self.ask([("new.yaml", new), ("old.yaml", old)], ["--old", "@old.yaml"])
        #expect(two.seen == ["CREATE pods  a Pod - false", "UPDATE pods  b Pod Pod false"])
        let one = try Self.ask([("new.yaml", new), ("old.yaml", Self.pod)], ["--old", "@old.yaml"])
        #expect(one.seen == ["UPDATE pods  a Pod Pod false", "UPDATE pods  b Pod Pod false"])
        let deleted = try Self.ask([("new.yaml", Self.pod)], ["--operation", "delete"])
        #expect(deleted.seen == ["DELETE pods  x - Pod false"])
    }

    @Test func kindsAreCalledAsTheirDefinitionsSay() throws {
        let definition = """
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: oxen.example.com}
            spec:
              group: example.com
              scope: Namespaced
              names: {kind: Ox, plural: oxen}
              versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
            """
        let ox = "{apiVersion: example.com/v1, kind: Ox, metadata: {name: x}}"
        let seen = try Self.ask([("ox.yaml", ox), ("crd.yaml", definition)], ["--context", "@crd.yaml"]).seen
        #expect(seen == ["CREATE oxen  x Ox - false"])
    }

    /// What cannot be used is told with its place; what stands before and after it is answered.
    @Test(arguments: [
        ("kind: Pod", "f.yaml:3:1: error: an object must have apiVersion\n"),
        ("apiVersion: v1", "f.yaml:3:1: error: an object must have kind\n"),
        ("just a text", "f.yaml:3:1: error: must be an object or an AdmissionReview\n"),
        ("{kind: AdmissionReview, apiVersion: v2}", "apiVersion is neither admission.k8s.io/v1 nor"),
        ("a: [", "f.yaml:"),
    ])
    func answersAroundWhatCannotBeUsed(_ bad: String, _ message: String) throws {
        let good = "{apiVersion: v1, kind: Pod, metadata: {name: x}}"
        let (seen, errors, status) = try Self.ask([("f.yaml", "\(good)\n---\n\(bad)\n---\n\(good)\n")])
        #expect(seen == ["CREATE pods  x Pod - false", "CREATE pods  x Pod - false"])
        #expect(errors.contains(message))
        #expect(status == 2)
    }
}
