import CEL

/// What keeps a text from being a quantity.
enum QuantityProblem: Error {
    case format
    case number
    case suffix
    case size

    var message: StaticString {
        switch self {
        case .format:
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
        case .number: "unable to parse numeric part of quantity"
        case .suffix: "unable to parse quantity's suffix"
        case .size: "quantity has too many digits"
        }
    }
}

/// The parts of a quantity as it is written.
private struct QuantityText {
    var isNegative = false
    /// Everything before the suffix but the sign.
    var number: ByteView
    /// The digits before the point without leading zeros.
    var whole: ByteView
    /// The digits behind the point.
    var fraction = ByteView.empty
    var suffix: ByteView

    /// Nil where the text has not the form of a quantity.
    init?(_ text: ByteView) {
        var position = 0
        func skip(_ isWanted: (UInt8) -> Bool) -> Range<Int> {
            let start = position
            while position < text.count, isWanted(text[position]) { position += 1 }
            return start..<position
        }
        if let first = text.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
            isNegative = first == UInt8(ascii: "-")
            position = 1
        }
        let start = position
        _ = skip { $0 == UInt8(ascii: "0") }
        whole = text[view: skip(Self.isDigit)]
        if position < text.count, text[position] == UInt8(ascii: ".") {
            position += 1
            fraction = text[view: skip(Self.isDigit)]
        }
        number = text[view: start..<position]
        suffix = text[view: position..<text.count]
        _ = skip(Self.isSuffixLetter)
        if position < text.count, text[position] == UInt8(ascii: "-") || text[position] == UInt8(ascii: "+") {
            position += 1
        }
        _ = skip(Self.isDigit)
        if position < text.count { return nil }
    }

    static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    private static func isSuffixLetter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "e"), UInt8(ascii: "E"), UInt8(ascii: "i"), UInt8(ascii: "n"), UInt8(ascii: "u"),
            UInt8(ascii: "m"), UInt8(ascii: "k"), UInt8(ascii: "K"), UInt8(ascii: "M"), UInt8(ascii: "G"),
            UInt8(ascii: "T"), UInt8(ascii: "P"):
            true
        default: false
        }
    }

    /// How many digits count for whether a 64-bit number holds them; no digits are the digit zero.
    var digitCount: Int { max(1, whole.count) + fraction.count }

    var endsInThousands: Bool {
        let last = fraction.count
        return digitCount >= 3
            && (0..<3).allSatisfy { place in
                let digit = place < last ? fraction[last - 1 - place] : wholeDigit(place - last)
                return digit == UInt8(ascii: "0")
            }
    }

    private func wholeDigit(_ place: Int) -> UInt8 {
        place < whole.count ? whole[whole.count - 1 - place] : UInt8(ascii: "0")
    }
}

/// What a suffix stands for: two or ten to a power.
private struct QuantitySuffix {
    var isBinary = false
    var exponent: Int32
    var format: Quantity.Format

    private static let binary: [(StaticString, Int32)] = [
        ("Ki", 10), ("Mi", 20), ("Gi", 30), ("Ti", 40), ("Pi", 50), ("Ei", 60),
    ]

    /// Nil where the suffix stands for nothing.
    init?(_ suffix: ByteView) {
        if let power = Self.decimalPower(suffix) {
            (exponent, format) = (power, .decimalSI)
        } else if let (_, power) = Self.binary.first(where: { ByteView($0.0).hasSameBytes(as: suffix) }) {
            (isBinary, exponent, format) = (true, power, .binarySI)
        } else {
            guard suffix.count > 1, suffix[0] | 0x20 == UInt8(ascii: "e"),
                let power = Self.integer(suffix[view: 1..<suffix.count])
            else { return nil }
            // The reference implementation keeps the lower 32 bits.
            (exponent, format) = (Int32(truncatingIfNeeded: power), .decimalExponent)
        }
    }

    private static func decimalPower(_ suffix: ByteView) -> Int32? {
        guard suffix.count <= 1 else { return nil }
        switch suffix.first {
        case nil: return 0
        case UInt8(ascii: "n"): return -9
        case UInt8(ascii: "u"): return -6
        case UInt8(ascii: "m"): return -3
        case UInt8(ascii: "k"): return 3
        case UInt8(ascii: "M"): return 6
        case UInt8(ascii: "G"): return 9
        case UInt8(ascii: "T"): return 12
        case UInt8(ascii: "P"): return 15
        case UInt8(ascii: "E"): return 18
        default: return nil
        }
    }

