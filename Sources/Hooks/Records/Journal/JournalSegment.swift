/// What the bytes of one file of a journal mean. All numbers have their lowest byte first.
///
///     header   "PCJOURN1" 8 · number of the first record 8 · salt 8 · checksum of these 4
///     record   length of the payload 4 · checksum 4 · number 8 · payload
///     record   …
///
/// A record's checksum is that of the salt, its length, its number and its payload. The salt is random and in no other place:
/// nobody can write a payload that looks like a record where a damaged one is searched for the next whole one.
struct JournalSegment {
    static let headerBytes = 28
    static let recordHeaderBytes = 16
    /// Numbers that are further apart than this are no neighbours, but damage.
    private static let gapMax: UInt64 = 1 << 32
    private static let magic = Array("PCJOURN1".utf8)

    /// The number that its first record has or will have.
    let first: UInt64
    private let salt: UInt64

    init(first: UInt64, salt: UInt64) {
        self.first = first
        self.salt = salt
    }

    /// Reads a header; nil where it is none.
    init?(header bytes: [UInt8]) {
        guard bytes.count >= Self.headerBytes, bytes.starts(with: Self.magic) else { return nil }
        first = Self.number(bytes, at: 8)
        salt = Self.number(bytes, at: 16)
        guard header.elementsEqual(bytes[..<Self.headerBytes]) else { return nil }
    }

    /// The header's bytes.
    var header: [UInt8] {
        var bytes = Self.magic
        Self.append(first, to: &bytes)
        Self.append(salt, to: &bytes)
        var checksum = CRC32C()
        checksum.add(bytes.span)
        Self.append(checksum.value, to: &bytes)
        return bytes
    }

    /// A record's bytes.
    func record(_ number: UInt64, _ payload: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.recordHeaderBytes + payload.count)
        Self.append(UInt32(truncatingIfNeeded: payload.count), to: &bytes)
        Self.append(checksum(number, payload.span), to: &bytes)
        Self.append(number, to: &bytes)
        bytes += payload
        return bytes
    }

    private func checksum(_ number: UInt64, _ payload: Span<UInt8>) -> UInt32 {
        var prefix: [UInt8] = []
        Self.append(salt, to: &prefix)
        Self.append(UInt32(truncatingIfNeeded: payload.count), to: &prefix)
        Self.append(number, to: &prefix)
        var checksum = CRC32C()
        checksum.add(prefix.span)
        checksum.add(payload)
        return checksum.value
    }

    /// A whole record: its number, and where its payload is.
    struct Record {
        let number: UInt64
        let payload: Range<Int>
    }

    /// What is in a file.
    struct Content {
        var records: [Record] = []
        /// Where the first damage begins; the file's end where there is none.
        var soundEnd = JournalSegment.headerBytes
        /// Whether there are whole records behind damage.
        var isDamagedInside = false
    }

    /// Every whole record of a file's bytes, those behind damage too.
    func content(_ bytes: [UInt8]) -> Content {
        var content = Content()
        var position = Self.headerBytes
        var isSound = true
        while position < bytes.count {
            guard let record = record(in: bytes, at: position, after: content.records.last?.number) else {
                isSound = false
                position += 1
                continue
            }
            content.records.append(record)
            position = record.payload.upperBound
            if isSound { content.soundEnd = position } else { content.isDamagedInside = true }
        }
        return content
    }

    private func record(in bytes: [UInt8], at position: Int, after last: UInt64?) -> Record? {
        let start = position + Self.recordHeaderBytes
        guard start <= bytes.count else { return nil }
        let length = Int(Self.number(bytes, at: position) & 0xFFFF_FFFF)
        guard length <= bytes.count - start else { return nil }
        let number = Self.number(bytes, at: position + 8)
        let least = last.map { $0 &+ 1 } ?? first
        guard number >= least, number - least < Self.gapMax else { return nil }
        let payload = start..<start + length
        let checksum = UInt32(truncatingIfNeeded: Self.number(bytes, at: position) >> 32)
        guard self.checksum(number, bytes.span.extracting(payload)) == checksum else { return nil }
        return Record(number: number, payload: payload)
    }

    /// Eight bytes that are there, as a number.
    private static func number(_ bytes: [UInt8], at position: Int) -> UInt64 {
        (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[position + $1]) << UInt64(8 * $1) }
    }

    static func append<Number: FixedWidthInteger>(_ number: Number, to bytes: inout [UInt8]) {
        for shift in stride(from: 0, to: Number.bitWidth, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: number >> Number(shift)))
        }
    }
}
