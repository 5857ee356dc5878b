import CEL
import CELKubernetes
import Foundation
import JSON
import TestSupport
import Testing

/// The rules of custom resources as they run without a schema: on plain JSON, all of it dynamic.
@Suite struct CELSchemalessConformance {
    @Test(arguments: ["crd/rules", "cost/crd-runtime"]) func rulesOfCustomResources(file: String) throws {
        guard let folder = try Corpus.need("k8s-cel/\(file).json") else { return }
        var failures: [String] = []
        let cases = try CELKubernetesConformance.cases("k8s-cel/\(file).json", in: folder)
        for test in cases {
            guard let rule = test["rule"] as? String, let outcome = test["schemaless"] as? [String: Any] else {
                continue
            }
            var variables = ["self": test["obj"] ?? NSNull()]
            variables["oldSelf"] = test["oldObj"]
            var costs: [String: Any] = [:]
            costs["runtime"] = outcome["cost"]
            costs["runtime_until_error"] = outcome["cost"]
            var parsed = try #require(KubernetesCase(["expr": rule, "k8s": outcome, "k8s_cost": costs]))
            for name in variables.keys.sorted() { parsed.environment.declare(name, .dyn) }
            let context = try JSONSerialization.data(withJSONObject: variables)
            parsed.context = try JSONDocument(parsing: [UInt8](context))
            if let failure = parsed.failure() { failures.append("\(test["name"] ?? ""): \(failure)") }
        }
        #expect(!cases.isEmpty)
        #expect(failures.isEmpty, "\(failures.count) of \(cases.count):\n\(failures.joined(separator: "\n"))")
    }
}
