// Strings: characters are code points throughout, and positions count them.

extension Library {
    static let stringFunctions: [Function] = [
        Function("charAt") { evaluator, arguments in
            guard arguments.are(.string, .int) else { return evaluator.noOverload("charAt", arguments) }
            let (text, index) = (arguments[0].bytes, arguments[1].intValue)
            if evaluator.mustStop(after: text.count / 64 + 1) { return .stopped }
            guard let start = text.offset(ofCodePoint: index) else { return outOfRange(&evaluator, index) }
            if start == text.count { return Value(.string, .empty) }
            return Value(.string, text[view: start..<text.offset(after: start)])
        },
        Function("substring", body: substring),
        Function("indexOf", body: indexOf),
        Function("lastIndexOf", body: lastIndexOf),
        Function("lowerAscii") { evaluator, arguments in
            mapBytes(&evaluator, "lowerAscii", arguments) { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
        },
        Function("upperAscii") { evaluator, arguments in
            mapBytes(&evaluator, "upperAscii", arguments) { $0 >= 0x61 && $0 <= 0x7A ? $0 & 0xDF : $0 }
        },
        Function("trim") { evaluator, arguments in
            guard arguments.are(.string) else { return evaluator.noOverload("trim", arguments) }
            let text = arguments[0].bytes
            return evaluator.mustStop(after: text.count / 64 + 1) ? .stopped : Value(.string, text.trimmed)
        },
        Function("replace", body: replace),
        Function("split", body: split),
        Function("join", body: join),
    ]

    /// What version 1 added beside `format`.
    static let quoteFunctions: [Function] = [
        Function("strings.quote") { evaluator, arguments in
            guard arguments.are(.string) else { return evaluator.noOverload("strings.quote", arguments) }
            return quote(&evaluator, arguments[0].bytes)
        }
    ]

    /// What version 3 added.
    static let reverseFunctions: [Function] = [
        Function("reverse") { evaluator, arguments in
            guard arguments.are(.string) else { return evaluator.noOverload("reverse", arguments) }
            let text = arguments[0].bytes
            if evaluator.mustStop(after: text.count / 16 + 1) { return .stopped }
            return unsafe evaluator.make(.string, upTo: text.count) { memory in
                var position = 0
                while position < text.count {
                    let next = text.offset(after: position)
                    for (index, byte) in text[view: position..<next].enumerated() {
                        unsafe memory[text.count - next + index] = byte
                    }
                    position = next
                }
                return text.count
            }
        }
    ]

    static func outOfRange(_ evaluator: inout Evaluator, _ index: Int64) -> Value {
        evaluator.error("index out of range: \(index)")
    }

    private static func substring(_ evaluator: inout Evaluator, _ arguments: Arguments) -> Value {
        guard arguments.are(.string, .int) || arguments.are(.string, .int, .int) else {
            return evaluator.noOverload("substring", arguments)
        }
        let (text, first) = (arguments[0].bytes, arguments[1].intValue)
        if evaluator.mustStop(after: text.count / 32 + 1) { return .stopped }
        if arguments.count == 3, first > arguments[2].intValue {
            return evaluator.error("invalid substring range. start: \(first), end: \(arguments[2].intValue)")
        }
        guard let start = text.offset(ofCodePoint: first) else { return outOfRange(&evaluator, first) }
        guard arguments.count == 3 else { return Value(.string, text[view: start..<text.count]) }
        guard let end = text.offset(ofCodePoint: arguments[2].intValue) else {
            return outOfRange(&evaluator, arguments[2].intValue)
        }
        return Value(.string, text[view: start..<end])
    }

    @inline(__always)
    private static func mapBytes(
        _ evaluator: inout Evaluator, _ name: String, _ arguments: Arguments, _ transform: (UInt8) -> UInt8
    ) -> Value {
        guard arguments.are(.string) else { return evaluator.noOverload(name, arguments) }
        let text = arguments[0].bytes
        return unsafe evaluator.make(.string, from: text, bytesPerByte: 1) { piece, output in
            let memory = unsafe output.reserve(piece.count)
            for index in 0..<piece.count { unsafe memory[index] = transform(piece[index]) }
        }
    }

    private static func quote(_ evaluator: inout Evaluator, _ text: ByteView) -> Value {
        unsafe evaluator.make(.string, from: text, bytesPerByte: 2, around: ByteView("\"")) { piece, output in
            for byte in piece {
                guard let letter = escape(byte) else {
                    output.write(byte)
                    continue
                }
                output.write(UInt8(ascii: "\\"))
                output.write(letter)
            }
        }
    }

    private static func escape(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 7: UInt8(ascii: "a")
        case 8: UInt8(ascii: "b")
        case 9: UInt8(ascii: "t")
        case 10: UInt8(ascii: "n")
        case 11: UInt8(ascii: "v")
        case 12: UInt8(ascii: "f")
        case 13: UInt8(ascii: "r")
        case 0x22, 0x5C: byte
        default: nil
        }
    }
}

// MARK: searching

extension Library {
    private static func indexOf(_ evaluator: inout Evaluator, _ arguments: Arguments) -> Value {
        guard arguments.are(.string, .string) || arguments.are(.string, .string, .int) else {
            return evaluator.noOverload("indexOf", arguments)
        }
        let (text, wanted) = (arguments[0].bytes, arguments[1].bytes)
        let from = arguments.count == 3 ? arguments[2].intValue : 0
        if wanted.count == 0 { return Value(from) }
        if from < 0 { return outOfRange(&evaluator, from) }
        if evaluator.mustStop(after: text.count / 16 + 1) { return .stopped }
        guard let start = text.offset(ofCodePoint: from),
            let found = TextSearch.first(wanted, in: text, from: start, &evaluator)
        else { return evaluator.stop == nil ? Value(Int64(-1)) : .stopped }
        return Value(Int64(text[view: 0..<found].codePointCount))
    }

