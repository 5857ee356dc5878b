import CEL
import Foundation

/// Makes types and values from the corpora's encodings of them.
enum CELBindings {
    static func type(_ encoded: Any) -> CELType {
        if let name = encoded as? String {
            switch name {
            case "null_type", "null": return .null
            case "type": return .type(nil)
            default: return SignatureTable.type(name)
            }
        }
        guard let object = encoded as? [String: Any] else { return .dyn }
        if let element = object["list"] { return .list(type(element)) }
        if let pair = object["map"] as? [Any], pair.count == 2 { return .map(type(pair[0]), type(pair[1])) }
        if let inner = object["type"] { return .type(type(inner)) }
        if let inner = object["wrapper"] { return .wrapper(type(inner)) }
        if let name = object["type_param"] as? String { return .parameter(name) }
        if let name = object["abstract"] as? String {
            return .opaque(name, (object["params"] as? [Any] ?? []).map(type))
        }
        return .dyn
    }

    static func value(_ encoded: Any, _ evaluator: inout Evaluator) -> CEL.Value {
        guard let (kind, content) = (encoded as? [String: Any])?.first else { return .null }
        let text = content as? String ?? ""
        switch kind {
        case "bool": return CEL.Value(content as? Bool ?? false)
        case "int": return CEL.Value(Int64(text) ?? 0)
        case "uint": return CEL.Value(UInt64(text) ?? 0)
        case "double": return CEL.Value(TypedValue.double(text))
        case "string": return evaluator.string(text)
        case "bytes": return evaluator.copy(.bytes, Array(Data(base64Encoded: text) ?? Data()))
        case "list":
            let values = (content as? [Any] ?? []).map { value($0, &evaluator) }
            return evaluator.list(values)
        case "map":
            let entries = (content as? [[Any]] ?? []).map { (value($0[0], &evaluator), value($0[1], &evaluator)) }
            return evaluator.map(entries)
        case "duration": return CEL.Value(durationNanoseconds: Int64((Double(text.dropLast()) ?? 0) * 1e9))
        default: return .null
        }
    }
}
