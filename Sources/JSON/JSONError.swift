/// Why a text is not acceptable JSON, or a building sequence not a document: a reason, and where it was noticed.
///
/// The sentence, line and column are made when they are shown; carrying the error costs two words.
public struct JSONError: Error, Equatable, Sendable {
    /// The closed list of things that can be wrong.
    public enum Reason: UInt8, Sendable, CaseIterable {
        /// The text ended inside a value.
        case unexpectedEnd
        /// No JSON value starts with this character.
        case expectedValue
        /// An object's member must start with a string.
        case expectedKey
        /// A member's key must be followed by a colon.
        case expectedColon
        /// A value inside a container must be followed by a comma or by the end of that container.
        case expectedCommaOrEnd
        /// Something other than whitespace follows the value.
        case trailingCharacters
        /// The text starts with a byte order mark, which RFC 8259 forbids.
        case byteOrderMark
        /// Control characters must be escaped inside strings.
        case controlCharacter
        /// A backslash is followed by something that is not an escape.
        case invalidEscape
        /// A `\u` escape names half of a surrogate pair without the other half.
        case loneSurrogate
        /// The bytes are not UTF-8.
        case invalidUTF8
        /// A number is not written as JSON demands.
        case invalidNumber
        /// A number is too large for a 64-bit float.
        case numberOutOfRange
        /// An object has the same key twice.
        case duplicateKey
        /// Containers are nested deeper than the limit.
        case tooDeep
        /// The text is longer than the limit.
        case tooLong
        /// There are more values than the limit.
        case tooManyNodes
        /// The calls to a builder do not make exactly one value.
        case unbalanced
    }

    /// What was wrong.
    public let reason: Reason
    /// The byte offset into the text where it was noticed; from a builder, the tape index.
    public let offset: Int

    /// An error of that reason at that byte.
    public init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }
}

extension JSONError {
    /// The line and column of the error in `text`, both counted from one, columns in code points.
    public func location(in text: Span<UInt8>) -> (line: Int, column: Int) {
        var line = 1
        var column = 1
        for index in 0..<min(max(offset, 0), text.count) {
            let byte = text[index]
            if byte == 0x0A {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        return (line, column)
    }

    /// The sentence for people, with line and column in the text that was parsed.
    public func message(in text: Span<UInt8>) -> String {
        let place = location(in: text)
        return "\(place.line):\(place.column): \(reason.sentence)"
    }
}

extension JSONError: CustomStringConvertible {
    /// The sentence for people, with the byte offset.
    public var description: String { "\(reason.sentence) (at byte \(offset))" }
}

extension JSONError.Reason {
    /// What is wrong and what to do about it, without the place.
    public var sentence: String {
        switch self {
        case .unexpectedEnd: "the text ends in the middle of a value"
        case .expectedValue: "expected a value: an object, array, string, number, true, false or null"
        case .expectedKey: "expected a member's key: a string in double quotes"
        case .expectedColon: "expected a colon after the key"
        case .expectedCommaOrEnd: "expected a comma or the end of the object or array"
        case .trailingCharacters: "unexpected characters after the value"
        case .byteOrderMark: "the text starts with a byte order mark; remove it"
        case .controlCharacter: "control character inside a string; write it as an escape"
        case .invalidEscape: "not an escape sequence"
        case .loneSurrogate: "half of a surrogate pair in a \\u escape"
        case .invalidUTF8: "the bytes are not valid UTF-8"
        case .invalidNumber: "not a JSON number"
        case .numberOutOfRange: "the number is too large for a 64-bit float"
        case .duplicateKey: "the object has this key already"
        case .tooDeep: "nested too deeply"
        case .tooLong: "the text is longer than the limit"
        case .tooManyNodes: "more values than the limit"
        case .unbalanced: "the building calls do not make exactly one value"
        }
    }
}
