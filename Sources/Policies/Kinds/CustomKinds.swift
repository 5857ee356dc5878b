import CELKubernetes
import JSON

/// The kinds that CustomResourceDefinitions among the documents define, as an API server would publish them.
enum CustomKinds {
    private static let metadata = "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"

    /// The schemas of all kinds; nil where no document defines one.
    static func schemas(of objects: [(kind: ParamKind, node: JSONNode)]) -> KindSchemas? {
        schemas(of: objects.filter { $0.kind.kind == "CustomResourceDefinition" }.map(\.node))
    }

    /// The schemas of all kinds with those of these definitions; nil where they define none.
    static func schemas(of definitions: [JSONNode]) -> KindSchemas? {
        var builder = JSONBuilder()
        builder.beginObject()
        builder.key("components")
        builder.beginObject()
        builder.key("schemas")
        builder.beginObject()
        var names: Set<String> = []
        for definition in definitions { add(definition, &names, to: &builder) }
        for _ in 0..<3 { builder.endObject() }
        guard !names.isEmpty else { return nil }
        do throws(JSONError) {
            return KindSchemas([try builder.finish(), KindSchemas.builtInDigest])
        } catch {
            return nil
        }
    }

    private static func add(_ definition: JSONNode, _ names: inout Set<String>, to builder: inout JSONBuilder) {
        guard let spec = definition["spec"], let group = spec["group"]?.string,
            let kind = spec["names"]?["kind"]?.string
        else { return }
        for version in spec["versions"]?.elements.map({ $0 }) ?? [] {
            guard let name = version["name"]?.string, let schema = version["schema"]?["openAPIV3Schema"],
                schema.isObject, names.insert("\(group).\(name).\(kind)").inserted
            else { continue }
            builder.key("\(group).\(name).\(kind)")
            write(schema, ObjectKind(group: group, version: name, kind: kind), to: &builder)
        }
    }

    /// A kind's schema, with what every object has.
    private static func write(_ schema: JSONNode, _ kind: ObjectKind, to builder: inout JSONBuilder) {
        builder.beginObject()
        for member in schema.members where !member.key.equals("properties") {
            builder.key(member.key.string ?? "")
            builder.copy(member.value)
        }
        builder.key("x-kubernetes-group-version-kind")
        builder.beginArray()
        builder.beginObject()
        for (key, value) in [("group", kind.group), ("version", kind.version), ("kind", kind.kind)] {
            builder.key(key)
            builder.string(value)
        }
        builder.endObject()
        builder.endArray()
        builder.key("properties")
        builder.beginObject()
        writeProperties(schema["properties"], to: &builder)
        builder.endObject()
        builder.endObject()
    }

    private static func writeProperties(_ properties: JSONNode?, to builder: inout JSONBuilder) {
        for name: StaticString in ["apiVersion", "kind"] {
            builder.key(name)
            builder.beginObject()
            builder.key("type")
            builder.string("string")
            builder.endObject()
        }
        builder.key("metadata")
        builder.beginObject()
        builder.key("$ref")
        builder.string(metadata)
        builder.endObject()
        for member in properties?.members.map({ $0 }) ?? [] {
            let name = member.key.string ?? ""
            if ["apiVersion", "kind", "metadata"].contains(name) { continue }
            builder.key(name)
            builder.copy(member.value)
        }
    }
}
