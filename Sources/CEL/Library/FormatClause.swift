/// What stands behind a percent sign in a format: how an argument is to be written.
struct FormatClause: Equatable {
    enum Kind {
        case string, decimal, fixed, scientific, binary, lowerHex, upperHex, octal
    }

    let kind: Kind
    let precision: Int

    /// Both generations of formats take six digits where nothing is said.
    static let defaultPrecision = 6
}

/// Reads a format from its start to its end.
struct FormatReader {
    private let text: ByteView
    private(set) var position = 0
    /// How many clauses were begun, which is how many arguments are asked for.
    private(set) var argumentCount = 0

    init(_ text: ByteView) { self.text = text }

    enum Piece {
        case text(ByteView)
        /// A clause follows, for the argument at an index; `readClause` reads it.
        case argument(Int)
    }

    /// The next piece; nil at the end.
    mutating func next() -> Piece? {
        guard position < text.count else { return nil }
        let rest = text[view: position..<text.count]
        guard rest[0] == UInt8(ascii: "%") else {
            let piece = rest[view: 0..<(rest.firstIndex(of: UInt8(ascii: "%")) ?? rest.count)]
            position += piece.count
            return .text(piece)
        }
        if rest.count > 1, rest[1] == UInt8(ascii: "%") {
            position += 2
            return .text(rest[view: 0..<1])
        }
        argumentCount += 1
        return .argument(argumentCount - 1)
    }

    /// Reads the clause at the percent sign where `next` stopped.
    mutating func readClause() throws(FormatFailure) -> FormatClause {
        guard position + 1 < text.count else { throw FormatFailure("unexpected end of string") }
        position += 1
        do throws(FormatFailure) {
            let precision = try readPrecision()
            let letter = text[position]
            position += 1
            return FormatClause(kind: try Self.kind(letter), precision: precision)
        } catch {
            throw FormatFailure("could not parse formatting clause: \(error.message)")
        }
    }

    private mutating func readPrecision() throws(FormatFailure) -> Int {
        guard text[position] == UInt8(ascii: ".") else { return FormatClause.defaultPrecision }
        let start = position + 1
        position = start
        while position < text.count, Lexer.isDigit(text[position]) { position += 1 }
        guard position < text.count else {
            throw FormatFailure("error while parsing precision: could not find end of precision specifier")
        }
        switch GoText.integer(text[view: start..<position]) {
        case .success(let number): return Int(number)
        case .failure(let failure):
            let reason = "error while converting precision to integer: \(failure.message)"
            throw FormatFailure("error while parsing precision: \(reason)")
        }
    }

    private static func kind(_ letter: UInt8) throws(FormatFailure) -> FormatClause.Kind {
        switch letter {
        case UInt8(ascii: "s"): return .string
        case UInt8(ascii: "d"): return .decimal
        case UInt8(ascii: "f"): return .fixed
        case UInt8(ascii: "e"): return .scientific
        case UInt8(ascii: "b"): return .binary
        case UInt8(ascii: "x"): return .lowerHex
        case UInt8(ascii: "X"): return .upperHex
        case UInt8(ascii: "o"): return .octal
        default: throw FormatFailure("unrecognized formatting clause \"\(Unicode.Scalar(letter))\"")
        }
    }
}

/// Why a format or an argument of it cannot be used.
struct FormatFailure: Error {
    let message: String

    init(_ message: String) { self.message = message }

    /// A clause was given a value of a type that it does not write.
    init(_ kind: FormatClause.Kind, given type: String, _ style: FormatStyle) {
        let isNew = style == .plain
        let integers = isNew ? "ints and uints" : "integers"
        let doubles = isNew ? "ints, uints, and doubles" : "doubles"
        switch kind {
        case .string:
            message =
                "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, "
                + "durations, and timestamps, was given \(type)"
        case .decimal:
            message = "decimal clause can only be used on \(isNew ? doubles : integers), was given \(type)"
        case .fixed: message = "fixed-point clause can only be used on \(doubles), was given \(type)"
        case .scientific: message = "scientific clause can only be used on \(doubles), was given \(type)"
        case .binary:
            let kinds = isNew ? "ints, uints, and bools" : "integers and bools"
            message = "only \(kinds) can be formatted as binary, was given \(type)"
        case .lowerHex, .upperHex:
            let kinds = isNew ? "ints, uints, bytes, and strings" : "integers, byte buffers, and strings"
            message = "only \(kinds) can be formatted as hex, was given \(type)"
        case .octal: message = "octal clause can only be used on \(integers), was given \(type)"
        }
    }
}

/// The two generations of formats.
enum FormatStyle: Sendable {
    /// Up to version 3: numbers as American English groups them, and what is nested as it would be written in CEL.
    case localized
    /// From version 4 on: everything plain.
    case plain
}
