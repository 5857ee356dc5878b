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
        /// The objects as they were. A single one is that of every request; of several each belongs to the object of its
        /// kind and name.
        var old: [ReviewItem] = []
        /// What is known of kinds that are not built in.
        var rules = PolicySet.empty

        func old(of item: ReviewItem) -> ReviewItem? {
            old.count == 1 ? old[0] : old.first { $0.isSame(as: item) }
        }
    }

    /// Keeps what the review refers to.
    let document: JSONDocument
    let review: AdmissionReview

    /// The reviews of a file. What cannot be used is said, and `isWhole` is false; the rest is there.
    static func read(_ path: String, _ request: Request) -> (inputs: [ReviewInput], isWhole: Bool) {
        guard let file = InputFile(path) else { return ([], false) }
        let (documents, isReadable) = documents(file)
        var isWhole = isReadable
        var inputs: [ReviewInput] = []
        for document in documents {
            for item in ReviewItem.items(document) {
                do throws(ReviewInputError) {
                    inputs.append(try ReviewInput(item, request))
                } catch {
                    isWhole = false
                    let position = document.position(of: item.node)
                    Console.error(file.name, position.line, position.column, error.description)
                }
            }
        }
        return (inputs, isWhole)
    }

    /// The objects of a file; nil after saying what is wrong with it.
    static func items(_ path: String) -> [ReviewItem]? {
        guard let file = InputFile(path) else { return nil }
        let (documents, isWhole) = documents(file)
        return isWhole ? documents.flatMap(ReviewItem.items) : nil
    }

    /// The documents of a file that are not empty. What cannot be read is said, and `isWhole` is false.
    static func documents(_ file: InputFile) -> (documents: [YAMLDocument], isWhole: Bool) {
        var documents: [YAMLDocument] = []
        var isWhole = true
        func fail(_ error: YAMLError) {
            isWhole = false
            Console.error(file.name, error.line, error.column, error.message)
        }
        do throws(YAMLError) {
            var stream = try KubernetesStream(file.bytes)
            while true {
                do throws(YAMLError) {
                    guard let document = try stream.next() else { break }
                    if !document.json.root.isNull { documents.append(document) }
                } catch {
                    fail(error)
                }
            }
        } catch {
            fail(error)
        }
        return (documents, isWhole)
    }

    private init(_ item: ReviewItem, _ request: Request) throws(ReviewInputError) {
        var builder = JSONBuilder(depthMax: 1 << 16)
        if item.kind == "AdmissionReview" {
            Self.copy(review: item.node, &builder)
        } else {
            try Self.build(item, request, &builder)
        }
        do throws(JSONError) { document = try builder.finish() } catch { throw .review(.json(error)) }
        do throws(ReviewError) { review = try AdmissionReview(decoding: document.root) } catch { throw .review(error) }
    }

    /// What a review is called that nobody gave a name: people who write one by hand have no use for it.
    private static let uid = "00000000-0000-4000-8000-000000000000"

    private static func copy(review: JSONNode, _ builder: inout JSONBuilder) {
        guard let request = review["request"], request.isObject, request["uid"].map(\.isNull) ?? true else {
            return builder.copy(review)
        }
        builder.beginObject()
        for member in review.members {
            builder.key(member.key.string ?? "")
            guard member.key.equals("request") else {
                builder.copy(member.value)
                continue
            }
            builder.beginObject()
            text("uid", uid, &builder)
            for member in request.members where !member.key.equals("uid") {
                builder.key(member.key.string ?? "")
                builder.copy(member.value)
            }
            builder.endObject()
        }
        builder.endObject()
    }
}

/// Why something in a file is not to be asked about.
enum ReviewInputError: Error {
    case notAnObject
    case unnamed(String)
    case review(ReviewError)

    var description: String {
        switch self {
        case .notAnObject: "must be an object or an AdmissionReview"
        case .unnamed(let field): "an object must have \(field)"
        case .review(let error): error.description
        }
    }
}

/// An object of a file. Those of a list may leave out what the list says of them.
struct ReviewItem {
    /// Keeps the node.
    private let document: JSONDocument
    let node: JSONNode
    let apiVersion: String
    let kind: String

    private static let listDepthMax = 4

