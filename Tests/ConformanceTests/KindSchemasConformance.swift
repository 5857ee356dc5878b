import CEL
import CELKubernetes
import Foundation
import JSON
import TestSupport
import Testing

/// The schemas of every built-in kind, as an API server publishes them.
@Suite struct KindSchemasConformance {
    private static func kinds() throws -> KindSchemas? {
        guard let folder = try Corpus.need("openapi")?.appendingPathComponent("openapi") else { return nil }
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".json") }
        return KindSchemas(
            try files.sorted().map {
                try JSONDocument(parsing: [UInt8](Data(contentsOf: folder.appendingPathComponent($0))))
            })
    }

    private static func environment(_ schemas: KindSchemas, _ kind: ObjectKind) throws -> (Environment, AdmissionTypes)
    {
        let types = AdmissionTypes(
            object: try schemas.types(of: kind),
            params: try schemas.types(of: ObjectKind(group: "", version: "v1", kind: "ConfigMap")))
        return (.admission(AdmissionVariables(hasParams: true, hasAuthorizer: true), types: types), types)
    }

    @Test func everyKindHasTypes() throws {
        guard let schemas = try Self.kinds() else { return }
        #expect(schemas.kinds.count > 100)
        for kind in schemas.kinds {
            let types = try #require(try schemas.types(of: kind), "\(kind)")
            #expect(types.hasObject(kind.kind), "\(kind)")
        }
    }

    @Test func checksExpressionsAboutBuiltInKinds() throws {
        guard let schemas = try Self.kinds() else { return }
        let deployment = ObjectKind(group: "apps", version: "v1", kind: "Deployment")
        let (environment, _) = try Self.environment(schemas, deployment)
        for expression in [
            "object.spec.replicas <= 5 && oldObject.metadata.name == object.metadata.name",
            "object.spec.template.spec.containers.all(c, c.image.startsWith('registry/') && !has(c.securityContext))",
            "object.metadata.labels['app'] == params.data['app'] && request.operation == 'CREATE'",
            "object.spec.template.spec.containers[0].ports.exists(p, p.containerPort == 80)",
            "type(object.spec.strategy.rollingUpdate.maxSurge) == string || namespaceObject.metadata.name == 'a'",
            "object.metadata.creationTimestamp > timestamp('2020-01-01T00:00:00Z')",
        ] {
            if case .failure(let failure) = environment.compile(expression) { Issue.record("\(failure)") }
        }
        for (expression, message) in [
            ("object.foo > 1", "undefined field 'foo'"),
            ("object.spec.containers.size() > 0", "undefined field 'containers'"),
            ("object.spec.replicas == 'five'", "found no matching overload for '_==_' applied to '(int, string)'"),
            ("params.spec", "undefined field 'spec'"), ("request.object", "undefined field 'object'"),
        ] {
            guard case .failure(let failure) = environment.compile(expression) else {
                Issue.record("\(expression) is sound")
                continue
            }
            #expect(failure.messages.contains { $0.contains(message) }, "\(failure)")
        }
    }

    @Test func definitionsThatHoldThemselvesEnd() throws {
        guard let schemas = try Self.kinds() else { return }
        let kind = ObjectKind(group: "apiextensions.k8s.io", version: "v1", kind: "CustomResourceDefinition")
        let (environment, _) = try Self.environment(schemas, kind)
        let schema = "object.spec.versions.all(v, v.schema.openAPIV3Schema"
        guard case .success = environment.compile("\(schema).type == 'object')") else {
            Issue.record("the schema of a schema has no type")
            return
        }
        // Within itself it is an object of which nothing is known.
        guard case .failure(let failure) = environment.compile("\(schema).properties['a'].type == 'object')") else {
            Issue.record("a schema within a schema has fields")
            return
        }
        #expect(failure.messages == ["undefined field 'type'"])
    }

    @Test func sizesOfBuiltInKindsBoundCosts() throws {
        guard let schemas = try Self.kinds() else { return }
        let (environment, types) = try Self.environment(schemas, ObjectKind(group: "", version: "v1", kind: "Pod"))
        let checked = try environment.compile("object.spec.containers.all(c, c.image.contains('x'))").get()
        let bounded = checked.estimatedCost(types.costs).max
        #expect(bounded > 1_000_000 && bounded < checked.estimatedCost(KubernetesCosts()).max)
    }

    @Test func saysWhichReferenceLeadsNowhere() throws {
        let text = """
            {"components": {"schemas": {"A": {"type": "object", "x-kubernetes-group-version-kind":
             [{"group": "g", "version": "v1", "kind": "A"}], "properties": {"b": {"$ref": "#/components/schemas/B"}}}}}}
            """
        let schemas = KindSchemas([try JSONDocument(parsing: text)])
        let error = try #require(throws: SchemaError.self) { _ = try schemas.types(of: schemas.kinds[0]) }
        #expect(error.description == "schema at .properties[b].$ref: there is no #/components/schemas/B")
    }
}
