extension JSONWriter {
    /// A quoted string whose value these bytes are.
    mutating func quote(_ value: TextBytes) {
        ensure(value.count &+ 2)
        store(UInt8(ascii: "\""))
        guard Self.plainEnd(value, from: 0) == value.count else {
            escape(value)
            return put(UInt8(ascii: "\""))
        }
        store(value)
        store(UInt8(ascii: "\""))
    }

    /// A quoted string from the text between the quotes of another one.
    mutating func requote(_ source: TextBytes) {
        put(UInt8(ascii: "\""))
        var pieces = StringPieces(source)
        while let piece = pieces.next() {
            switch piece {
            case .run(let start, let count): escape(source.slice(start, count))
            case .scalar(let scalar): self.scalar(scalar)
            }
        }
        put(UInt8(ascii: "\""))
    }

    /// Copies what needs no escape in runs, and escapes the rest.
    private mutating func escape(_ value: TextBytes) {
        var start = 0
        var index = 0
        while true {
            index = Self.plainEnd(value, from: index)
            if index >= value.count { break }
            let length = UTF8Scan.length(value, at: index)
            if length > 1, !Self.isLineSeparator(value, at: index) {
                index &+= length
                continue
            }
            put(value.slice(start, index &- start))
            if length == 1 {
                control(value[index])
            } else {
                unicodeEscape(length == 3 ? 0x2000 | UInt32(value[index &+ 2] & 0x3F) : 0xFFFD)
            }
            index &+= Swift.max(length, 1)
            start = index
        }
        put(value.slice(start, value.count &- start))
    }