    /// What is in a document, lists and arrays taken apart.
    static func items(_ document: YAMLDocument) -> [ReviewItem] {
        items(document.json, document.json.root, apiVersion: "", kind: "", depth: 0)
    }

    private static func items(
        _ document: JSONDocument, _ node: JSONNode, apiVersion: String, kind: String, depth: Int
    ) -> [ReviewItem] {
        let apiVersion = node["apiVersion"]?.string ?? apiVersion
        let kind = node["kind"]?.string ?? kind
        let list = node.isArray ? node : kind.hasSuffix("List") ? node["items"] : nil
        guard let list, list.isArray, depth < listDepthMax else {
            return [ReviewItem(document: document, node: node, apiVersion: apiVersion, kind: kind)]
        }
        // The items of a `PodList` need not say that they are pods; those of a `List` must.
        let isTyped = kind.hasSuffix("List") && kind != "List"
        return list.elements.flatMap {
            items(
                document, $0, apiVersion: isTyped ? apiVersion : "", kind: isTyped ? String(kind.dropLast(4)) : "",
                depth: depth + 1)
        }
    }

    var name: String { node["metadata"]?["name"]?.string ?? "" }
    var namespace: String { node["metadata"]?["namespace"]?.string ?? "" }

    func isSame(as other: ReviewItem) -> Bool {
        apiVersion == other.apiVersion && kind == other.kind && name == other.name && namespace == other.namespace
    }

    /// Writes the object, with what only its list says of it.
    func write(to builder: inout JSONBuilder) {
        if node["apiVersion"] != nil, node["kind"] != nil { return builder.copy(node) }
        builder.beginObject()
        for (key, value) in [("apiVersion", apiVersion), ("kind", kind)] {
            builder.key(key)
            builder.string(value)
        }
        for member in node.members where !member.key.equals("apiVersion") && !member.key.equals("kind") {
            builder.key(member.key.string ?? "")
            builder.copy(member.value)
        }
        builder.endObject()
    }
}

// MARK: objects

extension ReviewInput {
    private static func build(
        _ item: ReviewItem, _ request: Request, _ builder: inout JSONBuilder
    ) throws(ReviewInputError) {
        guard item.node.isObject else { throw .notAnObject }
        let (apiVersion, kind, name) = (item.apiVersion, item.kind, item.name)
        if apiVersion.isEmpty { throw .unnamed("apiVersion") }
        if kind.isEmpty { throw .unnamed("kind") }
        let parts = apiVersion.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let (group, version) = parts.count == 2 ? (parts[0], parts[1]) : ("", apiVersion)
        let definition = request.rules.definition(apiVersion: apiVersion, kind: kind)
        let resource = definition?.resource ?? ResourceNames.plural(of: kind)
        let isNamespaced =
            definition?.isNamespaced ?? ResourceNames.isNamespaced(apiVersion: apiVersion, kind: kind)
        let old = request.old(of: item)
        let operation = request.operation ?? (old == nil ? .create : .update)
        builder.beginObject()
        text("kind", "AdmissionReview", &builder)
        text("apiVersion", "admission.k8s.io/v1", &builder)
        builder.key("request")
        builder.beginObject()
        text("uid", uid, &builder)
        for key in ["kind", "requestKind"] { triple(key, group, version, "kind", kind, &builder) }
        for key in ["resource", "requestResource"] { triple(key, group, version, "resource", resource, &builder) }
        if !name.isEmpty { text("name", name, &builder) }
        let namespace =
            kind == "Namespace" && group.isEmpty
            ? name : item.namespace.isEmpty && isNamespaced ? "default" : item.namespace
        if !namespace.isEmpty { text("namespace", namespace, &builder) }
        text("operation", operation.name.description, &builder)
        user(request, &builder)
        objects(item, old, operation, &builder)
        builder.key("dryRun")
        builder.bool(false)
        builder.key("options")
        builder.null()
        builder.endObject()
        builder.endObject()
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

    /// What is deleted is the old object: as it was if that is given, else as it is.
    private static func objects(
        _ item: ReviewItem, _ old: ReviewItem?, _ operation: ReviewOperation, _ builder: inout JSONBuilder
    ) {
        builder.key("object")
        if operation == .delete { builder.null() } else { item.write(to: &builder) }
        builder.key("oldObject")
        if let old = operation == .delete ? old ?? item : old { old.write(to: &builder) } else { builder.null() }
    }
}
