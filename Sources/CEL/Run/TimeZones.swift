import Glibc
import Synchronization

/// Knows how far ahead of UTC the clocks of a place are.
///
/// Places are looked up by their IANA names in the system's files, read when they are first asked for and kept.
enum TimeZones {
    /// As many zones are kept; there are about 600 names.
    private static let zonesMax = 1024
    private static let fileBytesMax = 1 << 20

    private struct Entry {
        let name: [UInt8]
        let zone: TimeZoneTable
    }

    private static let known = Mutex<[Entry]>([])

    /// Why there is no such zone, in Go's words.
    struct Failure: Error {
        let message: String
    }

    /// The seconds that the zone is ahead of UTC at a time.
    static func offset(of name: ByteView, at seconds: Int64) -> Result<Int64, Failure> {
        if name.isEmpty || name.elementsEqual("UTC".utf8) || name.elementsEqual("Local".utf8) { return .success(0) }
        let found = known.withLock { entries in
            find(name, in: entries).map { entries[$0].zone.offset(at: seconds) }
        }
        if let found { return .success(found) }
        if let failure = refusal(name) { return .failure(failure) }
        guard let bytes = read(name) else { return .failure(Failure(message: "unknown time zone \(name.text)")) }
        guard let zone = TimeZoneTable(bytes) else {
            return .failure(Failure(message: "malformed time zone information"))
        }
        known.withLock { entries in
            if entries.count < zonesMax, find(name, in: entries) == nil {
                entries.append(Entry(name: Array(name), zone: zone))
            }
        }
        return .success(zone.offset(at: seconds))
    }

    private static func find(_ name: ByteView, in entries: [Entry]) -> Int? {
        entries.firstIndex { $0.name.count == name.count && $0.name.elementsEqual(name) }
    }

    /// Names that would lead out of the folder of zones.
    private static func refusal(_ name: ByteView) -> Failure? {
        let text = name.text
        let climbs = text.split(separator: "/").contains("..") || text.split(separator: "\\").contains("..")
        guard climbs || text.hasPrefix("/") || text.hasPrefix("\\") || text.utf8.contains(0) else { return nil }
        return Failure(message: "time: invalid location name")
    }

    private static func read(_ name: ByteView) -> [UInt8]? {
        let file = unsafe open("/usr/share/zoneinfo/" + name.text, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while bytes.count < fileBytesMax {
            let count = unsafe Glibc.read(file, &buffer, buffer.count)
            if count < 0 { return nil }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
        }
        return nil
    }
}

/// The changes of one place's clocks, from a file in the format of RFC 8536.
struct TimeZoneTable: Sendable {
    private var transitions: [(seconds: Int64, offset: Int64)] = []
    private var firstOffset: Int64 = 0
    /// What holds after the last transition.
    private var rule: TimeZoneRule?

    /// Reads a file; nil where it is not of the format.
    init?(_ bytes: [UInt8]) {
        var reader = Reader(bytes: bytes)
        guard var header = reader.header() else { return nil }
        var width = 4
        if header.version >= 2 {
            reader.position += header.bodyBytes(4)
            guard let second = reader.header() else { return nil }
            header = second
            width = 8
        }
        guard reader.position + header.bodyBytes(width) <= bytes.count, header.types > 0 else { return nil }
        let times = (0..<header.times).map { _ in reader.signed(width) }
        let places = (0..<header.times).map { _ in Int(reader.byte()) }
        let types = (0..<header.types).map { _ in
            (offset: reader.signed(4), isSummer: reader.byte() != 0, reader.byte())
        }
        for (time, place) in zip(times, places) {
            guard place < types.count else { return nil }
            transitions.append((time, types[place].offset))
        }
        // Before the first change holds the first type that is not summer time.
        firstOffset = (types.first { !$0.isSummer } ?? types[0]).offset
        guard width == 8 else { return }
        reader.position += header.characters + header.leaps * 12 + header.standards + header.universals
        rule = TimeZoneRule(reader.footer())
    }

    /// The seconds ahead of UTC at a time.
    func offset(at seconds: Int64) -> Int64 {
        guard let last = transitions.last else { return rule?.offset(at: seconds) ?? firstOffset }
        if seconds >= last.seconds { return rule?.offset(at: seconds) ?? last.offset }
        var low = 0
        var high = transitions.count
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle].seconds <= seconds { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? firstOffset : transitions[low - 1].offset
    }
}

extension TimeZoneTable {
    private struct Header {
        let version: Int
        let universals: Int
        let standards: Int
        let leaps: Int
        let times: Int
        let types: Int
        let characters: Int

        func bodyBytes(_ width: Int) -> Int {
            times * (width + 1) + types * 6 + characters + leaps * (width + 4) + standards + universals
        }
    }

    private struct Reader {
        let bytes: [UInt8]
        var position = 0

        mutating func byte() -> UInt8 {
            guard position >= 0, position < bytes.count else { return 0 }
            position += 1
            return bytes[position - 1]
        }

        mutating func signed(_ width: Int) -> Int64 {
            var value: UInt64 = 0
            for _ in 0..<width { value = value << 8 | UInt64(byte()) }
            return width == 4 ? Int64(Int32(truncatingIfNeeded: value)) : Int64(bitPattern: value)
        }

        mutating func header() -> Header? {
            guard position >= 0, position + 44 <= bytes.count, bytes[position..<position + 4].elementsEqual("TZif".utf8)
            else { return nil }
            position += 4
            let version = byte()
            position += 15
            let counts = (0..<6).map { _ in Int(signed(4)) }
            guard counts.allSatisfy({ $0 >= 0 && $0 <= bytes.count }) else { return nil }
            return Header(
                version: version == 0 ? 1 : 2, universals: counts[0], standards: counts[1], leaps: counts[2],
                times: counts[3], types: counts[4], characters: counts[5])
        }

        /// The text between the last two line ends.
        func footer() -> String {
            guard position >= 0, position < bytes.count, bytes[position] == UInt8(ascii: "\n") else { return "" }
            return String(decoding: bytes[(position + 1)...].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        }
    }
}
