/// Takes the framing out of a chunked body, in the buffer that holds it: afterwards the body is contiguous.
///
///     ┌──────┬───────────────┬──────────────────────┐
///     │ head │ decoded so far│ framing not yet whole│   the buffer between two calls
///     └──────┴───────────────┴──────────────────────┘
///
/// What has been decoded is moved down over the framing, and what is left over moves down behind it, so that a body of
/// many small chunks needs no more memory than its content.
struct ChunkedBody: Sendable {
    private enum Phase: Equatable { case size, data(Int), dataEnd, trailer }

    enum Outcome: Equatable {
        /// More bytes are needed; only so many of the buffer are still of use.
        case needsMore(kept: Int)
        /// The body is complete, and the message ends at this index.
        case complete(end: Int)
    }

    /// Where the decoded part ends.
    private(set) var end: Int
    private let start: Int
    private let bodyBytesMax: Int
    private let lineBytesMax: Int
    private let trailerBytesMax: Int
    private var trailerBytes = 0
    private var phase = Phase.size

    /// A body that begins at that index.
    init(start: Int, limits: HTTPLimits) {
        self.start = start
        end = start
        bodyBytesMax = limits.bodyBytes
        lineBytesMax = limits.chunkLineBytesMax
        trailerBytesMax = limits.trailerBytesMax
    }

    /// Goes on where the last call ended: at `end`.
    mutating func decode(_ bytes: inout MutableSpan<UInt8>) throws(RequestError) -> Outcome {
        var raw = end
        while true {
            switch phase {
            case .size:
                guard let line = try line(bytes.span, from: raw, max: lineBytesMax, else: .chunkLine) else {
                    return keep(&bytes, from: raw)
                }
                raw = line.end &+ 2
                let size = try Self.size(line, bytes.span)
                if size > bodyBytesMax &- (end &- start) { throw .bodyTooLong }
                phase = size == 0 ? .trailer : .data(size)
            case .data(let remaining):
                let count = min(remaining, bytes.count &- raw)
                ByteMove.move(&bytes, from: raw, to: end, count: count)
                raw &+= count
                end &+= count
                if count < remaining {
                    phase = .data(remaining &- count)
                    return keep(&bytes, from: raw)
                }
                phase = .dataEnd
            case .dataEnd:
                guard try Self.isLineEnd(bytes.span, at: raw) else { return keep(&bytes, from: raw) }
                raw &+= 2
                phase = .size
            case .trailer:
                let room = trailerBytesMax &- trailerBytes
                guard let line = try line(bytes.span, from: raw, max: room, else: .trailer) else {
                    return keep(&bytes, from: raw)
                }
                raw = line.end &+ 2
                if line.isEmpty { return .complete(end: raw) }
                trailerBytes &+= line.count &+ 2
                try Self.checkTrailer(line, bytes.span)
            }
        }
    }

    private mutating func keep(_ bytes: inout MutableSpan<UInt8>, from raw: Int) -> Outcome {
        let rest = bytes.count &- raw
        ByteMove.move(&bytes, from: raw, to: end, count: rest)
        return .needsMore(kept: end &+ rest)
    }
}

extension ChunkedBody {
    /// A complete line of at most `max` bytes that starts at `start`; nil when its end is not there yet.
    private func line(
        _ bytes: Span<UInt8>, from start: Int, max: Int, else tooLong: RequestError
    ) throws(RequestError) -> ByteRange? {
        if max < 0 { throw tooLong }
        let limit = min(bytes.count, start &+ max &+ 1)
        switch LineScan.next(in: bytes, from: min(start, limit), to: limit) {
        case .lineEnd(let index): return ByteRange(start, index)
        case .halfLineEnd: return nil
        case .none:
            if limit < bytes.count { throw tooLong }
            return nil
        case .strayReturn: throw .strayReturn
        case .strayLineFeed: throw .strayLineFeed
        case .control: throw tooLong
        }
    }

    /// `1*HEXDIG` and extensions, which are passed over. No whitespace before them: readers disagree about it.
    private static func size(_ line: ByteRange, _ bytes: Span<UInt8>) throws(RequestError) -> Int {
        var size = 0
        var position = line.start
        while position < line.end, let digit = ByteClass.hexadecimal(bytes[position]) {
            // Past what any limit allows the exact number does not matter.
            size = min(size << 4 | Int(digit), 1 << 40)
            position &+= 1
        }
        guard position > line.start, position &- line.start <= 16 else { throw .chunkSize }
        guard position < line.end else { return size }
        guard bytes[position] == UInt8(ascii: ";"), position &+ 1 < line.end else { throw .chunkSize }
        return size
    }

    /// Whether CRLF is at `index`; false while that cannot be told.
    private static func isLineEnd(_ bytes: Span<UInt8>, at index: Int) throws(RequestError) -> Bool {
        guard index < bytes.count else { return false }
        guard bytes[index] == 0x0D else { throw .chunkEnd }
        guard index &+ 1 < bytes.count else { return false }
        guard bytes[index &+ 1] == 0x0A else { throw .chunkEnd }
        return true
    }

    private static func checkTrailer(_ line: ByteRange, _ bytes: Span<UInt8>) throws(RequestError) {
        do throws(RequestError) { _ = try FieldLine.colon(line, bytes) } catch { throw .trailer }
    }
}

/// Moving bytes within a buffer.
enum ByteMove {
    /// Copies `count` bytes down or up; the stretches may overlap.
    static func move(_ bytes: inout MutableSpan<UInt8>, from source: Int, to target: Int, count: Int) {
        guard count > 0, source != target else { return }
        precondition(source >= 0 && target >= 0 && max(source, target) + count <= bytes.count)
        unsafe bytes.withUnsafeMutableBytes { raw in
            let moved = unsafe UnsafeRawBufferPointer(rebasing: raw[source..<source + count])
            unsafe UnsafeMutableRawBufferPointer(rebasing: raw[target..<target + count]).copyMemory(from: moved)
        }
    }
}
