internal import CSystem
internal import Glibc

/// A folder for what is temporary that belongs to one process, and that others can tell when that process is gone.
///
///     portcullis-Xa81Qz/
///         temporary.lock    locked for as long as the process has the folder
///
/// Nothing else has a file of that name, so that no folder is taken for one of these that somebody wants to keep.
public struct ProcessFolder: ~Copyable {
    private static let lockName = "temporary.lock"

    /// Where it is.
    public let path: String
    private let lock: FolderLock

    /// Makes a folder with a name of its own in `parent`, which only this user can look into.
    public static func make(in parent: String, prefix: String) throws(SystemError) -> ProcessFolder {
        // It has its name only once it is locked, lest somebody takes it for one that was left behind.
        let unlocked = try ScratchFolder.make(in: parent, prefix: ".\(prefix)")
        let name = String(decoding: unlocked.utf8.dropFirst(parent.utf8.count + 2), as: UTF8.self)
        let path = "\(parent)/\(name)"
        do throws(SystemError) {
            let lock = try FolderLock.take(unlocked, by: lockName)
            guard unsafe rename(unlocked, path) == 0 else { throw SystemError("rename \(unlocked)") }
            return ProcessFolder(path: path, lock: lock)
        } catch {
            try? ScratchFolder.remove(unlocked)
            throw error
        }
    }

    private init(path: String, lock: consuming FolderLock) {
        self.path = path
        self.lock = lock
    }

    /// Removes the folder with all that is in it.
    public consuming func remove() throws(SystemError) { try ScratchFolder.remove(path) }

    /// Removes such folders of this user whose processes are gone, having ended what is left of the programs whose environment
    /// names a file in there. Returns the folders; what cannot be removed is left.
    public static func sweep(_ parent: String, prefix: String) -> [String] {
        let names = (try? FileTree.names(in: parent)) ?? []
        return names.filter { $0.hasPrefix(prefix) }.map { "\(parent)/\($0)" }.filter(removeIfLeft)
    }

    private static func removeIfLeft(_ path: String) -> Bool {
        var facts = stat()
        guard unsafe lstat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFDIR, facts.st_uid == geteuid(),
            WholeFile.exists("\(path)/\(lockName)"), let lock = try? FolderLock.take(path, by: lockName)
        else { return false }
        _ = StrayProcesses.end([StrayProcesses.Family(of: 1, isReaped: false, mark: "=\(path)/")])
        let isRemoved = (try? ScratchFolder.remove(path)) != nil
        // Held until here, so that two that start at the same time do not both see to it.
        _ = consume lock
        return isRemoved
    }
}
