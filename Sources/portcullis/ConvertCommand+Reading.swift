import JSON
import YAML

// Files → documents; every error is printed, and a file with one gives none.

extension ConvertCommand {
    static func documents(of file: InputFile, _ format: Format, _ options: Options) -> [JSONDocument]? {
        switch (format, options.yaml.schema) {
        case (.json, _): jsonDocuments(of: file, options)
        case (.yaml, .kubernetes): withoutEmpty(kubernetesDocuments(of: file, options))
        case (.yaml, .core): coreDocuments(of: file, options)
        }
    }

    /// Comments between two separators are a document to the reader but not to people.
    private static func withoutEmpty(_ documents: [JSONDocument]?) -> [JSONDocument]? {
        guard let documents, documents.count > 1 else { return documents }
        return documents.filter { $0.withRoot { !$0.isNull } }
    }

    private static func report(_ error: YAMLError, _ file: InputFile) {
        Console.error(file.name, error.line, error.column, error.message)
    }

    private static func kubernetesDocuments(of file: InputFile, _ options: Options) -> [JSONDocument]? {
        var documents: [JSONDocument]? = []
        do throws(YAMLError) {
            var stream = try KubernetesStream(file.bytes, options: options.yaml)
            while true {
                do throws(YAMLError) {
                    guard let document = try stream.next() else { break }
                    documents?.append(document.json)
                } catch {
                    report(error, file)
                    documents = nil
                }
            }
        } catch {
            report(error, file)
            return nil
        }
        return documents
    }

    private static func coreDocuments(of file: InputFile, _ options: Options) -> [JSONDocument]? {
        var documents: [JSONDocument] = []
        do throws(YAMLError) {
            var stream = try YAMLStream(file.bytes, options: options.yaml)
            while let document = try stream.next() { documents.append(document.json) }
        } catch {
            report(error, file)
            return nil
        }
        return documents
    }

    private static func jsonDocuments(of file: InputFile, _ options: Options) -> [JSONDocument]? {
        var jsonOptions = JSONOptions()
        jsonOptions.duplicateKeys = options.yaml.duplicateKeys == .refuse ? .refuse : .lastWins
        jsonOptions.bytesMax = JSONOptions.bytesLimit
        var documents: [JSONDocument] = []
        for range in JSONSequence(file.bytes) {
            do throws(JSONError) {
                let text = file.bytes.span.extracting(range)
                documents.append(try JSONDocument(parsing: text, options: jsonOptions))
            } catch {
                let place = YAMLText(file.bytes).position(at: range.lowerBound + error.offset)
                Console.error(file.name, place.line, place.column, error.reason.sentence)
                return nil
            }
        }
        return documents
    }
}

/// The values of a text that holds one JSON value after another, as ranges; what is wrong in them the parser says.
struct JSONSequence: Sequence, IteratorProtocol {
    private let bytes: [UInt8]
    private var position = 0
    private var isFirst = true

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func next() -> Range<Int>? {
        while position < bytes.count, isSpace(bytes[position]) { position += 1 }
        let start = position
        // A text without any value is one value that is not there, so that it is reported.
        guard start < bytes.count || isFirst else { return nil }
        isFirst = false
        skipValue()
        return start..<position
    }

    /// Goes past a container with all it holds, a string, or a word.
    private mutating func skipValue() {
        var depth = 0
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""): skipString()
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            default:
                let isInWord = position < bytes.count && !isSpace(bytes[position])
                if depth > 0 || isInWord { continue }
            }
            if depth <= 0 { return }
        }
    }

    private mutating func skipString() {
        while position < bytes.count {
            let byte = bytes[position]
            position += byte == 0x5C ? 2 : 1
            if byte == 0x22 { break }
        }
        position = Swift.min(position, bytes.count)
    }

    private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 0x09 && byte <= 0x0D) }
}
