internal import JSON
internal import Reactor
internal import YAML

/// One kubeconfig as it lies there.
struct KubeconfigFile {
    let path: String
    let document: YAMLDocument

    init(_ path: String) throws(ClusterError) {
        self.path = path
        let bytes: [UInt8]
        do throws(SystemError) { bytes = try WholeFile.read(path, bytesMax: 8 << 20) } catch {
            throw ClusterError(.configuration, "the kubeconfig cannot be read: \(error)")
        }
        let first: YAMLDocument?
        do throws(YAMLError) {
            var stream = try KubernetesStream(bytes)
            first = try stream.next()
        } catch {
            throw ClusterError(.configuration, "\(path):\(error.line):\(error.column): \(error.message)")
        }
        guard let first, first.json.withRoot({ $0.isObject }) else {
            throw ClusterError(.configuration, "\(path): this is no kubeconfig: it holds no mapping")
        }
        document = first
    }

    /// A word at the top of the file; nil where it is absent or empty.
    func text(_ key: StaticString) -> String? {
        document.json.withRoot { $0[key]?.string }.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The names of a list's entries.
    func names(_ list: StaticString) -> [String] {
        document.json.withRoot { root in root[list]?.elements.compactMap { $0["name"]?.string } ?? [] }
    }

    /// The list's entry of that name.
    func entry(_ list: StaticString, _ kind: StaticString, _ name: String) -> KubeconfigEntry? {
        let named = document.json.root[list]?.elements.first { $0["name"]?.string == name }
        guard let node = named?[kind], node.isObject else { return nil }
        return KubeconfigEntry(file: self, node: node)
    }

    /// A path in the file is one from the file's folder.
    func resolve(_ other: String) -> String {
        other.hasPrefix("/") ? other : "\(WholeFile.parent(of: path) ?? "")/\(other)"
    }
}

/// What a name stands for in a kubeconfig; the file that it holds keeps the node alive.
struct KubeconfigEntry {
    let file: KubeconfigFile
    let node: JSONNode

    /// A value that is a word; nil where it is absent or empty.
    func text(_ key: StaticString) throws(ClusterError) -> String? {
        guard let value = node[key], !value.isNull else { return nil }
        guard let text = value.string else { throw problem("\(key) must be a string", at: key) }
        return text.isEmpty ? nil : text
    }

    func flag(_ key: StaticString) throws(ClusterError) -> Bool {
        guard let value = node[key], !value.isNull else { return false }
        guard let flag = value.bool else { throw problem("\(key) must be true or false", at: key) }
        return flag
    }

    /// Bytes that are written here in base64, or else in a file that is named here.
    func content(_ data: StaticString, _ path: StaticString) throws(ClusterError) -> [UInt8]? {
        if let text = try text(data) {
            if let bytes = Base64Text.decode(Array(text.utf8)) { return bytes }
            throw problem("\(data) is not base64", at: data)
        }
        guard let name = try text(path) else { return nil }
        do throws(SystemError) { return try WholeFile.read(file.resolve(name), bytesMax: 1 << 20) } catch {
            throw problem("\(path): \(error)", at: path)
        }
    }

    /// Something that is wrong here, or with one of the members.
    func problem(_ sentence: String, at key: StaticString? = nil) -> ClusterError {
        let place = file.document.position(of: key.flatMap { node[$0] } ?? node)
        return ClusterError(.configuration, "\(file.path):\(place.line):\(place.column): \(sentence)")
    }
}
