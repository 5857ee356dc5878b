// `format`: values written into a text.

extension Library {
    static func formatFunctions(_ style: FormatStyle) -> [Function] {
        [
            Function("format", stopsAtFirstError: true) { evaluator, arguments in
                guard arguments.count == 2, arguments[0].kind == .string, arguments[1].isList else {
                    return evaluator.noOverload("format", arguments)
                }
                return format(&evaluator, arguments[0].bytes, arguments[1], style)
            }
        ]
    }

    private static func format(
        _ evaluator: inout Evaluator, _ text: ByteView, _ list: Value, _ style: FormatStyle
    ) -> Value {
        var reader = FormatReader(text)
        var writer = FormatWriter(style: style)
        do throws(FormatFailure) {
            while let piece = reader.next() {
                switch piece {
                case .text(let bytes): writer.output.append(contentsOf: bytes)
                case .argument(let index):
                    guard index < list.count else { throw FormatFailure("index \(index) out of range") }
                    let clause = try reader.readClause()
                    try writer.write(evaluator.element(index, of: list), clause, &evaluator)
                }
                if evaluator.mustStop(after: writer.steps) { return .stopped }
                writer.steps = 1
            }
        } catch {
            return evaluator.stop == nil ? evaluator.error(error.message) : .stopped
        }
        return evaluator.copy(.string, writer.output)
    }
}

/// Writes values one behind the other.
struct FormatWriter {
    let style: FormatStyle
    var output: [UInt8] = []
    /// The work that was done since it was last counted.
    var steps = 1
    private static let depthMax = 512

    init(style: FormatStyle) { self.style = style }

    mutating func write(_ text: String) {
        output.append(contentsOf: text.utf8)
        steps += text.utf8.count / 64 + 1
    }

    mutating func write(
        _ value: Value, _ clause: FormatClause, _ evaluator: inout Evaluator
    ) throws(FormatFailure) {
        do throws(FormatFailure) {
            switch clause.kind {
            case .string: try writeString(value, &evaluator, depth: 0)
            case .decimal: try writeDecimal(value)
            case .fixed, .scientific: try writeReal(value, clause)
            case .binary: try writeInteger(value, clause.kind, radix: 2)
            case .octal: try writeInteger(value, clause.kind, radix: 8)
            case .lowerHex, .upperHex: try writeHex(value, clause.kind, &evaluator)
            }
        } catch {
            throw FormatFailure("error during formatting: \(error.message)")
        }
    }

    private func refused(_ value: Value, by kind: FormatClause.Kind) -> FormatFailure {
        FormatFailure(kind, given: value.typeName, style)
    }
}

// MARK: numbers

extension FormatWriter {
    private mutating func writeDecimal(_ value: Value) throws(FormatFailure) {
        switch value.kind {
        case .int: write("\(value.intValue)")
        case .uint: write("\(value.uintValue)")
        case .double where style == .plain: write(Self.plain(value.doubleValue))
        default: throw refused(value, by: .decimal)
        }
    }

    private mutating func writeInteger(
        _ value: Value, _ kind: FormatClause.Kind, radix: Int, isUpper: Bool = false
    ) throws(FormatFailure) {
        switch value.kind {
        case .int: write(String(value.intValue, radix: radix, uppercase: isUpper))
        case .uint: write(String(value.uintValue, radix: radix, uppercase: isUpper))
        case .bool where kind == .binary: write(value.boolValue ? "1" : "0")
        default: throw refused(value, by: kind)
        }
    }

    private mutating func writeHex(
        _ value: Value, _ kind: FormatClause.Kind, _ evaluator: inout Evaluator
    ) throws(FormatFailure) {
        guard value.kind == .string || value.kind == .bytes else {
            return try writeInteger(value, kind, radix: 16, isUpper: kind == .upperHex)
        }
        let letters: UInt8 = kind == .upperHex ? UInt8(ascii: "A") - 10 : UInt8(ascii: "a") - 10
        output.reserveCapacity(output.count + 2 * value.bytes.count)
        for (index, byte) in value.bytes.enumerated() {
            if index & 0xFFF == 0, evaluator.mustStop(after: 256) { throw FormatFailure("operation interrupted") }
            output.append((byte >> 4) + (byte < 0xA0 ? 48 : letters))
            output.append((byte & 15) + (byte & 15 < 10 ? 48 : letters))
        }
    }

