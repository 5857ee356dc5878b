internal import JSON

// Scalars as values and as keys.

extension YAMLDecoder {
    /// What a scalar means under its tag.
    private func resolve(_ node: YAMLNode) throws(YAMLError) -> YAMLScalar {
        switch node.tag {
        case .string, .merge, .other, .binary: return .string
        case .timestamp where options.schema == .core: return .string
        case .none where !node.isImplicit: return .string
        default: break
        }
        let schema = options.schema
        guard let value = withBytes(node.text, { schema.resolve($0, tag: node.tag) }).tagged(node.tag) else {
            throw fail(.wrongTag, at: node.start, subject: string(node.text))
        }
        return value
    }

    mutating func writeScalar(_ node: YAMLNode) throws(YAMLError) {
        if isBinary(node) {
            let decoded = try decodeBinary(node)
            return builder.string(decoded.span)
        }
        switch try resolve(node) {
        case .null: builder.null()
        case .bool(let value): builder.bool(value)
        case .int(let value): builder.int(value)
        case .uint(let value): builder.uint(value)
        case .double(let value): try writeDouble(value, node)
        case .string, .timestamp: put(string: node.text.isScratch ? scratch : source, node.text.range, into: &builder)
        }
    }

    /// Kubernetes' reader prints a whole float without a point and then reads that as an integer.
    private mutating func writeDouble(_ value: Double, _ node: YAMLNode) throws(YAMLError) {
        guard value.isFinite else { throw fail(.notANumber, at: node.start, subject: string(node.text)) }
        if options.schema == .kubernetes, let whole = YAMLNumber.whole(value) { return builder.int(whole) }
        builder.double(value)
    }

    /// A key as JSON has it; the value is filled in by the caller.
    mutating func entry(key index: Int) throws(YAMLError) -> YAMLEntry {
        let start = nodes[index].start
        var node = nodes[index]
        if node.kind == .alias { node = nodes[Int(node.target)] }
        guard node.kind == .scalar else { throw fail(.complexKey, at: start) }
        var entry = YAMLEntry(key: node.text, isExpansion: false, keyStart: start, value: 0)
        if isBinary(node) {
            setKey(of: &entry, to: try decodeBinary(node))
        } else if let text = try madeKey(resolve(node), at: start) {
            setKey(of: &entry, to: Array(text.utf8))
        }
        return entry
    }

    private mutating func setKey(of entry: inout YAMLEntry, to bytes: [UInt8]) {
        entry.key = YAMLSlice(scratch.count, scratch.count + bytes.count)
        entry.key.isScratch = true
        scratch += bytes
    }

    /// The text of a key that is no string, or nil where it is what was written.
    ///
    /// The core schema leaves keys as they were written; Kubernetes' library prints their values.
    private func madeKey(_ value: YAMLScalar, at start: Int32) throws(YAMLError) -> String? {
        guard options.schema == .kubernetes else { return nil }
        switch value {
        case .null: throw fail(.nullKey, at: start)
        case .string, .timestamp: return nil
        case .bool(let value): return value ? "true" : "false"
        case .int(let value): return String(value)
        case .uint: throw fail(.unsignedKey, at: start)
        case .double(let value): return YAMLNumber.keyText(value)
        }
    }
}

// MARK: Base64

extension YAMLDecoder {
    /// The core schema has no binary values: what such a tag is on stays the text it is.
    private func isBinary(_ node: YAMLNode) -> Bool { node.tag == .binary && options.schema == .kubernetes }

    /// The bytes of a `!!binary` value as text; each byte that is not UTF-8 is replaced, as Go's JSON encoder does.
    private func decodeBinary(_ node: YAMLNode) throws(YAMLError) -> [UInt8] {
        guard let decoded = Base64.decode((node.text.isScratch ? scratch : source)[node.text.range]) else {
            throw fail(.invalidBinary, at: node.start)
        }
        return Self.replacingInvalid(decoded.span)
    }

    private static func replacingInvalid(_ bytes: Span<UInt8>) -> [UInt8] {
        var text: [UInt8] = []
        var index = 0
        while index < bytes.count {
            let width = bytes[index] < 0x80 ? 1 : YAMLInput.decode(bytes, at: index)?.width ?? 0
            if width == 0 { text += [0xEF, 0xBF, 0xBD] }
            for step in 0..<width { text.append(bytes[index + step]) }
            index += max(width, 1)
        }
        return text
    }
}

/// The standard alphabet with padding; line breaks are passed over.
enum Base64 {
    static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        var decoded: [UInt8] = []
        var group: UInt32 = 0
        var digits = 0
        var padding = 0
        for byte in text where byte != 0x0A && byte != 0x0D {
            if byte == UInt8(ascii: "=") {
                guard digits >= 2 else { return nil }
                padding += 1
                digits += 1
                group <<= 6
            } else {
                guard padding == 0, let value = value(byte) else { return nil }
                group = group << 6 | value
                digits += 1
            }
            guard digits == 4 else { continue }
            for step in 0..<(3 - padding) { decoded.append(UInt8(truncatingIfNeeded: group >> UInt32(16 - 8 * step))) }
            (group, digits) = (0, padding > 0 ? 8 : 0)
        }
        return digits == 0 || digits == 8 ? decoded : nil
    }

    private static func value(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte) - 65
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte) - 71
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte) + 4
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
