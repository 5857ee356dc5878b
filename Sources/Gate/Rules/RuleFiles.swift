import Glibc
import Policies
import Reactor

/// The files of rules and of context as they are on disk.
struct RuleFiles: Sendable {
    private(set) var rules: [RuleFile] = []
    private(set) var context: [RuleFile] = []
    /// The folders whose changes matter.
    private(set) var folders: [String] = []
    /// Files that were written to a moment ago, whose writers may not be done.
    private(set) var unsettled: Set<String> = []

    /// A file of rules is never longer.
    private static let fileBytesMax = 32 << 20
    /// All files together.
    private static let bytesMax = 256 << 20
    /// A writer that truncates a file and fills it again is done after so many seconds.
    private static let settlingSeconds: Int64 = 2

    /// Reads everything at or below these paths.
    static func read(rules: [String], context: [String], wall: Int64) throws(SystemError) -> RuleFiles {
        var files = RuleFiles()
        files.rules = try files.read(rules, wall)
        files.context = try files.read(context, wall)
        return files
    }

    private mutating func read(_ paths: [String], _ wall: Int64) throws(SystemError) -> [RuleFile] {
        let tree = FileTree(suffixes: [".yaml", ".yml", ".json"])
        var read: [RuleFile] = []
        var total = 0
        for path in paths {
            let listing = try tree.list(path)
            folders += listing.folders
            if listing.folders.isEmpty, let parent = WholeFile.parent(of: path) { folders.append(parent) }
            for file in listing.files {
                let bytes = try WholeFile.read(file, bytesMax: Self.fileBytesMax)
                total += bytes.count
                guard total <= Self.bytesMax else { throw SystemError("read \(path)", code: EFBIG) }
                read.append(RuleFile(name: file, bytes: bytes))
                if Self.isFresh(file, wall) { unsettled.insert(file) }
            }
        }
        return read
    }

    /// Whether a file was changed within the last seconds.
    private static func isFresh(_ path: String, _ wall: Int64) -> Bool {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return false }
        return Int64(status.st_mtim.tv_sec) &+ settlingSeconds > wall / 1_000_000_000
    }

    /// Takes those for settled that are no shorter than when they last were; `sizes` holds those lengths.
    mutating func settle(_ sizes: inout [String: Int]) {
        let now = Dictionary((rules + context).map { ($0.name, $0.bytes.count) }) { first, _ in first }
        unsettled = unsettled.filter { name in (now[name] ?? 0) < (sizes[name] ?? 0) }
        // A file that is being written keeps its length until it has settled, however often it is looked at.
        sizes = sizes.filter { unsettled.contains($0.key) }.merging(now) { old, _ in old }
    }

    /// Of all names and bytes, in order.
    var digest: String {
        var hash = RevisionHash()
        for file in rules + context {
            hash.add(file.name.utf8)
            hash.add(CollectionOfOne(0))
            hash.add(file.bytes)
            hash.add(CollectionOfOne(0))
        }
        return hash.text
    }
}

/// Tells revisions apart: FNV-1a with 128 bits. Nobody gains by making two revisions look the same.
struct RevisionHash {
    private var state: UInt128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d
    private static let prime: UInt128 = 0x0000_0000_0100_0000_0000_0000_0000_013b

    mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { state = (state ^ UInt128(byte)) &* Self.prime }
    }

    /// Sixteen hexadecimal digits.
    var text: String {
        let digits = String(UInt64(truncatingIfNeeded: state ^ (state >> 64)), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
