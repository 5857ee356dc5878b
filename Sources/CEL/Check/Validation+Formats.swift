// Formats that are literals, held against the types of their arguments.

extension Validation {
    /// Formats as the library of strings has them in a version.
    public static func formats(stringsVersion: Int) -> Validation {
        let style: FormatStyle = stringsVersion >= 4 ? .plain : .localized
        return Validation { expression, issues in
            for id in expression.nodesInOrder {
                guard case .call("format", let target?, let arguments) = expression.tree[id], arguments.count == 1,
                    case .literal(.string(let text)) = expression.tree[target],
                    case .list(let elements, _) = expression.tree[arguments[0]], expression.isFormat(id)
                else { continue }
                let check = FormatCheck(expression: expression, style: style, arguments: elements)
                if let problem = check.problem(in: text, call: id) {
                    issues.report(problem.message, at: expression.tree.location(of: problem.node))
                }
            }
        }
    }
}

extension CheckedExpression {
    fileprivate func isFormat(_ id: ExpressionID) -> Bool {
        guard case .overloads(let ids) = reference(of: id) else { return true }
        return ids.contains("string_format")
    }
}

private struct FormatCheck {
    let expression: CheckedExpression
    let style: FormatStyle
    let arguments: [ExpressionID]

    struct Problem {
        let message: String
        let node: ExpressionID
    }

    func problem(in text: String, call: ExpressionID) -> Problem? {
        let bytes = Array(text.utf8)
        return unsafe bytes.withUnsafeBufferPointer {
            unsafe problem(in: ByteView(base: $0.baseAddress, count: $0.count), call: call)
        }
    }

    private func problem(in text: ByteView, call: ExpressionID) -> Problem? {
        var reader = FormatReader(text)
        do throws(FormatFailure) {
            while let piece = reader.next() {
                guard case .argument(let index) = piece else { continue }
                // The end of the text is found before an argument is missed.
                var ahead = reader
                if index >= arguments.count, reader.position + 1 < text.count {
                    throw FormatFailure("index \(index) out of range")
                }
                let clause = try ahead.readClause()
                reader = ahead
                if let refused = refused(arguments[index], by: clause.kind) {
                    let type = expression.type(of: refused).erasedName
                    let failure = FormatFailure(clause.kind, given: type, style)
                    return Problem(message: "error during formatting: \(failure.message)", node: refused)
                }
            }
        } catch {
            return Problem(message: error.message, node: call)
        }
        guard arguments.count > reader.argumentCount else { return nil }
        let counts = "(expected \(reader.argumentCount), got \(arguments.count))"
        return Problem(message: "too many arguments supplied to string.format \(counts)", node: call)
    }

    /// The node that a clause does not write: the argument or, for texts, something in it.
    private func refused(_ argument: ExpressionID, by kind: FormatClause.Kind) -> ExpressionID? {
        if kind == .string { return unwritable(argument) }
        let type = expression.type(of: argument).unwrapped
        if type == .dyn { return nil }
        return allowed(kind).contains(type) ? nil : argument
    }

    private func allowed(_ kind: FormatClause.Kind) -> [CELType] {
        let isNew = style == .plain
        switch kind {
        case .string: return []
        case .decimal: return isNew ? [.int, .uint, .double] : [.int, .uint]
        case .fixed, .scientific: return isNew ? [.int, .uint, .double] : [.double, .string]
        case .binary: return [.int, .uint, .bool]
        case .lowerHex, .upperHex: return [.int, .uint, .string, .bytes]
        case .octal: return [.int, .uint]
        }
    }

    /// The first part of an argument that has no text.
    private func unwritable(_ argument: ExpressionID) -> ExpressionID? {
        switch expression.type(of: argument).unwrapped {
        case .dyn, .list, .map, .int, .uint, .double, .bool, .string, .timestamp, .bytes, .duration, .type, .null: break
        default: return argument
        }
        switch expression.tree[argument] {
        case .list(let elements, _): return elements.lazy.compactMap(unwritable).first
        case .map(let entries):
            return entries.lazy.compactMap { $0.key.flatMap(unwritable) ?? unwritable($0.value) }.first
        default: return nil
        }
    }
}
