/// Why a text is not acceptable YAML, and where that was noticed.
///
/// It carries a reason and a place; the sentence is made when it is shown.
public struct YAMLError: Error, Equatable, Sendable {
    /// What was wrong.
    public let reason: Reason
    /// Where it was noticed, counted as editors count.
    public let position: YAMLPosition
    /// The byte offset into the text where it was noticed.
    public let offset: Int
    /// The name the reason is about: a key, an anchor, a tag; empty where the reason says it all.
    public let subject: String

    /// The line, from one.
    public var line: Int { position.line }
    /// The column in characters, from one.
    public var column: Int { position.column }

    /// An error at a known place.
    public init(_ reason: Reason, position: YAMLPosition, offset: Int = 0, subject: String = "") {
        self.reason = reason
        self.position = position
        self.offset = offset
        self.subject = subject
    }
}

/// A place in a text as a person would look it up: both numbers start at one.
public struct YAMLPosition: Equatable, Sendable {
    /// The line, from one.
    public let line: Int
    /// The column in characters, from one.
    public let column: Int

    /// A place by its two numbers.
    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }
}

extension YAMLError {
    /// The closed list of things that can be wrong.
    public enum Reason: UInt8, Sendable, CaseIterable {
        // The bytes.
        case invalidUTF8, controlCharacter, tooManyBytes
        // The scanner.
        case tooDeep, tabIndentation, flowIndentation, commentNeedsSpace, unexpectedCharacter, simpleKeyWithoutColon
        case blockEntryNotAllowed, mappingKeyNotAllowed, mappingValueNotAllowed, documentMarkerInScalar
        case unterminatedScalar, unknownEscape, invalidHexEscape, invalidUnicodeEscape, zeroIndentation
        case blockScalarHeader, blockScalarIndentation, anchorName, tagSyntax, undefinedTagHandle
        case directiveSyntax, unknownDirective, directiveWithoutDocument, duplicateDirective
        case tooManyDirectives, incompatibleVersion, trailingContent
        // The parser.
        case expectedDocumentStart, expectedNode, expectedBlockEntry, expectedKey, expectedSequenceEnd
        case expectedMappingEnd, duplicateProperty, aliasWithProperties
        // The meaning.
        case unknownAnchor, selfReference, excessiveAliasing, tooManyNodes, duplicateKey, complexKey, nullKey
        case unsignedKey, mergeNeedsMapping, wrongTag, invalidBinary, notANumber, invalidSeparator, invalidJSON
        case tooManyDocuments
    }
}

extension YAMLError: CustomStringConvertible {
    /// The sentence, without the place.
    public var message: String {
        let sentence = reason.sentence
        return subject.isEmpty ? sentence : "\(sentence): \(subject)"
    }

    /// `line:column: error: sentence`.
    public var description: String { "\(line):\(column): error: \(message)" }
}

extension YAMLError.Reason {
    /// What a person is told: what is wrong and, where that is not plain, what to do.
    public var sentence: String { Self.sentences[self] ?? "invalid YAML" }

    private static let sentences: [Self: String] = [
        .invalidUTF8: "the text is not valid UTF-8",
        .controlCharacter: "control characters are not allowed; write them as an escape in double quotes",
        .tooManyBytes: "the text is longer than the limit",
        .tooDeep: "nested deeper than the limit",
        .tabIndentation: "a tab cannot be used for indentation; use spaces",
        .flowIndentation: "this line must be indented further than the block that contains it",
        .commentNeedsSpace: "a comment must be separated from what precedes it by a space",
        .unexpectedCharacter: "this character cannot start a value; quote it",
        .simpleKeyWithoutColon: "could not find the ':' that this key needs",
        .blockEntryNotAllowed: "a '- ' entry is not allowed here",
        .mappingKeyNotAllowed: "a '? ' key is not allowed here",
        .mappingValueNotAllowed: "a ': ' value is not allowed here; quote the text or check the indentation",
        .documentMarkerInScalar: "a document marker inside a quoted scalar",
        .unterminatedScalar: "this quoted scalar is never closed",
        .unknownEscape: "unknown escape in a double-quoted scalar",
        .invalidHexEscape: "an escape needs more hexadecimal digits",
        .invalidUnicodeEscape: "this escape is not a Unicode character",
        .zeroIndentation: "the indentation of a block scalar cannot be 0",
        .blockScalarHeader: "expected a comment or the end of the line after a block scalar's header",
        .blockScalarIndentation: "a blank line before this block scalar is indented further than its first line",
        .anchorName: "an anchor or alias needs a name, followed by a space",
        .tagSyntax: "this tag is not well formed",
        .undefinedTagHandle: "this tag handle is not defined by a %TAG directive",
        .directiveSyntax: "this directive is not well formed",
        .unknownDirective: "unknown directive",
        .directiveWithoutDocument: "a directive must be followed by a '---' line and preceded by a '...' line",
        .duplicateDirective: "this directive is given twice",
        .tooManyDirectives: "more %TAG directives than the limit",
        .incompatibleVersion: "this YAML version is not supported",
        .trailingContent: "unexpected content on the line of a document marker",
        .expectedDocumentStart: "expected '---' or the end of the text",
        .expectedNode: "expected a value",
        .expectedBlockEntry: "expected '- ' or a smaller indentation",
        .expectedKey: "expected a key",
        .expectedSequenceEnd: "expected ',' or ']'",
        .expectedMappingEnd: "expected ',' or '}'",
        .duplicateProperty: "a value can have one anchor and one tag",
        .aliasWithProperties: "an alias cannot have an anchor or a tag",
        .unknownAnchor: "unknown anchor",
        .selfReference: "an anchor's value contains itself",
        .excessiveAliasing: "aliases expand this document beyond the limit",
        .tooManyNodes: "more values than the limit",
        .duplicateKey: "key already set in this mapping",
        .complexKey: "a mapping or a sequence cannot be a key",
        .nullKey: "null cannot be a key; quote it",
        .unsignedKey: "this number is too large to be a key; quote it",
        .mergeNeedsMapping: "'<<' needs a mapping or a sequence of mappings",
        .wrongTag: "this text cannot be read as its tag says",
        .invalidBinary: "this !!binary value is not base64",
        .notANumber: "infinity and not-a-number cannot be kept in JSON",
        .invalidSeparator: "only a comment may follow '---' on its line",
        .invalidJSON: "this is not JSON, as what precedes it is",
        .tooManyDocuments: "more documents than the limit",
    ]
}
