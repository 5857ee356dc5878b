import JSON
import Policies

/// `portcullis schemas`: what Portcullis keeps of OpenAPI documents.
enum SchemasCommand: Command {
    static let name = "schemas"
    static let summary = "hold objects to the schemas of their kinds, or make the table of kinds"
    static let help = """
        usage: portcullis schemas check FILE…
               portcullis schemas generate [OPTION…] FILE…

        check: what an API server with strict field validation would say of objects: fields that their kind does not have,
        values of another type, required fields that are missing. It knows the kinds of Kubernetes 1.36 and those of
        CustomResourceDefinitions among the files, which hold YAML or JSON, several documents or lists.

        generate:
        Reads OpenAPI version 3 documents, such as an API server gives at /openapi/v3/api/v1 and /openapi/v3/apis/apps/v1,
        and prints what Portcullis needs of them: names, types, formats, how lists and maps are merged, defaults.

          -o, --output json|swift   a document that reads like the others (the default), or the source of the table that
                                    the program carries: Sources/Policies/Kinds/KindSchemaTable.swift

        Where several documents define the same name the first counts. - is standard input.
        Exit status: 0 fine, 1 an object does not fit or a file is no OpenAPI document, 2 wrong use or a file cannot be read.

        """

    private enum Format { case json, swift }

    static func run(_ words: [String]) throws(UsageError) -> ExitStatus {
        let arguments = try Arguments(words, values: ["--output"], short: ["-o": "--output"])
        let paths = arguments.operands.dropFirst()
        switch arguments.operands.first {
        case "check":
            guard !paths.isEmpty else { throw UsageError(message: "no file given") }
            guard arguments.value("--output") == nil else { throw UsageError(message: "check has no --output") }
            return check(Array(paths))
        case "generate": break
        default: throw UsageError(message: "say what to do: check or generate")
        }
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

    private static func check(_ paths: [String]) -> ExitStatus {
        let files = paths.compactMap { InputFile($0) }
        guard files.count == paths.count else { return .cannotRun }
        let check = SchemaCheck(files)
        if check.status == .fine { Console.print("\(check.objects) objects fit the schemas of their kinds\n") }
        return check.status
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
