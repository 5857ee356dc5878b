import CEL

/// A format of strings that has a name.
struct NamedFormat: BitwiseCopyable {
    /// The place of the format in `all`.
    let index: Int

    /// What a format is called and what it costs.
    struct Description: Sendable {
        /// The name that functions call it by.
        let name: StaticString
        /// The length of the pattern that its cost is reckoned by.
        let patternSize: UInt64
        /// Whether something may follow the text, which may then end with a dash.
        var isPrefix = false
        /// Why a text is not of the format.
        let check: @Sendable (ByteView, inout FormatProblems, inout Evaluator) -> Void
    }

    static let all: [Description] = [
        Description(name: "dns1123Label", patternSize: 30) { NameFormat.label($0, &$1, &$2) },
        Description(name: "dns1123Subdomain", patternSize: 60) { NameFormat.subdomain($0, &$1, &$2) },
        Description(name: "dns1035Label", patternSize: 30) { NameFormat.oldLabel($0, &$1, &$2) },
        Description(name: "qualifiedName", patternSize: 60) { NameFormat.qualifiedName($0, &$1, &$2) },
        Description(name: "dns1123LabelPrefix", patternSize: 30, isPrefix: true) { NameFormat.label($0, &$1, &$2) },
        Description(name: "dns1123SubdomainPrefix", patternSize: 60, isPrefix: true) {
            NameFormat.subdomain($0, &$1, &$2)
        },
        Description(name: "dns1035LabelPrefix", patternSize: 30, isPrefix: true) { NameFormat.oldLabel($0, &$1, &$2) },
        Description(name: "labelValue", patternSize: 40) { NameFormat.labelValue($0, &$1, &$2) },
        Description(name: "uri", patternSize: 1103) { text, problems, _ in problems.checkAddress(text) },
        Description(name: "uuid", patternSize: 70) { text, problems, _ in
            if !TextFormat.isUUID(text) { problems.add("does not match the UUID format") }
        },
        Description(name: "byte", patternSize: 84) { text, problems, _ in
            if !TextFormat.isBase64(text) { problems.add("invalid base64") }
        },
        Description(name: "date", patternSize: 71) { text, problems, _ in
            if !TextFormat.isDate(text) { problems.add("invalid date") }
        },
        Description(name: "datetime", patternSize: 71) { text, problems, _ in
            if !TextFormat.isDateTime(text) { problems.add("invalid datetime") }
        },
    ]
}

/// What is wrong with a text, in the words of the API server.
struct FormatProblems {
    private(set) var words: [StaticString] = []
    /// What is wrong with a URL.
    private(set) var address: WebAddressProblem?

    var isEmpty: Bool { words.isEmpty && address == nil }

    mutating func add(_ problem: StaticString) { words.append(problem) }

    mutating func checkAddress(_ text: ByteView) {
        do throws(WebAddressProblem) { _ = try WebAddress(text, isRequest: true) } catch { address = error }
    }
}

extension NamedFormat {
    static let family = OpaqueFamily(
        typeName: "kubernetes.NamedFormat",
        equals: { $0.payload(as: NamedFormat.self).index == $1.payload(as: NamedFormat.self).index },
        text: { "\(NamedFormat.all[$0.payload(as: NamedFormat.self).index].name)" })

    private func check(_ text: ByteView, _ evaluator: inout Evaluator) -> Value {
        if evaluator.mustStop(after: text.count / 64 + 1) { return .stopped }
        var problems = FormatProblems()
        let format = Self.all[index]
        let checked = format.isPrefix ? completed(text, &evaluator) : Value(.string, text)
        if checked.isError { return checked }
        format.check(checked.bytes, &problems, &evaluator)
        if evaluator.stop != nil { return .stopped }
        if problems.isEmpty { return .none }
        var sentences = problems.words.map { Value(.string, ByteView($0)) }
        if let address = problems.address {
            sentences.append(evaluator.string(address.message(text)))
        }
        let list = evaluator.list(sentences)
        return list.isError ? list : evaluator.optional(list)
    }

    /// A dash at the end, with the byte before it, gives way to a letter.
    private func completed(_ text: ByteView, _ evaluator: inout Evaluator) -> Value {
        guard text.count > 1, text[text.count - 1] == UInt8(ascii: "-") else { return Value(.string, text) }
        return evaluator.copy(.string, Array(text.dropLast(2)) + [UInt8(ascii: "a")])
    }

    /// The cost of checking a text: as much as matching a pattern of the format's size.
    static func cost(_ arguments: Arguments) -> UInt64 {
        guard arguments.count == 2, arguments[0].isOf(family) else { return 1 }
        let size = all[arguments[0].payload(as: NamedFormat.self).index].patternSize
        return KubernetesCosts.pattern(arguments[1].costSize, size)
    }

    static let functions: [Function] =
        all.indices.map { index in
            Function("format.\(all[index].name)") { evaluator, _ in
                evaluator.opaque(family, NamedFormat(index: index))
            }
        } + [
            Function("format.named") { evaluator, arguments in
                guard arguments.are(.string) else { return evaluator.noOverload("format.named", arguments) }
                guard let index = all.firstIndex(where: { ByteView($0.name).hasSameBytes(as: arguments[0].bytes) })
                else { return .none }
                let format = evaluator.opaque(family, NamedFormat(index: index))
                return format.isError ? format : evaluator.optional(format)
            },
            Function("validate") { evaluator, arguments in
                guard arguments.count == 2, arguments[0].isOf(family), arguments[1].kind == .string else {
                    return evaluator.noOverload("validate", arguments)
                }
                return arguments[0].payload(as: NamedFormat.self).check(arguments[1].bytes, &evaluator)
            },
        ]
}
