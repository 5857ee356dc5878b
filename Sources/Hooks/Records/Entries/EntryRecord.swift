/// What has become of an entry.
public enum EntryState: UInt8, Sendable, CaseIterable {
    /// Nobody has dealt with it.
    case open
    /// Somebody has, and said so.
    case resolved
    /// It was carried out again.
    case replayed

    /// As metrics and listings have it.
    public var name: String { "\(self)" }
}

/// A record of a journal of entries.
///
///     entry   1 · seconds since 1970, 8 · length of the hook's name, 2 · the name · JSON
///     entries 3 · seconds since 1970, 8 · how many, 4 · length of the hook's name, 2 · the name · JSON
///     mark    2 · seconds since 1970, 8 · the entry's number, 8 · its new state, 1 · JSON
///
/// What is needed to list entries stands before the JSON, so that opening a journal needs no parser.
enum EntryRecord {
    case entry(seconds: Int64, count: Int, hook: String, json: ArraySlice<UInt8>)
    case mark(seconds: Int64, entry: UInt64, EntryState, json: ArraySlice<UInt8>)

    /// The record's bytes.
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        switch self {
        case .entry(let seconds, let count, let hook, let json):
            bytes.reserveCapacity(json.count + hook.utf8.count + 16)
            bytes.append(count == 1 ? 1 : 3)
            JournalSegment.append(seconds, to: &bytes)
            if count != 1 { JournalSegment.append(UInt32(clamping: count), to: &bytes) }
            let name = hook.utf8.prefix(Int(UInt16.max))
            JournalSegment.append(UInt16(name.count), to: &bytes)
            bytes += name
            bytes += json
        case .mark(let seconds, let entry, let state, let json):
            bytes.append(2)
            JournalSegment.append(seconds, to: &bytes)
            JournalSegment.append(entry, to: &bytes)
            bytes.append(state.rawValue)
            bytes += json
        }
        return bytes
    }

    /// Reads a record; nil where it is none.
    init?(_ bytes: ArraySlice<UInt8>) {
        var rest = bytes
        guard let kind = rest.popFirst(), let seconds = Self.number(&rest, 8) else { return nil }
        switch kind {
        case 1, 3:
            guard let count = kind == 1 ? 1 : Self.number(&rest, 4), let length = Self.number(&rest, 2),
                rest.count >= Int(length)
            else { return nil }
            let name = String(decoding: rest.prefix(Int(length)), as: UTF8.self)
            self = .entry(
                seconds: Int64(bitPattern: seconds), count: Int(count), hook: name, json: rest.dropFirst(Int(length)))
        case 2:
            guard let entry = Self.number(&rest, 8), let state = rest.popFirst().flatMap(EntryState.init(rawValue:))
            else { return nil }
            self = .mark(seconds: Int64(bitPattern: seconds), entry: entry, state, json: rest)
        default: return nil
        }
    }

    private static func number(_ rest: inout ArraySlice<UInt8>, _ count: Int) -> UInt64? {
        guard rest.count >= count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    }
}
