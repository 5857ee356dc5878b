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
