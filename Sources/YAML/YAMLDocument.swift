public import JSON

/// One document of a YAML text: its value as JSON, and where every value and key of it stands.
public struct YAMLDocument: Sendable {
    /// The value.
    public let json: JSONDocument
    /// The text it was read from; places are those of the whole text, not of this document.
    public let text: YAMLText
    /// Offsets into the text, by place on the tape.
    private let marks: [UInt32]

    init(json: JSONDocument, text: YAMLText, marks: [UInt32]) {
        self.json = json
        self.text = text
        self.marks = marks
    }

    /// Where a value, or a member's key, of this document starts; an alias stands where it was written.
    public func position(of node: JSONNode) -> YAMLPosition { text.position(at: offset(of: node)) }

    /// The byte offset into the text where a value, or a member's key, of this document starts.
    public func offset(of node: JSONNode) -> Int {
        let place = Int(node.index)
        return place < marks.count ? Int(marks[place]) : 0
    }
}

extension YAMLDocument {
    /// Reads the first document; what follows it is not looked at beyond the end of that document.
    ///
    /// A text without a document is `null`, as it is to Kubernetes.
    public init(parsing bytes: [UInt8], options: YAMLOptions = YAMLOptions()) throws(YAMLError) {
        var stream = try YAMLStream(bytes, options: options)
        if let first = try stream.next() { self = first } else { self = try stream.emptyDocument() }
    }
}

/// The documents of a text in turn, as YAML divides it: by its grammar.
public struct YAMLStream: ~Copyable {
    private var composer: YAMLComposer
    private let text: YAMLText
    private let options: YAMLOptions
    private var documents = 0
    private var isAtEnd = false

    /// Checks the bytes and stands before the first document.
    public init(_ bytes: [UInt8], options: YAMLOptions = YAMLOptions()) throws(YAMLError) {
        try self.init(YAMLText(bytes), options: options)
    }

    /// Checks the text and stands before its first document.
    public init(_ text: YAMLText, options: YAMLOptions = YAMLOptions()) throws(YAMLError) {
        try self.init(text, 0..<text.bytes.count, options: options, closesLine: false)
    }

    init(_ text: YAMLText, _ range: Range<Int>, options: YAMLOptions, closesLine: Bool) throws(YAMLError) {
        guard text.bytes.count <= min(options.limits.bytesMax, YAMLText.bytesLimit) else {
            throw YAMLError(.tooManyBytes, position: YAMLPosition(line: 1, column: 1))
        }
        let input = try YAMLInput(text, range, schema: options.schema, closesLine: closesLine)
        composer = YAMLComposer(input, text: text, options: options)
        self.text = text
        self.options = options
    }

    /// The next document, or nil after the last; after an error there is no next document.
    public mutating func next() throws(YAMLError) -> YAMLDocument? {
        guard !isAtEnd else { return nil }
        isAtEnd = true
        guard try composer.composeDocument() else { return nil }
        documents += 1
        if documents > options.limits.documentsMax {
            throw YAMLError(.tooManyDocuments, position: text.position(at: 0))
        }
        var decoder = YAMLDecoder(composer, options: options)
        let document = try decoder.decode()
        isAtEnd = false
        return document
    }

    /// What a text without a document stands for.
    func emptyDocument() throws(YAMLError) -> YAMLDocument {
        var decoder = YAMLDecoder(composer, options: options)
        return try decoder.decode()
    }
}
