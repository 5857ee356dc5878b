/// The two kinds of address records.
enum DNSKind: UInt16, CaseIterable {
    case a = 1
    case aaaa = 28
}

/// A question to a name server (RFC 1035), and the reading of its answer.
///
///     header  id:16 flags:16 questions:16 answers:16 authorities:16 additional:16
///     question  name (length byte and label, …, 0) type:16 class:16
///     record  name type:16 class:16 ttl:32 length:16 data
struct DNSQuestion: Equatable {
    let id: UInt16
    let kind: DNSKind
    /// Labels in lower case.
    let labels: [[UInt8]]

    private static let recordsMax = 256
    /// A chain of aliases longer than this is a loop.
    private static let aliasesMax = 16

    /// What an answer says.
    enum Answer: Equatable {
        case addresses([IPAddress])
        /// The name does not exist at all.
        case noSuchName
        /// The server cannot or will not say.
        case refused(code: UInt8)
        /// The rest is to be had over TCP.
        case truncated
        /// It is not an answer to this question.
        case foreign
    }

    /// The labels of a host name, in lower case; nil where it is no name that DNS could know.
    static func labels(_ name: String) -> [[UInt8]]? {
        var text = Array(name.utf8)
        if text.last == UInt8(ascii: ".") { text.removeLast() }
        guard !text.isEmpty, text.count <= 253 else { return nil }
        let labels = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let isSound = labels.allSatisfy { label in
            (1...63).contains(label.count) && label.first != 0x2D && label.last != 0x2D && label.allSatisfy(isHostByte)
        }
        return isSound ? labels.map { $0.map(lowercased) } : nil
    }

    /// Underscores are not of host names, but names with them are in use.
    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
        default: false
        }
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }

    /// The message as it is sent.
    var message: [UInt8] {
        // Recursion desired; one question.
        var bytes: [UInt8] = [UInt8(id >> 8), UInt8(id & 0xFF), 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]
        for label in labels {
            bytes.append(UInt8(truncatingIfNeeded: label.count))
            bytes += label
        }
        return bytes + [0, UInt8(kind.rawValue >> 8), UInt8(kind.rawValue & 0xFF), 0, 1]
    }

    /// Reads what claims to be an answer; nothing in it is believed unless the question in it is this one.
    func answer(in message: [UInt8]) -> Answer {
        var reader = DNSReader(message)
        guard let header = reader.header(), header.id == id, header.flags & 0x8000 != 0, header.flags & 0x7800 == 0,
            header.questions == 1, reader.name() == labels, reader.word() == kind.rawValue, reader.word() == 1
        else { return .foreign }
        if header.flags & 0x0200 != 0 { return .truncated }
        let code = UInt8(header.flags & 0xF)
        if code == 3 { return .noSuchName }
        guard code == 0 else { return .refused(code: code) }
        guard let records = records(&reader, count: min(Int(header.answers), Self.recordsMax)) else { return .foreign }
        return .addresses(follow(records))
    }

    private enum Data {
        case address(IPAddress)
        case alias([[UInt8]])
    }

    private typealias Record = (name: [[UInt8]], data: Data)

    private func records(_ reader: inout DNSReader, count: Int) -> [Record]? {
        var records: [Record] = []
        for _ in 0..<count {
            guard let name = reader.name(), let type = reader.word(), let class_ = reader.word(), reader.skip(4),
                let length = reader.word().map(Int.init), length <= reader.left
            else { return nil }
            let end = reader.position + length
            if class_ == 1, type == 5 {
                guard let alias = reader.name(), reader.position == end else { return nil }
                records.append((name, .alias(alias)))
            } else if class_ == 1, type == kind.rawValue {
                guard let address = IPAddress(bytes: reader.bytes[reader.position..<end]),
                    address.isV4 == (kind == .a)
                else { return nil }
                records.append((name, .address(address)))
            }
            reader.position = end
        }
        return records
    }

    /// The addresses of the name, or of what it is an alias of; records of other names are not of interest.
    private func follow(_ records: [Record]) -> [IPAddress] {
        var name = labels
        for _ in 0..<Self.aliasesMax {
            let addresses = records.compactMap { record in
                if record.name == name, case .address(let address) = record.data { address } else { nil }
            }
            if !addresses.isEmpty { return addresses }
            let aliases = records.lazy.compactMap { record in
                if record.name == name, case .alias(let alias) = record.data { alias } else { nil }
            }
            guard let next = aliases.first else { return [] }
            name = next
        }
        return []
    }
}

/// Reads a message's fields; every step is checked against its end.
struct DNSReader {
    let bytes: [UInt8]
    var position = 0

    /// A pointer leads backward, so more of them than this is a loop.
    private static let pointersMax = 32

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var left: Int { bytes.count - position }

    mutating func skip(_ count: Int) -> Bool {
        guard count <= left else { return false }
        position += count
        return true
    }

    mutating func word() -> UInt16? {
        guard left >= 2 else { return nil }
        defer { position += 2 }
        return UInt16(bytes[position]) << 8 | UInt16(bytes[position + 1])
    }

    mutating func header() -> (id: UInt16, flags: UInt16, questions: UInt16, answers: UInt16)? {
        guard let id = word(), let flags = word(), let questions = word(), let answers = word(), skip(4) else {
            return nil
        }
        return (id, flags, questions, answers)
    }

    /// A name's labels in lower case, following the pointers that compress it.
    mutating func name() -> [[UInt8]]? {
        var labels: [[UInt8]] = []
        var (at, end, pointers) = (position, Int?.none, 0)
        while at < bytes.count {
            let length = Int(bytes[at])
            switch length {
            case 0:
                position = end ?? at + 1
                return labels
            case 1...63:
                guard at + 1 + length <= bytes.count, labels.count < 128 else { return nil }
                labels.append(bytes[(at + 1)...(at + length)].map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 })
                at += 1 + length
            case 0xC0...0xFF:
                guard at + 1 < bytes.count, pointers < Self.pointersMax else { return nil }
                end = end ?? at + 2
                at = (length & 0x3F) << 8 | Int(bytes[at + 1])
                pointers += 1
            default: return nil
            }
        }
        return nil
    }
}
