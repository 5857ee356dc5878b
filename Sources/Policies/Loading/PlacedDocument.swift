package import JSON
package import YAML

/// A document of a file, and where everything in it stands.
package struct PlacedDocument: Sendable {
    package let file: String
    /// Keeps the root.
    package let document: YAMLDocument
    package let root: JSONNode
    /// The kind and the name.
    package let title: String
    package let kind: String

    package init(file: String, document: YAMLDocument, root: JSONNode, title: String, kind: String) {
        (self.file, self.document, self.root, self.title, self.kind) = (file, document, root, title, kind)
    }

    /// Something that is wrong with it.
    package func problem(
        _ message: String, at node: JSONNode, path: String, severity: RuleProblem.Severity
    ) -> RuleProblem {
        let position = document.position(of: node)
        return RuleProblem(
            file: file, line: position.line, column: position.column, severity: severity, message: message, path: path,
            document: title)
    }
}
