import Foundation
import Reactor
import TestSupport
import Testing

@Suite struct ProcessFolderTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private var names: [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()) ?? []
    }

    private func folder(_ name: String, with file: String? = nil) throws {
        try WholeFile.makeDirectory("\(directory.path)/\(name)/inner", mode: 0o700)
        if let file { try WholeFile.create("\(directory.path)/\(name)/\(file)", with: []) }
    }

    @Test func aFolderIsSweptOnceItsProcessIsGone() throws {
        let mine = try ProcessFolder.make(in: directory.path, prefix: "p-")
        let name = try #require(mine.path.split(separator: "/").last.map(String.init))
        #expect(names == [name] && name.hasPrefix("p-"))
        #expect(ProcessFolder.sweep(directory.path, prefix: "p-").isEmpty)
        // As one that was killed leaves it.
        try folder("p-left", with: "temporary.lock")
        #expect(ProcessFolder.sweep(directory.path, prefix: "p-") == ["\(directory.path)/p-left"])
        #expect(names == [name])
        try mine.remove()
        #expect(names.isEmpty)
    }

    @Test func whatSomebodyMayWantToKeepIsLeftAlone() throws {
        let kept = ["p-empty", "p-state", "p-other", "other"]
        try folder("p-empty")
        try folder("p-state", with: "lock")
        try folder("other", with: "temporary.lock")
        try folder("elsewhere/p-other", with: "temporary.lock")
        try FileManager.default.createSymbolicLink(
            atPath: "\(directory.path)/p-other", withDestinationPath: "elsewhere/p-other")
        #expect(ProcessFolder.sweep(directory.path, prefix: "p-").isEmpty)
        #expect(names == (kept + ["elsewhere"]).sorted())
        #expect(WholeFile.exists("\(directory.path)/elsewhere/p-other/inner"))
        #expect(ProcessFolder.sweep("\(directory.path)/nowhere", prefix: "p-").isEmpty)
    }

    @Test func programsThatWereLeftBehindAreEnded() throws {
        try folder("p-left", with: "temporary.lock")
        try folder("p-kept")
        let programs = ["p-left/run-1/result", "p-kept/run-1/result"].map { file in
            let program = Process()
            program.executableURL = URL(fileURLWithPath: "/bin/sleep")
            program.arguments = ["300"]
            program.environment = ["PORTCULLIS_RESULT": "\(directory.path)/\(file)"]
            return program
        }
        // Not `terminate`: programs inherit which signals their thread has blocked, and would hold the tests' output.
        defer { for program in programs where program.isRunning { kill(program.processIdentifier, SIGKILL) } }
        for program in programs { try program.run() }
        #expect(ProcessFolder.sweep(directory.path, prefix: "p-").count == 1)
        // Whoever reaps it first, it is gone.
        for _ in 0..<500 where kill(programs[0].processIdentifier, 0) == 0 { usleep(10_000) }
        #expect(kill(programs[0].processIdentifier, 0) == -1 && kill(programs[1].processIdentifier, 0) == 0)
    }

    @Test(arguments: ["zwölf", "каталог", "e\u{301}", "🗂️ 一"]) func namesOfOtherScriptsAreNamesToo(_ parent: String)
        throws
    {
        try folder(parent)
        let mine = try ProcessFolder.make(in: "\(directory.path)/\(parent)", prefix: "p-")
        let found = try FileManager.default.contentsOfDirectory(atPath: "\(directory.path)/\(parent)")
        #expect(
            found.count == 2
                && found.contains { "\(directory.path)/\(parent)/\($0)" == mine.path && $0.hasPrefix("p-") })
        try mine.remove()
    }

    @Test func whereNoneCanBeMadeNothingIsLeft() throws {
        #expect(throws: SystemError.self) { _ = try ProcessFolder.make(in: "\(directory.path)/nowhere", prefix: "p-") }
        #expect(names.isEmpty)
    }
}
