import CEL

extension SemanticVersion {
    static let family = OpaqueFamily(
        typeName: "kubernetes.Semver",
        equals: { $0.payload(as: SemanticVersion.self).order($1.payload(as: SemanticVersion.self)) == 0 },
        text: { $0.payload(as: SemanticVersion.self).description })

    /// The version that a call of `semver` or `isSemver` names; nil for arguments that these do not take.
    fileprivate static func parse(
        _ arguments: Arguments, _ evaluator: inout Evaluator
    ) throws(VersionProblem) -> SemanticVersion? {
        let text = arguments[0]
        if evaluator.mustStop(after: text.kind == .string ? text.bytes.count / 64 + 1 : 1) { return nil }
        if arguments.are(.string) { return try SemanticVersion(text.bytes) }
        guard arguments.are(.string, .bool) else { return nil }
        return arguments[1].boolValue
            ? try normalizing(text.bytes, &evaluator) : try SemanticVersion(text.bytes)
    }
}

extension Library {
    /// Semantic versions.
    static let semverFunctions: [Function] =
        [
            Function("semver") { evaluator, arguments in
                do throws(VersionProblem) {
                    guard let version = try SemanticVersion.parse(arguments, &evaluator) else {
                        return evaluator.noOverload("semver", arguments)
                    }
                    return evaluator.opaque(SemanticVersion.family, version)
                } catch {
                    return evaluator.error(error.message)
                }
            },
            Function("isSemver") { evaluator, arguments in
                do throws(VersionProblem) {
                    guard try SemanticVersion.parse(arguments, &evaluator) != nil else {
                        return evaluator.noOverload("isSemver", arguments)
                    }
                    return .true
                } catch {
                    return .false
                }
            },
        ] + [
            part("major", \.major), part("minor", \.minor), part("patch", \.patch),
        ]

    private static func part(_ name: String, _ part: any KeyPath<SemanticVersion, UInt64> & Sendable) -> Function {
        Function(name) { evaluator, arguments in
            guard arguments[0].isOf(SemanticVersion.family) else { return evaluator.noOverload(name, arguments) }
            return Value(Int64(bitPattern: arguments[0].payload(as: SemanticVersion.self)[keyPath: part]))
        }
    }
}
