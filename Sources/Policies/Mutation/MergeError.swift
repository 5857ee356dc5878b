/// What is wrong with a value by its schema: every place, each with its path, as the API server words it.
struct MergeErrors: Error {
    struct Problem {
        var path = ""
        let message: String
    }

    private(set) var problems: [Problem] = []

    var isEmpty: Bool { problems.isEmpty }

    /// One problem at the place that is being looked at.
    init(_ message: String) { problems = [Problem(message: message)] }

    init() {}

    mutating func add(_ other: MergeErrors) { problems += other.problems }

    /// The problems as seen from one step further out.
    func within(_ step: String) -> MergeErrors {
        var outer = self
        for index in outer.problems.indices { outer.problems[index].path = step + outer.problems[index].path }
        return outer
    }

    var description: String {
        let texts = problems.map { $0.path.isEmpty ? $0.message : "\($0.path): \($0.message)" }
        return texts.count == 1 ? texts[0] : (["errors:"] + texts.map { "  \($0)" }).joined(separator: "\n")
    }
}
