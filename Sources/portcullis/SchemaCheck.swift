import CELKubernetes
import JSON
import Policies
import YAML

/// Objects held to the schemas of their kinds, as an API server with strict field validation holds them.
struct SchemaCheck {
    private(set) var objects = 0
    private(set) var status = ExitStatus.fine
    private let schemas: KindSchemas

    /// With the built-in kinds, and those that definitions among the files add.
    init(_ files: [InputFile]) {
        var custom: [JSONNode] = []
        var documents: [[YAMLDocument]] = []
        for file in files {
            let (found, isWhole) = ReviewInput.documents(file)
            if !isWhole { status = .bad }
            documents.append(found)
            for document in found { custom += Self.parts(of: document.json.root) }
        }
        schemas = KindSchemas.withCustomKinds(custom)
        for (file, found) in zip(files, documents) {
            for document in found {
                for object in Self.parts(of: document.json.root) { check(object, document, file.name) }
            }
        }
    }

    /// A list stands for its items.
    private static func parts(of node: JSONNode) -> [JSONNode] {
        guard node["kind"]?.equals("List") == true, let items = node["items"], items.isArray else { return [node] }
        return items.elements.map { $0 }
    }

    private mutating func check(_ object: JSONNode, _ document: YAMLDocument, _ file: String) {
        objects += 1
        guard let kind = Self.kind(of: object) else {
            return complain(file, document, object, "an object must have apiVersion and kind")
        }
        guard let misfits = schemas.misfits(of: object, as: kind) else {
            let version = object["apiVersion"]?.string ?? ""
            return complain(file, document, object, "unknown kind \(kind.kind) of \(version)")
        }
        for misfit in misfits { complain(file, document, misfit.node, misfit.description) }
    }

    private mutating func complain(_ file: String, _ document: YAMLDocument, _ node: JSONNode, _ message: String) {
        status = status.or(.bad)
        let place = document.position(of: node)
        Console.error(file, place.line, place.column, message)
    }

    private static func kind(of object: JSONNode) -> ObjectKind? {
        guard object.isObject, let version = object["apiVersion"]?.string, let kind = object["kind"]?.string else {
            return nil
        }
        let parts = version.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        return ObjectKind(group: parts.count == 2 ? parts[0] : "", version: parts[parts.count - 1], kind: kind)
    }
}
