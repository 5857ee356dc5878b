import Foundation
import Reactor
import Testing

@Suite struct FileTreeTests {
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("tree-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func write(_ path: String) throws {
        let url = folder.appendingPathComponent(path)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data("x".utf8).write(to: url)
    }

    private func list() throws -> [String] {
        let listing = try FileTree(suffixes: [".yaml", ".json"]).list(folder.path)
        return listing.files.map { String($0.dropFirst(folder.path.count + 1)) }
    }

    @Test func findsFilesInTheOrderOfNames() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        for name in ["b.yaml", "a.json", "notes.txt", "c/d.yaml", "c/a/z.yaml", ".hidden.yaml", "B.yaml"] {
            try write(name)
        }
        #expect(try list() == ["B.yaml", "a.json", "b.yaml", "c/a/z.yaml", "c/d.yaml"])
        let one = folder.appendingPathComponent("notes.txt").path
        #expect(try FileTree(suffixes: [".yaml"]).list(one).files == [one])
    }

    @Test func findsAMountedConfigMapsFilesOnce() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try write("..2026_01/rule.yaml")
        let manager = FileManager.default
        try manager.createSymbolicLink(atPath: folder.path + "/..data", withDestinationPath: "..2026_01")
        try manager.createSymbolicLink(atPath: folder.path + "/rule.yaml", withDestinationPath: "..data/rule.yaml")
        try manager.createSymbolicLink(atPath: folder.path + "/gone.yaml", withDestinationPath: "..data/gone.yaml")
        #expect(try list() == ["rule.yaml"])
    }

    @Test func endsLinksInCircles() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/again", withDestinationPath: folder.path)
        #expect(throws: SystemError.self) { try list() }
    }

    @Test func saysWhatItCannotLookAt() {
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(throws: SystemError.self) { try FileTree(suffixes: []).list(folder.path + "/nowhere") }
    }
}
