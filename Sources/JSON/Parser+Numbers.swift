extension Parser {
    /// A number whose first character is at the position. Whole numbers of up to 18 digits are done here.
    @inline(__always) mutating func number(_ byte: UInt8) throws(JSONError) {
        let start = position
        let first = byte == UInt8(ascii: "-") ? start &+ 1 : start
        var index = first
        var value: UInt64 = 0
        var after: UInt8 = 0
        while index < text.count {
            after = text[index]
            let digit = after &- UInt8(ascii: "0")
            if digit > 9 { break }
            value = value &* 10 &+ UInt64(digit)
            index &+= 1
            after = 0
        }
        let digits = index &- first
        let isWhole = after != UInt8(ascii: ".") && after | 0x20 != UInt8(ascii: "e")
        if isWhole, digits == 1 || (digits > 1 && digits <= 18 && text[first] != UInt8(ascii: "0")) {
            words[next] = TapeWord.scalar(TapeTag.int, offset: start, length: index &- start)
            words[next &+ 1] = first == start ? value : 0 &- value
            position = index
        } else {
            let number = NumberScan.scan(text, at: start)
            if let reason = number.failure { throw JSONError(reason, at: number.end) }
            words[next] = TapeWord.scalar(number.tag, offset: start, length: number.end &- start)
            words[next &+ 1] = number.bits
            position = number.end
        }
        next &+= 2
    }
}

/// Any number that JSON can write.
struct NumberScan {
    /// Its tag and bits, and the index after its last character (or of the first that is wrong).
    private(set) var tag = TapeTag.double
    private(set) var bits: UInt64 = 0
    private(set) var end: Int
    private(set) var failure: JSONError.Reason?

    private let text: TextBytes
    private var isNegative = false
    /// The first 19 significant digits, and the power of ten that they are to be multiplied with.
    private var decimal = Decimal()

    private init(_ text: TextBytes, _ start: Int) {
        self.text = text
        end = start
    }

    @inline(never) static func scan(_ text: TextBytes, at start: Int) -> NumberScan {
        var number = NumberScan(text, start)
        number.read(from: start)
        return number
    }

    private var byte: UInt8 { end < text.count ? text[end] : 0 }
    private var isDigit: Bool { byte &- UInt8(ascii: "0") <= 9 }

    private mutating func read(from start: Int) {
        if byte == UInt8(ascii: "-") {
            isNegative = true
            end += 1
        }
        let first = end
        guard digits(ofFraction: false) else { return }
        if text[first] == UInt8(ascii: "0"), end > first + 1 {
            end = first + 1
            failure = .invalidNumber
            return
        }
        var isWhole = true
        if byte == UInt8(ascii: ".") {
            isWhole = false
            end += 1
            guard digits(ofFraction: true) else { return }
        }
        if byte | 0x20 == UInt8(ascii: "e") {
            isWhole = false
            guard exponent() else { return }
        }
        if isWhole, whole(from: first) { return }
        real(from: start)
    }

    /// Takes digits into the decimal; at least one is required.
    private mutating func digits(ofFraction isFraction: Bool) -> Bool {
        guard isDigit else {
            failure = end >= text.count ? .unexpectedEnd : .invalidNumber
            return false
        }
        while isDigit {
            decimal.take(byte &- UInt8(ascii: "0"), isFraction: isFraction)
            end += 1
        }
        return true
    }

    private mutating func exponent() -> Bool {
        end += 1
        let sign = byte
        if sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { end += 1 }
        guard isDigit else {
            failure = end >= text.count ? .unexpectedEnd : .invalidNumber
            return false
        }
        // More than any text has digits, so that clamping cannot change the outcome.
        let most = 1_000_000_000
        var value = 0
        while isDigit {
            if value < most { value = value * 10 + Int(byte &- UInt8(ascii: "0")) }
            end += 1
        }
        decimal.exponent += sign == UInt8(ascii: "-") ? -value : value
        return true
    }

    /// The exact value when a 64-bit integer holds it.
    private mutating func whole(from first: Int) -> Bool {
        guard end - first <= 20 else { return false }
        var value: UInt64 = 0
        for index in first..<end {
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(UInt64(text[index] &- UInt8(ascii: "0")))
            if overflow || carry { return false }
            value = sum
        }
        if isNegative {
            guard value <= 1 << 63 else { return false }
            tag = TapeTag.int
            bits = 0 &- value
        } else {
            tag = value > UInt64(Int64.max) ? TapeTag.uint : TapeTag.int
            bits = value
        }
        return true
    }

    /// The nearest float; whole numbers beyond 64 bits come here too.
    private mutating func real(from start: Int) {
        let magnitude = decimal.double ?? exact(from: start)
        guard magnitude.isFinite else {
            failure = .numberOutOfRange
            end = start
            return
        }
        bits = (isNegative ? -magnitude : magnitude).bitPattern
    }

    /// The standard library's conversion, which reads every digit; for the rare decimals that 19 digits do not settle.
    private func exact(from start: Int) -> Double {
        let source = text.slice(start, end - start).withSpan { String(copying: $0) }
        return Double(source)?.magnitude ?? .infinity
    }
}
