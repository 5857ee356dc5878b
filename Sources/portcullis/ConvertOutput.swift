import JSON
import YAML

/// Documents as they are printed: JSON values one after the other, YAML documents with `---` between them.
struct ConvertOutput: ~Copyable {
    private let isCompact: Bool
    private var json = JSONWriter()
    private var yaml = YAMLWriter()
    private var bytes: [UInt8] = []
    private var yamlDocuments = 0

    init(isCompact: Bool) { self.isCompact = isCompact }

    mutating func add(_ document: JSONDocument, as format: ConvertCommand.Format) {
        switch format {
        case .json: addJSON(document)
        case .yaml: addYAML(document)
        }
    }

    private mutating func addJSON(_ document: JSONDocument) {
        json.reset()
        if isCompact { json.node(document.root) } else { json.node(document.root, indent: 2) }
        bytes += json.bytes
        bytes.append(0x0A)
    }

    private mutating func addYAML(_ document: JSONDocument) {
        yaml.reset()
        if yamlDocuments > 0 { bytes += "---\n".utf8 }
        yamlDocuments += 1
        yaml.write(document.root)
        bytes += yaml.bytes
    }

    /// Prints what was added so far.
    mutating func flush() {
        Console.print(bytes)
        bytes.removeAll(keepingCapacity: true)
    }
}