    /// The first index from `start` on whose byte is not a plain ASCII character.
    @inline(__always) private static func plainEnd(_ value: TextBytes, from start: Int) -> Int {
        var index = start
        while index &+ 8 <= value.count {
            let stops = StringScan.stops(value.eight(at: index))
            if stops != 0 { return index &+ stops.trailingZeroBitCount &>> 3 }
            index &+= 8
        }
        // Most strings are short: what is left is looked at once more with what stands before it.
        if index < value.count, value.count >= 8, StringScan.stops(value.eight(at: value.count &- 8)) == 0 {
            return value.count
        }
        if start == 0, index < value.count, value.count >= 4, value.count < 8 {
            let eight = UInt64(value.four(at: 0)) | UInt64(value.four(at: value.count &- 4)) << 32
            if StringScan.stops(eight) == 0 { return value.count }
        }
        while index < value.count {
            let byte = value[index]
            if byte < 0x20 || byte >= 0x80 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return index }
            index &+= 1
        }
        return index
    }

    /// U+2028 and U+2029, which Go escapes because JavaScript takes them for line ends. The bits of their last byte and
    /// 0x2000 make them up again.
    private static func isLineSeparator(_ value: TextBytes, at index: Int) -> Bool {
        value[index] == 0xE2 && value[index + 1] == 0x80 && value[index + 2] | 1 == 0xA9
    }

    private mutating func scalar(_ scalar: UInt32) {
        if scalar < 0x20 || scalar == 0x22 || scalar == 0x5C { return control(UInt8(truncatingIfNeeded: scalar)) }
        if scalar == 0x2028 || scalar == 0x2029 { return unicodeEscape(scalar) }
        var (encoded, count) = UTF8Scan.encode(scalar)
        ensure(4)
        while count > 0 {
            store(UInt8(truncatingIfNeeded: encoded))
            encoded >>= 8
            count -= 1
        }
    }

    /// A quote, a backslash or a control character.
    private mutating func control(_ byte: UInt8) {
        let letter: UInt8
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): letter = byte
        case 0x08: letter = UInt8(ascii: "b")
        case 0x09: letter = UInt8(ascii: "t")
        case 0x0A: letter = UInt8(ascii: "n")
        case 0x0C: letter = UInt8(ascii: "f")
        case 0x0D: letter = UInt8(ascii: "r")
        default: return unicodeEscape(UInt32(byte))
        }
        ensure(2)
        store(UInt8(ascii: "\\"))
        store(letter)
    }

    private mutating func unicodeEscape(_ unit: UInt32) {
        ensure(6)
        store(UInt8(ascii: "\\"))
        store(UInt8(ascii: "u"))
        for shift in [12, 8, 4, 0] as [UInt32] {
            let digit = UInt8(truncatingIfNeeded: unit >> shift & 0xF)
            store(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }
}

extension JSONWriter {
    mutating func decimal(_ magnitude: UInt64, isNegative: Bool) {
        ensure(21)
        if isNegative { store(UInt8(ascii: "-")) }
        var (rest, digits) = (magnitude, 1)
        while rest >= 10 { (rest, digits) = (rest / 10, digits &+ 1) }
        store(digits: digits, of: magnitude)
    }

    /// That many thousandths, without zeros at the end.
    mutating func decimal(thousandths: UInt64, isNegative: Bool) {
        decimal(thousandths / 1000, isNegative: isNegative)
        var rest = thousandths % 1000
        if rest == 0 { return }
        ensure(4)
        store(UInt8(ascii: "."))
        while rest > 0 {
            store(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest / 100))
            rest = rest % 100 * 10
        }
    }

    /// The shortest digits that read back as the same float, laid out as Go does: an exponent below 1e-6 and from 1e21 on.
    mutating func real(_ value: Double) {
        if value.sign == .minus { put(UInt8(ascii: "-")) }
        var digits = ShortestDigits(value.magnitude)
        digits.trim()
        ensure(32 + 24)
        if value == 0 { return store(UInt8(ascii: "0")) }
        if digits.point <= -6 || digits.point > 21 { return scientific(digits) }
        if digits.point <= 0 {
            store(UInt8(ascii: "0"))
            store(UInt8(ascii: "."))
            for _ in digits.point..<0 { store(UInt8(ascii: "0")) }
            return store(digits, 0, digits.count)
        }
        store(digits, 0, min(digits.point, digits.count))
        if digits.point >= digits.count {
            for _ in digits.count..<digits.point { store(UInt8(ascii: "0")) }
        } else {
            store(UInt8(ascii: "."))
            store(digits, digits.point, digits.count)
        }
    }

    private mutating func scientific(_ digits: ShortestDigits) {
        store(digits, 0, 1)
        if digits.count > 1 {
            store(UInt8(ascii: "."))
            store(digits, 1, digits.count)
        }
        store(UInt8(ascii: "e"))
        store(UInt8(ascii: digits.point > 0 ? "+" : "-"))
        decimal(UInt64((digits.point - 1).magnitude), isNegative: false)
    }

    private mutating func store(_ digits: ShortestDigits, _ from: Int, _ to: Int) {
        for index in from..<to { store(digits[index]) }
    }
}

/// A float's shortest digits, taken from the standard library's description, and where the decimal point stands.
struct ShortestDigits {
    private var digits = InlineArray<20, UInt8>(repeating: UInt8(ascii: "0"))
    private(set) var count = 0
    /// The point stands before the digit of this index; negative when zeros come between.
    private(set) var point = 0

    init(_ magnitude: Double) {
        var hasPoint = false
        var exponent = 0
        var inExponent = false
        var isNegative = false
        for byte in magnitude.description.utf8 {
            switch byte {
            case UInt8(ascii: "."): hasPoint = true
            case UInt8(ascii: "e"): inExponent = true
            case UInt8(ascii: "-"): isNegative = true
            case UInt8(ascii: "+"): break
            default:
                if inExponent {
                    exponent = exponent * 10 + Int(byte & 0x0F)
                } else {
                    take(byte, isFraction: hasPoint)
                }
            }
        }
        point += isNegative ? -exponent : exponent
    }

    subscript(_ index: Int) -> UInt8 { digits[index] }

    private mutating func take(_ digit: UInt8, isFraction: Bool) {
        let isLeadingZero = count == 0 && digit == UInt8(ascii: "0")
        if !isLeadingZero, count < 20 {
            digits[count] = digit
            count += 1
        }
        if isFraction {
            if isLeadingZero { point -= 1 }
        } else if !isLeadingZero {
            point += 1
        }
    }

    /// Drops zeros at the end.
    mutating func trim() {
        while count > 1, digits[count - 1] == UInt8(ascii: "0") { count -= 1 }
    }
}
