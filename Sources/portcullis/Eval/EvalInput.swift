import JSON
import YAML

/// The file that variables come from.
enum EvalInput {
    /// The object in a JSON or YAML file; nil after saying why there is none.
    static func document(of file: InputFile) -> JSONDocument? {
        do throws(YAMLError) {
            // JSON is YAML too, but only a JSON parser keeps numbers and strings exactly as they were meant.
            let document = if let json = json(file) { json } else { try YAMLDocument(parsing: file.bytes).json }
            guard document.withRoot({ $0.isObject }) else {
                Console.error(file.name, 1, 1, "must be an object whose members are the variables")
                return nil
            }
            return document
        } catch {
            Console.error(file.name, error.line, error.column, error.message)
            return nil
        }
    }

    private static func json(_ file: InputFile) -> JSONDocument? {
        try? JSONDocument(parsing: file.bytes)
    }
}
