extension IPAddress {
    /// Reads an address as RFC 4291 and the dotted notation have it: no leading zeros in decimals, no zone; nil for
    /// anything else.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        if bytes.contains(UInt8(ascii: ":")) {
            guard let words = Self.words(bytes[...]) else { return nil }
            let high = words[..<4].reduce(UInt64(0)) { $0 << 16 | UInt64($1) }
            self.init(high: high, low: words[4...].reduce(UInt64(0)) { $0 << 16 | UInt64($1) })
        } else {
            guard let value = Self.dotted(bytes[...]) else { return nil }
            self.init(v4: value)
        }
    }

    private static func dotted(_ text: ArraySlice<UInt8>) -> UInt32? {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.count), part.count == 1 || part.first != 0x30,
                part.allSatisfy({ (0x30...0x39).contains($0) })
            else { return nil }
            let number = part.reduce(UInt32(0)) { $0 * 10 + UInt32($1 - 0x30) }
            guard number < 256 else { return nil }
            value = value << 8 | number
        }
        return value
    }

    /// The eight words of an IPv6 address, of which one run of zeros may be left out as `::`.
    private static func words(_ text: ArraySlice<UInt8>) -> [UInt16]? {
        guard let gap = gapIndex(text) else {
            guard let all = plainWords(text), all.count == 8 else { return nil }
            return all
        }
        let (before, after) = (text[..<gap], text[(gap + 2)...])
        guard gapIndex(after) == nil, after.first != UInt8(ascii: ":"), !before.contains(UInt8(ascii: ".")),
            let head = before.isEmpty ? [] : plainWords(before), let tail = after.isEmpty ? [] : plainWords(after),
            head.count + tail.count < 8
        else { return nil }
        return head + [UInt16](repeating: 0, count: 8 - head.count - tail.count) + tail
    }

    private static func gapIndex(_ text: ArraySlice<UInt8>) -> Int? {
        text.indices.dropLast().first { text[$0] == UInt8(ascii: ":") && text[$0 + 1] == UInt8(ascii: ":") }
    }

    private static func plainWords(_ text: ArraySlice<UInt8>) -> [UInt16]? {
        let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        var words: [UInt16] = []
        for (index, part) in parts.enumerated() {
            if index == parts.count - 1, part.contains(UInt8(ascii: ".")) {
                guard let v4 = dotted(part) else { return nil }
                words += [UInt16(v4 >> 16), UInt16(v4 & 0xFFFF)]
            } else {
                guard (1...4).contains(part.count), !part.contains(where: { $0 == 0x2B || $0 == 0x2D }),
                    let word = UInt16(String(decoding: part, as: UTF8.self), radix: 16)
                else { return nil }
                words.append(word)
            }
            if words.count > 8 { return nil }
        }
        return words
    }
}

extension IPAddress: CustomStringConvertible {
    /// Dotted for IPv4; as RFC 5952 has it for IPv6.
    public var description: String {
        if isV4 { return bytes.map(String.init).joined(separator: ".") }
        if high == 0, low >> 32 == 0xFFFF { return "::ffff:\(unmapped)" }
        let words = [high, low].flatMap { half in (0..<4).map { UInt16(truncatingIfNeeded: half >> (48 - 16 * $0)) } }
        let gap = Self.longestZeros(words)
        let text = { (part: ArraySlice<UInt16>) in part.map { String($0, radix: 16) }.joined(separator: ":") }
        guard gap.count > 1 else { return text(words[...]) }
        return text(words[..<gap.lowerBound]) + "::" + text(words[gap.upperBound...])
    }

    private static func longestZeros(_ words: [UInt16]) -> Range<Int> {
        var best = 0..<0
        var start = 0
        for index in 0...words.count where index == words.count || words[index] != 0 {
            if index - start > best.count { best = start..<index }
            start = index + 1
        }
        return best
    }
}
