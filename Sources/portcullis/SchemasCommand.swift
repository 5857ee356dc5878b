import JSON
import Policies

/// `portcullis schemas`: what Portcullis keeps of OpenAPI documents.
enum SchemasCommand: Command {
    static let name = "schemas"
    static let summary = "make the table of kinds of OpenAPI documents"
    static let help = """
        usage: portcullis schemas generate [OPTION…] FILE…

        Reads OpenAPI version 3 documents, such as an API server gives at /openapi/v3/api/v1 and /openapi/v3/apis/apps/v1,
        and prints what Portcullis needs of them: names, types, formats, how lists and maps are merged, defaults.

          -o, --output json|swift   a document that reads like the others (the default), or the source of the table that
                                    the program carries: Sources/Policies/Kinds/KindSchemaTable.swift

        Where several documents define the same name the first counts. - is standard input.
        Exit status: 0 generated, 1 a file is no OpenAPI document, 2 wrong use or a file cannot be read.

        """

    private enum Format { case json, swift }

    static func run(_ words: [String]) throws(UsageError) -> ExitStatus {
        let arguments = try Arguments(words, values: ["--output"], short: ["-o": "--output"])
        guard arguments.operands.first == "generate" else { throw UsageError(message: "say what to do: generate") }
        let paths = arguments.operands.dropFirst()
        guard !paths.isEmpty else { throw UsageError(message: "no file given") }
        let format = try arguments.choice("--output", [("json", Format.json), ("swift", .swift)]) ?? .json
        var documents: [JSONDocument] = []
        var status = ExitStatus.fine
        for path in paths {
            guard let file = InputFile(path) else {
                status = status.or(.cannotRun)
                continue
            }
            if let document = document(file) { documents.append(document) } else { status = status.or(.bad) }
        }
        guard status == .fine else { return status }
        return write(SchemaDigest(documents), format)
    }

    private static func document(_ file: InputFile) -> JSONDocument? {
        do throws(JSONError) {
            let document = try JSONDocument(parsing: file.bytes)
            if document.root["components"]?["schemas"]?.isObject == true { return document }
            Console.error(file.name, 1, 1, "no OpenAPI version 3 document: it has no components.schemas")
        } catch {
            let place = error.location(in: file.bytes.span)
            Console.error(file.name, place.line, place.column, error.reason.sentence)
        }
        return nil
    }

    private static func write(_ digest: SchemaDigest, _ format: Format) -> ExitStatus {
        do throws(JSONError) {
            Console.print(format == .swift ? try digest.source() : try digest.text())
            return .fine
        } catch {
            Console.error("portcullis: the schemas cannot be written: \(error)\n")
            return .cannotRun
        }
    }
}
