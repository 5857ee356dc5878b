internal import CSystem
internal import Glibc

/// What is left of a child after its end: processes that it started and that fled its process group.
///
/// The kernel offers an ordinary process no fence around its descendants (control groups need rights that a container
/// seldom has). They are found by a mark in the environment that they inherited. A process that wipes its environment before
/// it flees is not found; whoever must stop that too gives the server a process namespace of its own.
public enum StrayProcesses {
    /// How often the list of processes is gone through at most; each of those found may have started others meanwhile.
    private static let passesMax = 32
    /// As many passes must find nothing one after the other.
    private static let quietPasses = 2
    private static let pauseMicroseconds: UInt32 = 1_000
    private static let environmentBytesMax = 256 << 10

    /// What a child that has ended, or is about to, may have left behind.
    public struct Family: Sendable {
        let child: Int32
        let isReaped: Bool
        let mark: [UInt8]

        /// Processes started after `child` whose environment holds `mark`. Where the child has been reaped, what this process
        /// inherited of its group is reaped too; it inherits orphans where it is the container's first process.
        public init(of child: Int32, isReaped: Bool, mark: String) {
            self.child = child
            self.isReaped = isReaped
            self.mark = Array(mark.utf8)
        }
    }

    /// Ends the families of several children at once: the machine's processes are gone through as often as for one. Returns
    /// how many processes were ended.
    @discardableResult
    public static func end(_ families: [Family]) -> Int {
        guard !families.isEmpty else { return 0 }
        var ended = 0
        var quiet = 0
        for _ in 0..<passesMax where quiet < quietPasses {
            let found = pass(families)
            ended += found.ended
            quiet = found.ended + found.unclear == 0 ? quiet + 1 : 0
            // What was just found may be in the middle of starting something; this thread is for waiting.
            usleep(pauseMicroseconds)
        }
        var status: CInt = 0
        for family in families where family.isReaped {
            while unsafe waitpid(-family.child, &status, WNOHANG) > 0 {}
        }
        return ended
    }

    private enum Finding {
        case none, ended
        /// It is just becoming another program and has no environment at this moment.
        case unclear
    }

    private static func pass(_ families: [Family]) -> (ended: Int, unclear: Int) {
        // Numbers are given in order; unless they began anew since any of the children, descendants have larger ones.
        let children = families.map(\.child)
        let least = lastNumber() >= children.max() ?? 1 ? children.min() ?? 1 : 1
        var (ended, unclear) = (0, 0)
        for name in (try? FileTree.names(in: "/proc")) ?? [] {
            guard let number = Int32(name), number > least, number != getpid() else { continue }
            switch judge(number, families) {
            case .none: break
            case .ended: ended += 1
            case .unclear: unclear += 1
            }
        }
        return (ended, unclear)
    }

    private static func lastNumber() -> Int32 {
        let words = (try? WholeFile.read("/proc/loadavg", bytesMax: 256))?.split(separator: UInt8(ascii: " ")) ?? []
        let digits = words.last?.prefix { (0x30...0x39).contains($0) } ?? []
        return Int32(String(decoding: digits, as: UTF8.self)) ?? 0
    }

    /// The process is held by a descriptor before it is looked at, so that it cannot be another one when it is ended.
    private static func judge(_ number: Int32, _ families: [Family]) -> Finding {
        let descriptor = system_pidfd_open(number)
        guard descriptor >= 0 else { return .none }
        let process = FileDescriptor(adopting: descriptor)
        guard let environment = try? WholeFile.read("/proc/\(number)/environ", bytesMax: environmentBytesMax) else {
            return .none
        }
        if environment.isEmpty { return isProgram(number) ? .unclear : .none }
        guard families.contains(where: { contains(environment, $0.mark) }), system_pidfd_kill(process.number) == 0
        else {
            return .none
        }
        var status: CInt = 0
        _ = unsafe waitpid(number, &status, WNOHANG)
        return .ended
    }

    /// Whether a process is neither a thread of the kernel's nor dead already.
    private static func isProgram(_ number: Int32) -> Bool {
        let text = (try? WholeFile.read("/proc/\(number)/stat", bytesMax: 4096)) ?? []
        // Behind the name in parentheses: state, parent, group, session, terminal, its group, flags.
        guard let name = text.lastIndex(of: UInt8(ascii: ")")) else { return false }
        let words = text[(name + 1)...].split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
        guard words.count > 6, let flags = UInt32(words[6]) else { return false }
        let kernelThread: UInt32 = 0x0020_0000
        return words[0] != "Z" && words[0] != "X" && flags & kernelThread == 0
    }

    private static func contains(_ text: [UInt8], _ part: [UInt8]) -> Bool {
        guard let first = part.first, text.count >= part.count else { return false }
        for start in 0...(text.count - part.count) where text[start] == first {
            if text[start..<start + part.count].elementsEqual(part) { return true }
        }
        return false
    }
}
