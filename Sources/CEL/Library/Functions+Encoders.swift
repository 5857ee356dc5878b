// Base64.

extension Library {
    static let encoderFunctions: [Function] = [
        Function("base64.encode") { evaluator, arguments in
            guard arguments.are(.bytes) else { return evaluator.noOverload("base64.encode", arguments) }
            return Base64.encode(&evaluator, arguments[0].bytes)
        },
        Function("base64.decode") { evaluator, arguments in
            guard arguments.are(.string) else { return evaluator.noOverload("base64.decode", arguments) }
            return Base64.decode(&evaluator, arguments[0].bytes)
        },
    ]
}

/// Base64 with the usual alphabet. Line ends are skipped when it is read, and padding may be missing, but not in part.
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 0xFF, count: 256)
        for (index, letter) in alphabet.enumerated() { values[Int(letter)] = UInt8(index) }
        return values
    }()

    private static let urlValues: [UInt8] = {
        var values = Self.values
        for (sign, letter) in zip("+/".utf8, "-_".utf8) {
            values[Int(letter)] = values[Int(sign)]
            values[Int(sign)] = 0xFF
        }
        return values
    }()

    static func encode(_ evaluator: inout Evaluator, _ bytes: ByteView) -> Value {
        unsafe evaluator.make(.string, upTo: (bytes.count + 2) / 3 * 4) { evaluator, output in
            for start in stride(from: 0, to: bytes.count, by: 3) {
                if evaluator.mustStop() { return }
                let present = min(3, bytes.count - start)
                var group = 0
                for index in 0..<3 { group = group << 8 | (index < present ? Int(bytes[start + index]) : 0) }
                for index in 0..<4 {
                    output.write(index <= present ? alphabet[group >> (18 - 6 * index) & 0x3F] : UInt8(ascii: "="))
                }
            }
        }
    }

    static func decode(_ evaluator: inout Evaluator, _ text: ByteView) -> Value {
        if case .success(let value) = decode(&evaluator, text, isPadded: true) { return value }
        switch decode(&evaluator, text, isPadded: false) {
        case .success(let value): return value
        case .failure(let problem): return evaluator.error("illegal base64 data at input byte \(problem.offset)")
        }
    }

    /// The byte at which a text is no base64.
    struct Problem: Error {
        let offset: Int
    }

    /// Bytes that were written with the alphabet of URLs, padding included.
    static func decodeForURLs(_ evaluator: inout Evaluator, _ text: ByteView) -> Result<Value, Problem> {
        if evaluator.mustStop(after: text.count / 16 + 1) { return .success(.stopped) }
        return decode(&evaluator, text, isPadded: true, with: urlValues)
    }

    private static func decode(
        _ evaluator: inout Evaluator, _ text: ByteView, isPadded: Bool, with values: [UInt8] = values
    ) -> Result<Value, Problem> {
        var problem: Problem?
        let value = unsafe evaluator.make(.bytes, upTo: text.count / 4 * 3 + 3) { evaluator, output in
            var decoder = Decoder(output: output, values: values)
            problem = decoder.decode(text, isPadded: isPadded, &evaluator)
            output = decoder.output
        }
        return problem.map { .failure($0) } ?? .success(value)
    }

    private struct Decoder {
        var output: ByteOutput
        private var group = 0
        private var filled = 0

        private let values: [UInt8]

        init(output: ByteOutput, values: [UInt8]) {
            self.output = output
            self.values = values
        }

        /// Nil where all of the text could be read, or the run was stopped.
        mutating func decode(_ text: ByteView, isPadded: Bool, _ evaluator: inout Evaluator) -> Problem? {
            var position = 0
            while position < text.count {
                if position & 0xFF == 0, evaluator.mustStop(after: 64) { return nil }
                let byte = text[position]
                position += 1
                if byte == 0x0A || byte == 0x0D { continue }
                if isPadded, byte == UInt8(ascii: "=") { return finish(text, position) }
                let value = values[Int(byte)]
                if value == 0xFF { return Problem(offset: position - 1) }
                add(Int(value))
            }
            if filled == 0 { return nil }
            if isPadded || filled == 1 { return Problem(offset: text.count - filled) }
            flush()
            return nil
        }

        private mutating func add(_ value: Int) {
            group = group << 6 | value
            filled += 1
            if filled == 4 { flush() }
        }

        private mutating func flush() {
            let bits = group << (6 * (4 - filled))
            for index in 0..<max(0, filled - 1) {
                output.write(UInt8(truncatingIfNeeded: bits >> (16 - 8 * index)))
            }
            group = 0
            filled = 0
        }

        /// The text ends in one or two signs of padding, as many as are due.
        private mutating func finish(_ text: ByteView, _ from: Int) -> Problem? {
            guard filled >= 2 else { return Problem(offset: from - 1) }
            var due = 3 - filled
            var position = from
            while position < text.count {
                let byte = text[position]
                if byte == UInt8(ascii: "="), due > 0 {
                    due -= 1
                } else if byte != 0x0A, byte != 0x0D {
                    return Problem(offset: position)
                }
                position += 1
            }
            if due > 0 { return Problem(offset: text.count) }
            flush()
            return nil
        }
    }
}
