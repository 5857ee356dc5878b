import Glibc
import Reactor
import TestSupport
import Testing

final class Watching: DirectoryWatchHandler {
    var changes = 0

    func changed(_ watch: DirectoryWatch, on loop: EventLoop) { changes += 1 }
}

@Suite struct FileTests {
    @Test func replacesAFileWhole() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/a"
        try WholeFile.replace(path, with: [1, 2, 3], mode: 0o600)
        try WholeFile.replace(path, with: [4], mode: 0o640)
        #expect(try WholeFile.read(path, bytesMax: 10) == [4])
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o640)
        #expect(throws: SystemError.self) { try WholeFile.create(path, with: [5]) }
        #expect(try WholeFile.read(path, bytesMax: 10) == [4])
        #expect(directory.entries == ["a"])
    }

    @Test func aFileThatCannotBeReplacedIsLeftAlone() throws {
        let directory = try TemporaryDirectory()
        try WholeFile.makeDirectory(directory.path + "/a/b/c")
        #expect(throws: SystemError.self) { try WholeFile.replace(directory.path + "/a", with: [1]) }
        #expect(directory.entries == ["a"])
    }

    @Test func onlyAnEmptyFileIsFilled() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path
        try WholeFile.create(path + "/empty", with: [], mode: 0o600)
        try WholeFile.fillUnsynced(path + "/empty", with: [1, 2])
        #expect(try WholeFile.read(path + "/empty", bytesMax: 10) == [1, 2])
        // Now it is not empty; the others are no files, or elsewhere.
        try WholeFile.create(path + "/elsewhere", with: [])
        #expect(symlink("elsewhere", path + "/link") == 0 && mkfifo(path + "/pipe", 0o600) == 0)
        try WholeFile.makeDirectory(path + "/folder")
        for name in ["empty", "link", "pipe", "folder", "nothing"] {
            #expect(throws: SystemError.self) { try WholeFile.fillUnsynced("\(path)/\(name)", with: [3]) }
        }
        #expect(try WholeFile.read(path + "/empty", bytesMax: 10) == [1, 2])
        #expect(try WholeFile.read(path + "/elsewhere", bytesMax: 10) == [])
    }

    @Test func readsNoMoreThanAsked() throws {
        let directory = try TemporaryDirectory()
        try WholeFile.create(directory.path + "/a", with: [UInt8](repeating: 7, count: 100_000))
        #expect(try WholeFile.read(directory.path + "/a", bytesMax: 100_000).count == 100_000)
        #expect(throws: SystemError("read \(directory.path)/a", code: EFBIG)) {
            try WholeFile.read(directory.path + "/a", bytesMax: 99_999)
        }
        #expect(throws: SystemError.self) { try WholeFile.read(directory.path + "/b", bytesMax: 1) }
    }

    @Test func namesTheParent() {
        #expect(WholeFile.parent(of: "/a/b") == "/a")
        #expect(WholeFile.parent(of: "/a/") == "/")
        #expect(WholeFile.parent(of: "a") == ".")
        #expect(WholeFile.parent(of: "/") == nil)
    }

    /// The way a ConfigMap changes: a new directory, and the `..data` link replaced by rename.
    @Test func seesALinkSwapOnceDebounced() throws {
        let directory = try TemporaryDirectory()
        for version in ["1", "2"] { try WholeFile.makeDirectory("\(directory.path)/..\(version)") }
        symlink("..1", directory.path + "/..data")
        symlink("..data/tls.crt", directory.path + "/tls.crt")
        let loop = try EventLoop(clock: SystemClock())
        let watching = Watching()
        var pace = DirectoryWatch.Pace()
        pace.debounce = .milliseconds(60)
        let watch = try DirectoryWatch(directory.path, pace: pace, on: loop, handler: watching)
        #expect(watch.isNotified)
        for target in ["..2", "..1", "..2"] {
            symlink(target, directory.path + "/..data_tmp")
            rename(directory.path + "/..data_tmp", directory.path + "/..data")
        }
        turn(loop) { watching.changes > 0 }
        #expect(watching.changes == 1)
        try WholeFile.replace(directory.path + "/other", with: [1])
        turn(loop) { watching.changes == 2 }
        watch.close()
        #expect(loop.sourceCount == 0 && loop.timerCount == 0)
    }

    @Test func aDirectoryThatComesLaterIsPolledFor() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/later"
        let loop = try EventLoop(clock: SystemClock())
        let watching = Watching()
        var pace = DirectoryWatch.Pace()
        pace.debounce = .milliseconds(10)
        pace.poll = .milliseconds(30)
        let watch = try DirectoryWatch(path, pace: pace, on: loop, handler: watching)
        #expect(!watch.isNotified)
        try WholeFile.makeDirectory(path)
        turn(loop) { watching.changes == 1 }
        #expect(watch.isNotified)
        try WholeFile.create(path + "/file", with: [1])
        turn(loop) { watching.changes == 2 }
        rename(path, path + "-gone")
        turn(loop) { watching.changes == 3 }
        #expect(!watch.isNotified)
        watch.close()
    }

    @Test func anEndlessBurstIsToldAllTheSame() throws {
        let directory = try TemporaryDirectory()
        let loop = try EventLoop(clock: SystemClock())
        let watching = Watching()
        var pace = DirectoryWatch.Pace()
        pace.debounce = .milliseconds(100)
        pace.debounceMax = .milliseconds(250)
        let watch = try DirectoryWatch(directory.path, pace: pace, on: loop, handler: watching)
        var count = 0
        func write(_ loop: EventLoop) {
            count += 1
            try? WholeFile.replace(directory.path + "/a", with: [UInt8(truncatingIfNeeded: count)])
            if watching.changes == 0 { loop.arm(after: .milliseconds(10), run: write) }
        }
        write(loop)
        turn(loop) { watching.changes == 1 }
        watch.close()
    }
}
