import CELKubernetes
import Policies
import Testing

/// The table of kinds that the program carries.
@Suite struct KindSchemasTests {
    @Test func kindsHaveTypes() throws {
        #expect(KindSchemas.builtIn.kinds.count > 90)
        let deployment = ObjectKind(group: "apps", version: "v1", kind: "Deployment")
        #expect(try KindSchemas.builtIn.types(of: deployment)?.field("spec", of: "Deployment") != nil)
    }

    @Test(arguments: [
        ("", "v1", "Pod"), ("apps", "v1", "Deployment"), ("batch", "v1", "CronJob"), ("", "v1", "Namespace"),
        ("networking.k8s.io", "v1", "NetworkPolicy"), ("rbac.authorization.k8s.io", "v1", "ClusterRole"),
        ("autoscaling", "v2", "HorizontalPodAutoscaler"), ("apiextensions.k8s.io", "v1", "CustomResourceDefinition"),
    ])
    func knowsWhatClustersRun(group: String, version: String, kind: String) {
        #expect(KindSchemas.builtIn.definition(of: ObjectKind(group: group, version: version, kind: kind)) != nil)
    }

    /// Lists and options are never the object of a request.
    @Test func knowsNoLists() {
        let kinds = KindSchemas.builtIn.kinds
        #expect(!kinds.contains { $0.kind.hasSuffix("List") || $0.kind == "DeleteOptions" })
    }
}