    /// A number with or without a sign; nil where it is none, or does not fit.
    private static func integer(_ text: ByteView) -> Int64? {
        let isNegative = text[0] == UInt8(ascii: "-")
        let start = isNegative || text[0] == UInt8(ascii: "+") ? 1 : 0
        guard start < text.count else { return nil }
        var value: Int64 = 0
        for index in start..<text.count {
            guard QuantityText.isDigit(text[index]) else { return nil }
            let (product, overflows) = value.multipliedReportingOverflow(by: 10)
            let digit = Int64(text[index] - UInt8(ascii: "0"))
            let (sum, tooLarge) = product.addingReportingOverflow(isNegative ? -digit : digit)
            if overflows || tooLarge { return nil }
            value = sum
        }
        return value
    }
}

extension Quantity {
    /// Digits that always fit a 64-bit number.
    private static let safeDigits = 18
    /// The same with room for a binary suffix.
    private static let safeBinaryDigits = 14
    /// The smallest power of ten that an amount has: nano.
    private static let scaleMin: Int32 = -9

    /// Reads a quantity; larger ones than a 64-bit number holds lie in the arena.
    static func parse(_ source: ByteView, _ evaluator: inout Evaluator) throws(QuantityProblem) -> Quantity {
        if source.count == 0 { throw .format }
        guard let text = QuantityText(source) else { throw .format }
        guard let suffix = QuantitySuffix(text.suffix) else { throw .suffix }
        if source.count == 1, source[0] == UInt8(ascii: "0") {
            var zero = Quantity(0, .decimalSI)
            zero.text = source
            return zero
        }
        if let small = small(text, suffix, source) { return small }
        return try large(text, suffix, &evaluator)
    }

    /// The amount as a 64-bit number; nil where it may not fit.
    private static func small(_ text: QuantityText, _ suffix: QuantitySuffix, _ source: ByteView) -> Quantity? {
        let scale: Int32
        if suffix.isBinary {
            let room = safeBinaryDigits - Int(suffix.exponent) * 3 / 10
            guard text.fraction.count == 0, text.digitCount <= room else { return nil }
            scale = 0
        } else {
            guard text.digitCount <= safeDigits else { return nil }
            scale = suffix.exponent &- Int32(text.fraction.count)
            guard scale >= scaleMin else { return nil }
        }
        var value: Int64 = 0
        for digit in text.whole { value = value * 10 + Int64(digit - UInt8(ascii: "0")) }
        for digit in text.fraction { value = value * 10 + Int64(digit - UInt8(ascii: "0")) }
        let shifted = suffix.isBinary ? value << Int64(suffix.exponent) : value
        var small = Quantity(text.isNegative ? -shifted : shifted, scale: scale, suffix.format)
        let isCanonical =
            suffix.isBinary ? value & 7 != 0 : scale % 3 == 0 && text.whole.count > 0 && !text.endsInThousands
        if isCanonical { small.text = source }
        return small
    }

    private static func large(
        _ text: QuantityText, _ suffix: QuantitySuffix, _ evaluator: inout Evaluator
    ) throws(QuantityProblem) -> Quantity {
        guard text.number.contains(where: QuantityText.isDigit) else { throw .number }
        guard text.number.count <= Decimal.digitsMax, !evaluator.mustStop(after: text.number.count / 16 + 1) else {
            throw .size
        }
        let digits = evaluator.copy(.string, text.number.lazy.filter(QuantityText.isDigit))
        if digits.isError { throw .size }
        var scale = 0 &- Int32(truncatingIfNeeded: text.fraction.count)
        if !suffix.isBinary { scale = scale &+ suffix.exponent }
        var amount = Decimal(isNegative: false, digits: digits.bytes, exponent: Int(scale))
        if suffix.isBinary {
            guard let shifted = amount.shifted(by: UInt64(suffix.exponent), &evaluator) else { throw .size }
            amount = shifted
        }
        if !amount.isZero {
            guard let rounded = amount.roundedUp(to: Int(scaleMin), &evaluator) else { throw .size }
            amount = rounded
            scale = scaleMin
        }
        return capped(amount, scale, suffix.format, isNegative: text.isNegative)
    }

    /// Binary amounts end where 64-bit numbers do, and below one they are written with decimal suffixes.
    private static func capped(_ amount: Decimal, _ scale: Int32, _ format: Format, isNegative: Bool) -> Quantity {
        let largest = Decimal(isNegative: false, digits: ByteView("9223372036854775807"), exponent: 0)
        let one = Decimal(isNegative: false, digits: ByteView("1"), exponent: 0)
        var quantity = Quantity(amount, scale: scale, format)
        if format == .binarySI, amount.order(largest) > 0 { quantity = Quantity(largest, scale: 0, format) }
        if format == .binarySI, !amount.isZero, amount.order(one) < 0 { quantity.format = .decimalSI }
        if isNegative { quantity.decimal = quantity.decimal.negated() }
        return quantity
    }
}
