internal import CSystem
internal import Glibc

/// What is left of a child after its end: processes that it started and that fled its process group.
///
/// The kernel offers an ordinary process no fence around its descendants (control groups need rights that a container
/// seldom has). They are found by a mark in the environment that they inherited. A process that wipes its environment before
/// it flees is not found; whoever must stop that too gives the server a process namespace of its own.
public enum StrayProcesses {
    /// How often the list of processes is gone through: those found may have started others meanwhile.
    private static let passes = 4
    private static let environmentBytesMax = 256 << 10

    /// Ends every process started after `child` whose environment holds `mark`, and reaps what this process inherited
    /// of the child's group (it does where it is the container's first process). Returns how many were ended.
    @discardableResult
    public static func end(after child: Int32, mark: String) -> Int {
        var ended = 0
        for _ in 0..<passes {
            let found = strays(after: child, mark: Array(mark.utf8))
            if found == 0 { break }
            ended += found
        }
        var status: CInt = 0
        while unsafe waitpid(-child, &status, WNOHANG) > 0 {}
        return ended
    }

    private static func strays(after child: Int32, mark: [UInt8]) -> Int {
        // Numbers are given in order; unless they began anew since, descendants have larger ones.
        let newest = lastNumber()
        let least = newest >= child ? child : 1
        guard let names = try? FileTree.names(in: "/proc") else { return 0 }
        var count = 0
        for name in names {
            guard let number = Int32(name), number > least, number != getpid() else { continue }
            if end(number, mark) { count += 1 }
        }
        return count
    }

    private static func lastNumber() -> Int32 {
        let words = (try? WholeFile.read("/proc/loadavg", bytesMax: 256))?.split(separator: UInt8(ascii: " ")) ?? []
        let digits = words.last?.prefix { (0x30...0x39).contains($0) } ?? []
        return Int32(String(decoding: digits, as: UTF8.self)) ?? 0
    }

    /// The process is held by a descriptor before it is looked at, so that it cannot be another one when it is ended.
    private static func end(_ number: Int32, _ mark: [UInt8]) -> Bool {
        let descriptor = system_pidfd_open(number)
        guard descriptor >= 0 else { return false }
        let process = FileDescriptor(adopting: descriptor)
        guard let environment = try? WholeFile.read("/proc/\(number)/environ", bytesMax: environmentBytesMax),
            contains(environment, mark), system_pidfd_kill(process.number) == 0
        else { return false }
        var status: CInt = 0
        _ = unsafe waitpid(number, &status, WNOHANG)
        return true
    }

    private static func contains(_ text: [UInt8], _ part: [UInt8]) -> Bool {
        guard let first = part.first, text.count >= part.count else { return false }
        for start in 0...(text.count - part.count) where text[start] == first {
            if text[start..<start + part.count].elementsEqual(part) { return true }
        }
        return false
    }
}
