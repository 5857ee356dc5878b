internal import CSystem
internal import Glibc

/// A folder whose files all change at the same moment, laid out as Kubernetes mounts a Secret:
///
///     tls.crt -> ..data/tls.crt      the names that readers know
///     tls.key -> ..data/tls.key
///     ..data -> ..version-Xy1z2a     what is swapped
///     ..version-Xy1z2a/tls.crt       one version of all files
public enum SwappedFolder {
    /// One file of a version.
    public struct File: Sendable {
        /// Its name in the folder.
        public let name: String
        /// Its content.
        public let bytes: [UInt8]
        /// Who may read it.
        public let mode: UInt32

        /// A file of that name.
        public init(name: String, bytes: [UInt8], mode: UInt32) {
            self.name = name
            self.bytes = bytes
            self.mode = mode
        }
    }

    private static let prefix = "..version-"

    /// Puts these files in the place of the last version's, in one step that outlives a crash; files of `removed` disappear.
    /// What else is in the folder is left alone. A plain file that has one of the names makes way for a link. Nobody else may
    /// do this at the same time.
    public static func replace(_ folder: String, with files: [File], removed: [String]) throws(SystemError) {
        try WholeFile.makeDirectory(folder)
        let version = try ScratchFolder.make(in: folder, prefix: prefix)
        let name = String(version.dropFirst(folder.utf8.count + 1))
        do throws(SystemError) {
            // Only the keys are for their owner alone.
            guard unsafe chmod(version, 0o755) == 0 else { throw SystemError("change the mode of \(version)") }
            for file in files { try WholeFile.create("\(version)/\(file.name)", with: file.bytes, mode: file.mode) }
            try link("\(folder)/..data", to: name)
        } catch {
            try? ScratchFolder.remove(version)
            throw error
        }
        for file in files where target(of: "\(folder)/\(file.name)") != "..data/\(file.name)" {
            try link("\(folder)/\(file.name)", to: "..data/\(file.name)")
        }
        for name in removed { try WholeFile.remove("\(folder)/\(name)") }
        try WholeFile.syncDirectory(of: "\(folder)/..data")
        // The last version, and those that were never finished: there are keys in them.
        for other in try FileTree.names(in: folder) where other.hasPrefix(prefix) && other != name {
            try ScratchFolder.remove("\(folder)/\(other)")
        }
    }

    /// Makes a link, or puts it in the place of what has that path.
    private static func link(_ path: String, to target: String) throws(SystemError) {
        let temporary = "\(path).new"
        try WholeFile.remove(temporary)
        guard unsafe symlink(target, temporary) == 0 else { throw SystemError("make the link \(temporary)") }
        guard unsafe rename(temporary, path) == 0 else {
            let error = SystemError("rename to \(path)")
            _ = unsafe unlink(temporary)
            throw error
        }
    }

    /// Where a link points to; nil where the path is none.
    private static func target(of path: String) -> String? {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = unsafe bytes.withUnsafeMutableBytes { buffer in
            guard let base = buffer.baseAddress else { return -1 }
            return unsafe readlink(path, base.assumingMemoryBound(to: CChar.self), buffer.count)
        }
        return count >= 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
    }
}
