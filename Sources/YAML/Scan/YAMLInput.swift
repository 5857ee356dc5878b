/// One piece of a text, checked to be characters YAML allows, and padded so that looking ahead needs no bounds.
///
/// The padding is NUL, which no accepted text holds: loops stop at it by themselves. UTF-16, which YAML also allows, is
/// refused as text that is not UTF-8: Kubernetes' stream reader could not divide it.
struct YAMLInput: Sendable {
    /// The piece, then `padding` times NUL.
    let bytes: [UInt8]
    /// Where the padding starts.
    let end: Int
    /// What to add to an offset here to have one in the whole text.
    let base: Int

    /// The furthest a scanner looks beyond the byte it is at, and a little more.
    static let padding = 16

    /// Checks and copies `range` of the text; a byte order mark at its start is dropped.
    ///
    /// `closesLine` ends the last line if it has no end: the Kubernetes stream reader hands on whole lines, and to the
    /// core grammar the end of the text is the end of a line.
    init(_ text: YAMLText, _ range: Range<Int>, schema: YAMLSchema, closesLine: Bool = false) throws(YAMLError) {
        var start = range.lowerBound
        let source = text.bytes
        if range.count >= 3, source[start] == 0xEF, source[start + 1] == 0xBB, source[start + 2] == 0xBF {
            start += 3
        }
        let fault = Self.check(source.span.extracting(start..<range.upperBound), schema)
        if let fault {
            let offset = start + fault.offset
            throw YAMLError(fault.reason, position: text.position(at: offset), offset: offset)
        }
        var copy: [UInt8] = []
        copy.reserveCapacity(range.upperBound - start + Self.padding + 1)
        copy += source[start..<range.upperBound]
        if closesLine || schema == .core, copy.last != 0x0A, !copy.isEmpty { copy.append(0x0A) }
        end = copy.count
        for _ in 0..<Self.padding { copy.append(0) }
        bytes = copy
        base = start
    }

    /// The first character that is not allowed, if there is one.
    private static func check(
        _ bytes: Span<UInt8>, _ schema: YAMLSchema
    ) -> (reason: YAMLError.Reason, offset: Int)? {
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte >= 0x20 && byte < 0x7F || byte == 0x0A {
                index += 1
                continue
            }
            if byte < 0x80 {
                guard byte == 0x09 || byte == 0x0D || (byte == 0x7F && schema == .core) else {
                    return (.controlCharacter, index)
                }
                index += 1
                continue
            }
            guard let (scalar, width) = decode(bytes, at: index) else { return (.invalidUTF8, index) }
            guard isAllowed(scalar, schema) else { return (.controlCharacter, index) }
            index += width
        }
        return nil
    }

    /// Beyond ASCII both schemas take what YAML calls printable; the core schema also what JSON takes, since its
    /// quoted scalars may hold it (it is accepted everywhere, which is more lenient than the specification).
    private static func isAllowed(_ scalar: UInt32, _ schema: YAMLSchema) -> Bool {
        schema == .core || scalar == 0x85 || (scalar >= 0xA0 && scalar != 0xFFFE && scalar != 0xFFFF)
    }

    /// One character of two to four bytes, or nil if it is not UTF-8.
    static func decode(_ bytes: Span<UInt8>, at index: Int) -> (scalar: UInt32, width: Int)? {
        let lead = bytes[index]
        let width = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2
        guard lead >= 0xC2, lead <= 0xF4, bytes.count - index >= width else { return nil }
        var scalar = UInt32(lead) & (0xFF >> UInt32(width + 1))
        for step in 1..<width {
            let byte = bytes[index + step]
            guard byte & 0xC0 == 0x80 else { return nil }
            scalar = scalar << 6 | UInt32(byte & 0x3F)
        }
        let isShortest = width == 2 || (width == 3 && scalar >= 0x800) || (width == 4 && scalar >= 0x10000)
        guard isShortest, scalar <= 0x10FFFF, !(0xD800...0xDFFF).contains(scalar) else { return nil }
        return (scalar, width)
    }
}
