import Glibc
import Reactor
import TestSupport
import Testing

@Suite struct SwappedFolderTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private var folder: String { "\(directory.path)/certs" }

    private func file(_ name: String, _ text: String, mode: UInt32 = 0o644) -> SwappedFolder.File {
        SwappedFolder.File(name: name, bytes: Array(text.utf8), mode: mode)
    }

    private func text(_ name: String) throws -> String {
        String(decoding: try WholeFile.read("\(folder)/\(name)", bytesMax: 1000), as: UTF8.self)
    }

    private func names() throws -> [String] {
        try #require(TreeNames.of(folder)).filter { !$0.hasPrefix("..version-") }
    }

    @Test func filesChangeTogetherAndTheOldVersionIsGone() throws {
        for round in 0..<3 {
            try SwappedFolder.replace(
                folder, with: [file("a", "a\(round)"), file("b", "b\(round)", mode: 0o600)], removed: [])
            #expect(try text("a") == "a\(round)" && text("b") == "b\(round)")
        }
        #expect(try names() == ["..data", "a", "b"])
        #expect(TreeNames.of(folder)?.count == 4)
        var status = stat()
        #expect(stat("\(folder)/b", &status) == 0 && status.st_mode & 0o777 == 0o600)
    }

    @Test func filesComeAndGo() throws {
        try SwappedFolder.replace(folder, with: [file("a", "1")], removed: ["b"])
        try SwappedFolder.replace(folder, with: [file("a", "2"), file("b", "2")], removed: [])
        #expect(try names() == ["..data", "a", "b"])
        try SwappedFolder.replace(folder, with: [file("a", "3")], removed: ["b"])
        #expect(try names() == ["..data", "a"])
        #expect(try text("a") == "3")
    }

    @Test func whatACrashLeftBehindIsRemoved() throws {
        try WholeFile.makeDirectory("\(folder)/..version-unfinished")
        try WholeFile.create("\(folder)/..version-unfinished/key", with: [1], mode: 0o600)
        try SwappedFolder.replace(folder, with: [file("a", "1")], removed: [])
        #expect(TreeNames.of(folder)?.count == 3)
        #expect(try text("a") == "1")
    }

    @Test func plainFilesMakeWayAndOthersStay() throws {
        try WholeFile.makeDirectory(folder)
        try WholeFile.create("\(folder)/a", with: [0x78])
        try WholeFile.create("\(folder)/other", with: [0x79])
        try SwappedFolder.replace(folder, with: [file("a", "1")], removed: [])
        #expect(try text("a") == "1" && text("other") == "y")
    }

    @Test func aFailureLeavesTheLastVersion() throws {
        try SwappedFolder.replace(folder, with: [file("a", "1")], removed: [])
        #expect(throws: SystemError.self) {
            try SwappedFolder.replace(folder, with: [file("a", "2"), file("nowhere/b", "2")], removed: [])
        }
        #expect(try text("a") == "1")
        #expect(TreeNames.of(folder)?.count == 3)
    }

    @Test func whoComesSecondWaitsForTheLock() throws {
        try WholeFile.makeDirectory(folder)
        let first = try FolderLock.wait(for: folder, patience: .zero, clock: SystemClock())
        let refused = #expect(throws: SystemError.self) {
            _ = try FolderLock.wait(for: folder, patience: .milliseconds(1), clock: SystemClock())
        }
        #expect(refused?.code == EWOULDBLOCK)
        _ = consume first
        _ = try FolderLock.wait(for: folder, patience: .zero, clock: SystemClock())
    }
}

/// The names in a folder, sorted.
private enum TreeNames {
    static func of(_ path: String) -> [String]? {
        guard let folder = opendir(path) else { return nil }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}
