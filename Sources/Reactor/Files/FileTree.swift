internal import CSystem
internal import Glibc

/// The files below folders, in the order of their names: rules, contexts, recordings.
public struct FileTree: Sendable {
    /// Only files whose names end so are taken; empty: all.
    public var suffixes: [String]
    /// How many files are taken at most; more are an error (EMFILE).
    public var filesMax = 10_000
    /// How deep folders may be nested; deeper ones are an error (ELOOP), which ends links in circles too.
    public var depthMax = 16

    /// Takes files whose names end so.
    public init(suffixes: [String]) { self.suffixes = suffixes }

    /// What was found: files, and the folders that were looked into on the way.
    public struct Listing: Sendable {
        /// The paths of the files, folder by folder in the order of names.
        public fileprivate(set) var files: [String] = []
        /// The folders, for those who want to be told of changes.
        public fileprivate(set) var folders: [String] = []
    }

    /// The files at or below `path`. A path that is itself a file is taken whatever its name is.
    ///
    /// Names that begin with a dot are passed over: so are the folders behind a mounted ConfigMap's `..data` link, whose
    /// files are found through the links beside it.
    public func list(_ path: String) throws(SystemError) -> Listing {
        var listing = Listing()
        if try Self.isFolder(path) {
            try walk(path, depth: 0, &listing)
        } else {
            listing.files.append(path)
        }
        return listing
    }

    private func walk(_ folder: String, depth: Int, _ listing: inout Listing) throws(SystemError) {
        guard depth < depthMax else { throw SystemError("look into \(folder)", code: ELOOP) }
        listing.folders.append(folder)
        for name in try Self.names(in: folder) where !name.hasPrefix(".") {
            let path = folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
            do throws(SystemError) {
                if try Self.isFolder(path) {
                    try walk(path, depth: depth + 1, &listing)
                    continue
                }
            } catch {
                // A link that points nowhere just now is no file; a swap may be under way.
                if error.isNotFound { continue }
                throw error
            }
            guard suffixes.isEmpty || suffixes.contains(where: name.hasSuffix) else { continue }
            guard listing.files.count < filesMax else { throw SystemError("look into \(folder)", code: EMFILE) }
            listing.files.append(path)
        }
    }

    private static func isFolder(_ path: String) throws(SystemError) -> Bool {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { throw SystemError("look at \(path)") }
        return status.st_mode & S_IFMT == S_IFDIR
    }

    /// The names in a folder, in the order of their bytes.
    static func names(in folder: String) throws(SystemError) -> [String] {
        guard let stream = unsafe opendir(folder) else { throw SystemError("look into \(folder)") }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe String(cString: UnsafeRawPointer(pointer).assumingMemoryBound(to: CChar.self))
            }
            names.append(name)
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
