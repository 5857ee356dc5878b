import JSON

/// The documents of a text in turn, as kubectl and the API server divide it: at lines that start with `---`, before
/// anything is parsed.
///
/// So a `---` at the start of a line ends the document even inside a quoted scalar, only a comment may follow it, what
/// precedes the first one is a document of its own (directives included), and an error in one document does not hide
/// the next. Places are those of the whole text.
///
/// A text that starts with `{` is taken for JSON values one after the other, until one is not JSON: if that is the first
/// or the second, the rest is YAML after all.
public struct KubernetesStream: ~Copyable {
    private let text: YAMLText
    private let options: YAMLOptions
    /// JSON values are expected; so many were read.
    private var isJSON: Bool
    private var jsonDocuments = 0
    private var position = 0
    /// The line the position is at, from zero.
    private var line = 0
    private var documents = 0
    private var isAtEnd = false

    /// Stands before the first document; the schema of the options is taken to be Kubernetes'.
    ///
    /// Without `acceptsJSON` a text that starts with `{` is YAML like any other.
    public init(
        _ bytes: [UInt8], options: YAMLOptions = YAMLOptions(), acceptsJSON: Bool = true
    ) throws(YAMLError) {
        text = YAMLText(bytes)
        // A byte order mark, which some editors leave, is no part of the JSON behind it.
        position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        let first = bytes[position...].first { !JSONSequence.isSpace($0) }
        isJSON = acceptsJSON && (first == UInt8(ascii: "{") || first == UInt8(ascii: "["))
        if !isJSON { position = 0 }
        var options = options
        options.schema = .kubernetes
        self.options = options
        guard bytes.count <= min(options.limits.bytesMax, YAMLText.bytesLimit) else {
            throw YAMLError(.tooManyBytes, position: YAMLPosition(line: 1, column: 1))
        }
    }

    /// The next document, or nil after the last.
    ///
    /// After an error the next call goes on with the document after it, unless the error is about the division itself
    /// (`invalidSeparator`, `invalidJSON`, `tooManyDocuments`), which ends the stream.
    public mutating func next() throws(YAMLError) -> YAMLDocument? {
        if isJSON {
            if let document = try nextJSON() { return document }
            if isJSON { return nil }
        }
        guard let range = try nextRange() else { return nil }
        try countDocument(at: range.lowerBound)
        var stream = try YAMLStream(text, range, options: options, closesLine: true)
        if let document = try stream.next() { return document }
        return try stream.emptyDocument()
    }

    private mutating func countDocument(at offset: Int) throws(YAMLError) {
        documents += 1
        guard documents > options.limits.documentsMax else { return }
        isAtEnd = true
        throw YAMLError(.tooManyDocuments, position: text.position(at: offset), offset: offset)
    }

    /// The lines up to the next separator. One that nothing precedes stays with the document it starts.
    private mutating func nextRange() throws(YAMLError) -> Range<Int>? {
        let start = position
        while position < text.bytes.count, !isAtEnd {
            let line = position
            skipLine()
            guard isSeparator(line) else { continue }
            try checkSeparator(line)
            if line > start { return start..<line }
        }
        let end = isAtEnd ? start : position
        isAtEnd = true
        return end > start ? start..<end : nil
    }

    private func isSeparator(_ line: Int) -> Bool {
        let bytes = text.bytes
        return bytes.count - line >= 3 && bytes[line] == 0x2D && bytes[line + 1] == 0x2D && bytes[line + 2] == 0x2D
    }

    /// Goes to the next line; to this reader a lone carriage return does not end one.
    private mutating func skipLine() {
        repeat {
            line += 1
            position = line < text.lineStarts.count ? Int(text.lineStarts[line]) : text.bytes.count
        } while position < text.bytes.count && text.bytes[position - 1] != 0x0A
    }

    /// White space and a comment may follow the dashes, nothing else.
    private mutating func checkSeparator(_ line: Int) throws(YAMLError) {
        let rest = String(decoding: text.bytes[(line + 3)..<position], as: UTF8.self).unicodeScalars
            .drop { $0.properties.isWhitespace }
        guard let first = rest.first, first != "#" else { return }
        isAtEnd = true
        throw YAMLError(.invalidSeparator, position: text.position(at: line), offset: line)
    }
}

// MARK: JSON

extension KubernetesStream {
    /// The next JSON value; nil at the end, or (no longer expecting JSON) where YAML goes on.
    private mutating func nextJSON() throws(YAMLError) -> YAMLDocument? {
        var values = JSONSequence(text.bytes, from: position)
        guard let range = values.next(), !range.isEmpty, !isAtEnd else { return nil }
        try countDocument(at: range.lowerBound)
        var jsonOptions = JSONOptions.go(depthMax: options.limits.depthMax)
        jsonOptions.duplicateKeys = options.duplicateKeys == .refuse ? .refuse : .lastWins
        do throws(JSONError) {
            let json = try JSONDocument(parsing: text.bytes.span.extracting(range), options: jsonOptions)
            position = range.upperBound
            jsonDocuments += 1
            return YAMLDocument(
                json: json, text: text, marks: JSONMarks(json, in: text.bytes, at: range.lowerBound).marks)
        } catch {
            guard jsonDocuments > 1 || error.reason == .duplicateKey else {
                isJSON = false
                documents -= 1
                goOnAsYAML()
                return nil
            }
            isAtEnd = true
            let offset = range.lowerBound + error.offset
            throw YAMLError(
                .invalidJSON, position: text.position(at: offset), offset: offset, subject: error.reason.sentence)
        }
    }

    /// What follows the last JSON value on its line is not part of the YAML that comes, if it is but white space.
    private mutating func goOnAsYAML() {
        while position < text.bytes.count, JSONSequence.isSpace(text.bytes[position]) {
            position += 1
            if text.bytes[position - 1] == 0x0A { break }
        }
        line = text.lineIndex(of: position)
    }
}
