internal import CSystem
internal import Glibc

/// Folders that are made for a purpose and removed with all that is in them.
public enum ScratchFolder {
    /// As many folders are open at the same time while one is removed; what is nested more deeply is lifted to the top first.
    private static let depthMax = 32
    private static let roundsMax = 10_000

    /// Makes a folder with a name of its own in `parent`, which only this user can look into.
    public static func make(in parent: String, prefix: String) throws(SystemError) -> String {
        guard !parent.utf8.contains(0), !prefix.utf8.contains(0) else {
            throw SystemError("make a folder whose path has a zero byte", code: EINVAL)
        }
        var template = Array("\(parent)/\(prefix)XXXXXX".utf8) + [0]
        let isMade = unsafe template.withUnsafeMutableBytes { bytes in
            guard let base = bytes.baseAddress else { return false }
            return unsafe mkdtemp(base.assumingMemoryBound(to: CChar.self)) != nil
        }
        guard isMade else { throw SystemError("make a folder in \(parent)") }
        return String(decoding: template.dropLast(), as: UTF8.self)
    }

    /// Removes a folder with all that is in it. Links are removed, not followed.
    ///
    /// Folders are opened one below the other, so that a folder which a program replaces by a link meanwhile does not lead
    /// this outside.
    public static func remove(_ path: String) throws(SystemError) {
        for round in 0..<roundsMax {
            if unsafe rmdir(path) == 0 || errno == ENOENT { return }
            guard errno == ENOTEMPTY || errno == EEXIST else { break }
            let number = unsafe system_open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0)
            guard number >= 0 else { break }
            let top = FileDescriptor(adopting: number)
            var lift = Lift(folder: number, round: round)
            if let inner = again(number) { empty(inner, depth: 0, &lift) }
            top.close()
        }
        throw SystemError("remove \(path)")
    }

    /// Where folders that are nested too deeply go.
    private struct Lift {
        let folder: CInt
        let round: Int
        var count = 0
    }

    /// A second descriptor of an open folder, for a listing, which closes it.
    private static func again(_ folder: CInt) -> CInt? {
        let number = unsafe system_open_at(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        return number >= 0 ? number : nil
    }

    /// Empties an open folder, which is closed.
    private static func empty(_ folder: CInt, depth: Int, _ lift: inout Lift) {
        // A program may have taken its own right to look or write.
        _ = fchmod(folder, 0o700)
        guard let stream = unsafe fdopendir(folder) else {
            _ = CSystem.close(folder)
            return
        }
        defer { unsafe closedir(stream) }
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe String(cString: UnsafeRawPointer(pointer).assumingMemoryBound(to: CChar.self))
            }
            guard name != ".", name != "..", unsafe unlinkat(folder, name, 0) != 0 else { continue }
            if depth == depthMax {
                lift.count += 1
                _ = unsafe renameat(folder, name, lift.folder, ".deep-\(lift.round)-\(lift.count)")
                continue
            }
            _ = unsafe fchmodat(folder, name, 0o700, 0)
            let inner = unsafe system_open_at(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            if inner >= 0 { empty(inner, depth: depth + 1, &lift) }
            _ = unsafe unlinkat(folder, name, AT_REMOVEDIR)
        }
    }
}
