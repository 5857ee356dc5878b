import Glibc

/// Writes floating-point numbers with as many digits as are asked for, rounded from their exact value.
public enum NumberText {
    /// More digits than these are zeros for every number.
    private static let digitsMax = 1100

    /// A number with as many digits behind the point as `precision` says.
    public static func write(_ number: Double, precision: Int, isScientific: Bool) -> String {
        let digits = min(max(precision, 0), digitsMax)
        var text = [CChar](repeating: 0, count: digits + 400)
        let length = unsafe withVaList([CInt(digits), number]) {
            unsafe vsnprintf(&text, text.count, isScientific ? "%.*e" : "%.*f", $0)
        }
        guard length > 0, Int(length) < text.count else { return "" }
        let written = String(decoding: text[..<Int(length)].lazy.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let missing = min(precision, 1_000_000) - digits
        guard missing > 0, !isScientific else { return written }
        return written + String(repeating: "0", count: missing)
    }
}

/// Writes numbers as the first generation of formats does: grouped as in American English, with a sign for infinity and
/// exponents above the line.
///
/// Two of its habits are accidents that users see all the same: a scientific clause takes its precision for a width, and
/// zeros at the end are written for the precision modulo 256 only.
enum LocalizedNumber {
    private static let scientificDigits = 6
    private static let widthMax = 1_000_000

    static func write(_ number: Double, _ clause: FormatClause) -> String {
        let isScientific = clause.kind == .scientific
        guard number.isFinite else {
            return padded(number.isNaN ? "NaN" : number < 0 ? "-∞" : "∞", isScientific ? clause : nil)
        }
        // Zero has no sign; what is rounded to zero keeps its own.
        let number = number == 0 ? 0 : number
        if isScientific { return padded(scientific(number), clause) }
        let minimum = clause.precision & 0xFF
        let text = NumberText.write(number, precision: min(clause.precision, 0x7FFF), isScientific: false)
        return grouped(trimmed(text, keeping: minimum))
    }

    private static func padded(_ text: String, _ clause: FormatClause?) -> String {
        let width = min(clause.map { $0.precision } ?? 0, widthMax)
        guard clause != nil, text.unicodeScalars.count < width else { return text }
        return String(repeating: " ", count: width - text.unicodeScalars.count) + text
    }

    private static let raised: [Character: Character] = [
        "0": "⁰", "1": "¹", "2": "²", "3": "³", "4": "⁴", "5": "⁵", "6": "⁶", "7": "⁷", "8": "⁸", "9": "⁹", "-": "⁻",
    ]

    private static func scientific(_ number: Double) -> String {
        let text = NumberText.write(number, precision: scientificDigits, isScientific: true)
        let parts = text.split(separator: "e")
        guard parts.count == 2 else { return text }
        return "\(parts[0])×10" + String(parts[1].compactMap { raised[$0] })
    }

    /// Without zeros at the end of the fraction, as long as `keeping` digits are left.
    private static func trimmed(_ text: String, keeping minimum: Int) -> String {
        guard let point = text.utf8.firstIndex(of: UInt8(ascii: ".")) else { return text }
        var digits = Array(text.utf8[text.utf8.index(after: point)...])
        while digits.count > minimum, digits.last == UInt8(ascii: "0") { digits.removeLast() }
        let whole = text[..<point]
        return digits.isEmpty ? String(whole) : "\(whole).\(String(decoding: digits, as: UTF8.self))"
    }

    private static func grouped(_ text: String) -> String {
        let digits = Array(text.utf8.drop { $0 == UInt8(ascii: "-") })
        let whole = digits.prefix { $0 != UInt8(ascii: ".") }.count
        var grouped: [UInt8] = text.hasPrefix("-") ? [UInt8(ascii: "-")] : []
        for (index, digit) in digits.enumerated() {
            if index > 0, index < whole, (whole - index) % 3 == 0 { grouped.append(UInt8(ascii: ",")) }
            grouped.append(digit)
        }
        return String(decoding: grouped, as: UTF8.self)
    }
}