    private mutating func writeReal(_ value: Value, _ clause: FormatClause) throws(FormatFailure) {
        let number: Double
        switch value.kind {
        case .double: number = value.doubleValue
        case .int where style == .plain: number = Double(value.intValue)
        case .uint where style == .plain: number = Double(value.uintValue)
        case .string where style == .localized:
            guard ["NaN", "Infinity", "-Infinity"].contains(value.text) else { throw refused(value, by: clause.kind) }
            number = FloatText.parse(value.text) ?? .nan
        default: throw refused(value, by: clause.kind)
        }
        if style == .localized { return write(LocalizedNumber.write(number, clause)) }
        guard number.isFinite else { return write(Self.plain(number)) }
        write(NumberText.write(number, precision: clause.precision, isScientific: clause.kind == .scientific))
    }

    fileprivate static func plain(_ number: Double) -> String {
        if number.isNaN { return "NaN" }
        return number.isInfinite ? (number < 0 ? "-Infinity" : "Infinity") : DoubleText.fixed(number)
    }
}

// MARK: anything

extension FormatWriter {
    private mutating func writeString(
        _ value: Value, _ evaluator: inout Evaluator, depth: Int
    ) throws(FormatFailure) {
        if evaluator.mustStop(after: steps) { throw FormatFailure("operation interrupted") }
        steps = 1
        switch value.kind {
        case .list, .jsonArray, .shapedList: return try writeList(value, &evaluator, depth: depth + 1)
        case .map, .jsonObject, .shapedMap: return try writeMap(value, &evaluator, depth: depth + 1)
        case .null: return write("null")
        case .double where style == .plain: return write(Self.plain(value.doubleValue))
        case .bytes where style == .plain: return output.append(contentsOf: value.bytes)
        case .timestamp where style == .plain: return write(TimeText.write(value, inUTC: true))
        case .type: return write(value.text)
        default: break
        }
        guard let text = Conversion.string(&evaluator, value) else { throw refused(value, by: .string) }
        if text.isError {
            let message = Array(text.errorMessage.utf8)
            let quoted = unsafe message.withUnsafeBufferPointer {
                unsafe GoText.quote(ByteView(base: $0.baseAddress, count: $0.count))
            }
            throw FormatFailure("could not convert argument \(quoted) to string")
        }
        steps += text.bytes.count / 64
        output.append(contentsOf: text.bytes)
    }

    private mutating func writeList(
        _ list: Value, _ evaluator: inout Evaluator, depth: Int
    ) throws(FormatFailure) {
        guard depth < Self.depthMax else { throw FormatFailure("a value is nested too deeply") }
        output.append(UInt8(ascii: "["))
        var cursor = ValueCursor(list)
        var isFirst = true
        while let (_, element) = cursor.next(&evaluator) {
            if !isFirst { write(", ") }
            isFirst = false
            try writeNested(element, &evaluator, depth: depth)
        }
        output.append(UInt8(ascii: "]"))
    }

    /// Entries come in the order of their keys' texts.
    private mutating func writeMap(
        _ map: Value, _ evaluator: inout Evaluator, depth: Int
    ) throws(FormatFailure) {
        guard depth < Self.depthMax else { throw FormatFailure("a value is nested too deeply") }
        var entries: [(key: [UInt8], value: [UInt8])] = []
        var cursor = ValueCursor(map)
        while let (key, value) = cursor.next(&evaluator) {
            var writer = FormatWriter(style: style)
            try writer.writeNested(key, &evaluator, depth: depth)
            let name = writer.output
            writer.output = []
            try writer.writeNested(value, &evaluator, depth: depth)
            entries.append((name, writer.output))
        }
        entries.sort { $0.key.lexicographicallyPrecedes($1.key) }
        steps += entries.count
        output.append(UInt8(ascii: "{"))
        for (index, entry) in entries.enumerated() {
            if index > 0 { write(", ") }
            output += entry.key
            write(style == .plain ? ": " : ":")
            output += entry.value
        }
        output.append(UInt8(ascii: "}"))
    }

    /// A value within a list or map, which the older generation writes as an expression.
    private mutating func writeNested(
        _ value: Value, _ evaluator: inout Evaluator, depth: Int
    ) throws(FormatFailure) {
        guard style == .localized else { return try writeString(value, &evaluator, depth: depth) }
        switch value.kind {
        case .string: write(GoText.quote(value.bytes))
        case .bytes:
            guard let text = Conversion.string(&evaluator, value), !text.isError else {
                return try writeString(value, &evaluator, depth: depth)
            }
            write("b" + GoText.quote(value.bytes))
        case .double where !value.doubleValue.isFinite: write("\"\(DoubleText.general(value.doubleValue))\"")
        case .double: write(NumberText.write(value.doubleValue, precision: 6, isScientific: false))
        case .timestamp: write("timestamp(\"\(TimeText.write(value))\")")
        case .duration: write("duration(\"\(DoubleText.fixed(Conversion.seconds(value.intValue)))s\")")
        case .optional, .opaque: throw FormatFailure("no formatting function for \(value.typeName)")
        default: try writeString(value, &evaluator, depth: depth)
        }
    }
}