    private static func lastIndexOf(_ evaluator: inout Evaluator, _ arguments: Arguments) -> Value {
        guard arguments.are(.string, .string) || arguments.are(.string, .string, .int) else {
            return evaluator.noOverload("lastIndexOf", arguments)
        }
        let (text, wanted) = (arguments[0].bytes, arguments[1].bytes)
        if evaluator.mustStop(after: text.count / 16 + 1) { return .stopped }
        let length = Int64(text.codePointCount)
        let from = arguments.count == 3 ? arguments[2].intValue : length
        if wanted.count == 0 { return Value(from) }
        if from < 0 { return outOfRange(&evaluator, from) }
        if arguments.count == 3, from >= length { return Value(Int64(-1)) }
        // A match may begin at `from`, so it may end that many code points behind it.
        let end = min(length, from.addingReportingOverflow(Int64(wanted.codePointCount)).partialValue)
        guard let limit = text.offset(ofCodePoint: end),
            let found = TextSearch.last(wanted, in: text, upTo: limit, &evaluator)
        else { return evaluator.stop == nil ? Value(Int64(-1)) : .stopped }
        return Value(Int64(text[view: 0..<found].codePointCount))
    }
}

// MARK: taking apart and putting together

extension Library {
    private static func replace(_ evaluator: inout Evaluator, _ arguments: Arguments) -> Value {
        guard arguments.are(.string, .string, .string) || arguments.are(.string, .string, .string, .int) else {
            return evaluator.noOverload("replace", arguments)
        }
        let (text, old, new) = (arguments[0].bytes, arguments[1].bytes, arguments[2].bytes)
        let limit = arguments.count == 4 ? arguments[3].intValue : -1
        var pieces = Pieces(text, separator: old, limit: limit < 0 ? .max : Int(limit))
        var count = 0
        while pieces.nextSeparator(&evaluator) != nil {
            count += 1
            if evaluator.mustStop(after: old.count / 16 + 1) { return .stopped }
        }
        if evaluator.stop != nil { return .stopped }
        if count == 0 { return arguments[0] }
        let (added, overflows) = count.multipliedReportingOverflow(by: new.count)
        guard !overflows else { return .stopped }
        pieces = Pieces(text, separator: old, limit: count)
        return unsafe evaluator.make(.string, upTo: text.count + added - count * old.count) { evaluator, output in
            var position = 0
            while let found = pieces.nextSeparator(&evaluator) {
                let kept = text[view: position..<found]
                guard output.write(kept, &evaluator), output.write(new, &evaluator) else { return }
                position = found + old.count
            }
            _ = output.write(text[view: position..<text.count], &evaluator)
        }
    }

    private static func split(_ evaluator: inout Evaluator, _ arguments: Arguments) -> Value {
        guard arguments.are(.string, .string) || arguments.are(.string, .string, .int) else {
            return evaluator.noOverload("split", arguments)
        }
        let (text, separator) = (arguments[0].bytes, arguments[1].bytes)
        let limit = arguments.count == 3 ? arguments[2].intValue : -1
        if limit == 0 { return evaluator.list([]) }
        if separator.count == 0 { return characters(&evaluator, text, limit: limit < 0 ? .max : Int(limit)) }
        var pieces = Pieces(text, separator: separator, limit: limit < 0 ? .max : Int(limit) - 1)
        var count = 1
        while pieces.nextSeparator(&evaluator) != nil {
            count += 1
            if evaluator.mustStop(after: separator.count / 16 + 1) { return .stopped }
        }
        if evaluator.stop != nil { return .stopped }
        pieces = Pieces(text, separator: separator, limit: count - 1)
        var position = 0
        return unsafe evaluator.makeList(count) { evaluator, _ in
            let end = pieces.nextSeparator(&evaluator) ?? text.count
            let piece = text[view: position..<end]
            position = min(end + separator.count, text.count)
            return Value(.string, piece)
        }
    }

    /// Each code point by itself; the last of `limit` pieces takes the rest.
    private static func characters(_ evaluator: inout Evaluator, _ text: ByteView, limit: Int) -> Value {
        let count = min(limit, text.codePointCount)
        var position = 0
        return unsafe evaluator.makeList(count) { _, index in
            let end = index == count - 1 ? text.count : text.offset(after: position)
            let character = text[view: position..<end]
            position = end
            return Value(.string, character)
        }
    }

    private static func join(_ evaluator: inout Evaluator, _ arguments: Arguments) -> Value {
        guard arguments.count <= 2, arguments[0].isList, arguments.count == 1 || arguments[1].kind == .string else {
            return evaluator.noOverload("join", arguments)
        }
        let list = arguments[0]
        let separator = arguments.count == 2 ? arguments[1].bytes : .empty
        let parts = evaluator.collect(from: list, upTo: list.count) { evaluator, element in
            element.kind == .string ? element : evaluator.error("join: invalid input: \(element.shown)")
        }
        if parts.isError { return parts }
        var size = separator.count * max(0, parts.count - 1)
        for index in unsafe parts.elements.indices { size += unsafe parts.elements[index].bytes.count }
        return unsafe evaluator.make(.string, upTo: size) { evaluator, output in
            for index in unsafe parts.elements.indices {
                if index > 0 { output.write(separator) }
                guard unsafe output.write(parts.elements[index].bytes, &evaluator) else { return }
            }
        }
    }
}
