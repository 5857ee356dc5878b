import Admission
import JSON
import Policies
import YAML

/// What is asked about: AdmissionReviews as they are, and objects as the requests that would write them.
struct ReviewInput {
    /// What a request is that the command line describes.
    struct Request {
        var operation: ReviewOperation?
        var user = "kubernetes-admin"
        var groups = ["system:authenticated"]
        var old: JSONDocument?
    }

    /// Keeps what the review refers to.
    let document: JSONDocument
    let review: AdmissionReview

    /// The reviews of a file; nil after saying what is wrong with it.
    static func read(_ path: String, _ request: Request) -> [ReviewInput]? {
        guard let documents = documents(path) else { return nil }
        var inputs: [ReviewInput] = []
        for document in documents {
            for node in nodes(document.json.root) {
                do throws(ReviewError) {
                    inputs.append(try ReviewInput(node, request))
                } catch {
                    let position = document.position(of: node)
                    Console.error(path, position.line, position.column, "\(error)")
                    return nil
                }
            }
        }
        return inputs
    }

    /// The documents of a file that are not empty; nil after saying what is wrong with it.
    static func documents(_ path: String) -> [YAMLDocument]? {
        guard let file = InputFile(path) else { return nil }
        var documents: [YAMLDocument] = []
        do throws(YAMLError) {
            var stream = try KubernetesStream(file.bytes)
            while let document = try stream.next() {
                if !document.json.root.isNull { documents.append(document) }
            }
        } catch {
            Console.error(file.name, error.line, error.column, error.message)
            return nil
        }
        return documents
    }

    private static func nodes(_ root: JSONNode) -> [JSONNode] {
        guard root["kind"]?.string?.hasSuffix("List") == true, let items = root["items"], items.isArray else {
            return [root]
        }
        return Array(items.elements)
    }

    private init(_ node: JSONNode, _ request: Request) throws(ReviewError) {
        var builder = JSONBuilder(depthMax: 1 << 16)
        if node["kind"]?.equals("AdmissionReview") == true {
            builder.copy(node)
        } else {
            try Self.build(node, request, &builder)
        }
        do throws(JSONError) { document = try builder.finish() } catch { throw .json(error) }
        review = try AdmissionReview(decoding: document.root)
    }
}

// MARK: objects

extension ReviewInput {
    private static func build(
        _ object: JSONNode, _ request: Request, _ builder: inout JSONBuilder
    ) throws(ReviewError) {
        guard object.isObject else { throw .notAnObject }
        let apiVersion = object["apiVersion"]?.string ?? ""
        let kind = object["kind"]?.string ?? ""
        guard !apiVersion.isEmpty, !kind.isEmpty else { throw .kind }
        let parts = apiVersion.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let (group, version) = parts.count == 2 ? (parts[0], parts[1]) : ("", apiVersion)
        let resource = ResourceNames.plural(of: kind)
        let operation = request.operation ?? (request.old == nil ? .create : .update)
        let name = object["metadata"]?["name"]?.string ?? ""
        builder.beginObject()
        text("kind", "AdmissionReview", &builder)
        text("apiVersion", "admission.k8s.io/v1", &builder)
        builder.key("request")
        builder.beginObject()
        text("uid", "00000000-0000-4000-8000-000000000000", &builder)
        for key in ["kind", "requestKind"] { triple(key, group, version, "kind", kind, &builder) }
        for key in ["resource", "requestResource"] { triple(key, group, version, "resource", resource, &builder) }
        if !name.isEmpty { text("name", name, &builder) }
        let namespace = namespace(object, group: group, version: apiVersion, kind: kind, name: name)
        if !namespace.isEmpty { text("namespace", namespace, &builder) }
        text("operation", operation.name.description, &builder)
        user(request, &builder)
        objects(object, request, operation, &builder)
        builder.key("dryRun")
        builder.bool(false)
        builder.key("options")
        builder.null()
        builder.endObject()
        builder.endObject()
    }

    private static func namespace(
        _ object: JSONNode, group: String, version: String, kind: String, name: String
    ) -> String {
        if kind == "Namespace", group.isEmpty { return name }
        if let namespace = object["metadata"]?["namespace"]?.string, !namespace.isEmpty { return namespace }
        return ResourceNames.isNamespaced(apiVersion: version, kind: kind) ? "default" : ""
    }

    private static func text(_ key: String, _ value: String, _ builder: inout JSONBuilder) {
        builder.key(key)
        builder.string(value)
    }

    private static func triple(
        _ key: String, _ group: String, _ version: String, _ last: String, _ name: String,
        _ builder: inout JSONBuilder
    ) {
        builder.key(key)
        builder.beginObject()
        text("group", group, &builder)
        text("version", version, &builder)
        text(last, name, &builder)
        builder.endObject()
    }

    private static func user(_ request: Request, _ builder: inout JSONBuilder) {
        builder.key("userInfo")
        builder.beginObject()
        text("username", request.user, &builder)
        builder.key("groups")
        builder.beginArray()
        for group in request.groups { builder.string(group) }
        builder.endArray()
        builder.endObject()
    }

    private static func objects(
        _ object: JSONNode, _ request: Request, _ operation: ReviewOperation, _ builder: inout JSONBuilder
    ) {
        builder.key("object")
        if operation == .delete { builder.null() } else { builder.copy(object) }
        builder.key("oldObject")
        if operation == .delete {
            builder.copy(object)
        } else if let old = request.old {
            builder.copy(old.root)
        } else {
            builder.null()
        }
    }
}
