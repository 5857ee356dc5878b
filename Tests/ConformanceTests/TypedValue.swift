import CEL
import Foundation

/// Compares a value with one in the corpus's typed encoding.
enum TypedValue {
    /// Nil where they agree, else what is different.
    static func difference(_ value: CEL.Value, _ expected: Any, _ evaluator: inout Evaluator) -> String? {
        guard let encoded = expected as? [String: Any], let (kind, content) = encoded.first else {
            return "not a typed value: \(expected)"
        }
        let text = content as? String ?? ""
        switch kind {
        case "null": return value.kind == .null ? nil : describe(value)
        case "bool": return value.kind == .bool && value.boolValue == (content as? Bool) ? nil : describe(value)
        case "int": return value.kind == .int && "\(value.intValue)" == text ? nil : describe(value)
        case "uint": return value.kind == .uint && "\(value.uintValue)" == text ? nil : describe(value)
        case "double":
            let number = double(text)
            let same = value.doubleValue == number || value.doubleValue.isNaN && number.isNaN
            return value.kind == .double && same
                && value.doubleValue.sign == (number.isNaN ? value.doubleValue.sign : number.sign)
                ? nil : describe(value)
        case "string": return value.kind == .string && value.bytes.elementsEqual(text.utf8) ? nil : describe(value)
        case "bytes":
            return value.kind == .bytes && value.bytes.elementsEqual(Data(base64Encoded: text) ?? Data())
                ? nil : describe(value)
        case "type": return value.kind == .type && value.text == text ? nil : describe(value)
        case "list": return listDifference(value, content as? [Any] ?? [], &evaluator)
        case "map": return mapDifference(value, content as? [[Any]] ?? [], &evaluator)
        case "timestamp", "duration": return timeDifference(value, kind, text, &evaluator)
        case "optional": return optionalDifference(value, content as? [String: Any], &evaluator)
        case "object": return objectDifference(value, content as? [String: Any] ?? [:])
        default: return "\(describe(value)) against \(kind)"
        }
    }

    static func double(_ text: String) -> Double {
        text == "Infinity" ? .infinity : text == "-Infinity" ? -.infinity : Double(text) ?? .nan
    }

    /// Times are held against what the language itself reads from the expected text.
    private static func timeDifference(
        _ value: CEL.Value, _ kind: String, _ text: String, _ evaluator: inout Evaluator
    ) -> String? {
        let environment = Environment.standard()
        guard case .success(let checked) = environment.compile("\(kind)('\(text)')"),
            let program = try? environment.plan(checked)
        else { return "not a \(kind): \(text)" }
        var other = Evaluator()
        let expected = other.run(program)
        let isSame =
            value.kind == expected.kind && value.intValue == expected.intValue
            && (kind == "duration" || value.nanosecondsValue == expected.nanosecondsValue)
        return isSame ? nil : describe(value)
    }

    private static func optionalDifference(
        _ value: CEL.Value, _ content: [String: Any]?, _ evaluator: inout Evaluator
    ) -> String? {
        guard value.kind == .optional else { return describe(value) }
        guard let expected = content?["value"] else { return value.optionalValue == nil ? nil : describe(value) }
        return value.optionalValue.map { difference($0, expected, &evaluator) } ?? describe(value)
    }

    private static func objectDifference(_ value: CEL.Value, _ expected: [String: Any]) -> String? {
        guard value.kind == .opaque, value.typeName == expected["type"] as? String else { return describe(value) }
        let (mine, text) = (value.libraryText, expected["string"] as? String)
        return mine == text ? nil : "\(mine ?? "nothing"), expected \(text ?? "nothing")"
    }

    private static func listDifference(_ value: CEL.Value, _ expected: [Any], _ evaluator: inout Evaluator) -> String? {
        guard value.isList, value.count == expected.count else { return describe(value) }
        var cursor = ValueCursor(value)
        var index = 0
        while let (_, element) = cursor.next(&evaluator) {
            if let difference = difference(element, expected[index], &evaluator) { return "[\(index)] \(difference)" }
            index += 1
        }
        return nil
    }

    private static func mapDifference(_ value: CEL.Value, _ expected: [[Any]], _ evaluator: inout Evaluator) -> String?
    {
        guard value.isMap, value.count == expected.count else { return describe(value) }
        var cursor = ValueCursor(value)
        while let (key, member) = cursor.next(&evaluator) {
            var found = false
            for entry in expected where entry.count == 2 && !found {
                if difference(key, entry[0], &evaluator) == nil, difference(member, entry[1], &evaluator) == nil {
                    found = true
                }
            }
            if !found { return "unexpected entry \(describe(key)): \(describe(member))" }
        }
        return nil
    }

    static func describe(_ value: CEL.Value) -> String {
        value.isError ? "error: \(value.errorMessage)" : "\(value.typeName) \(value.kind)"
    }
}
