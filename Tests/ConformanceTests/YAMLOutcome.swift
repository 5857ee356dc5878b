import Foundation
import JSON

@testable import YAML

/// A JSON value to compare by: numbers by value, strings by bytes, members in any order.
indirect enum PlainValue: Equatable, CustomStringConvertible {
    case null
    case bool(Bool)
    case int(Int64)
    case uint(UInt64)
    case double(Double)
    case string([UInt8])
    case array([PlainValue])
    case object([[UInt8]: PlainValue])

    init(_ any: Any) {
        switch any {
        case let number as NSNumber where Truth.isBool(number): self = .bool(number.boolValue)
        case let number as NSNumber: self = Self.number(number)
        case let text as String: self = .string(Array(text.utf8))
        case let array as [Any]: self = .array(array.map { PlainValue($0) })
        case let object as [String: Any]:
            self = .object(Dictionary(uniqueKeysWithValues: object.map { (Array($0.key.utf8), PlainValue($0.value)) }))
        default: self = .null
        }
    }

    init(_ node: JSONNode) {
        switch node.kind {
        case .null: self = .null
        case .bool: self = .bool(node.bool ?? false)
        case .int: self = .int(node.int ?? 0)
        case .uint: self = .uint(node.uint ?? 0)
        case .double: self = Self.float(node.double ?? 0)
        case .string: self = .string(Array((node.string ?? "").utf8))
        case .array: self = .array(node.elements.map { PlainValue($0) })
        case .object:
            let members = node.members.map { (Array(($0.key.string ?? "").utf8), PlainValue($0.value)) }
            self = .object(Dictionary(members, uniquingKeysWith: { $1 }))
        }
    }

    private static func number(_ number: NSNumber) -> PlainValue {
        if let value = Int64(number.stringValue) { return .int(value) }
        if let value = UInt64(number.stringValue) { return .uint(value) }
        // Foundation's own `doubleValue` of a long decimal is not the nearest double.
        return float(Double(number.stringValue) ?? .nan)
    }

    /// A whole double is the same number as the integer.
    private static func float(_ value: Double) -> PlainValue {
        if let whole = Int64(exactly: value) { return .int(whole) }
        if let whole = UInt64(exactly: value) { return .uint(whole) }
        return .double(value)
    }

    var description: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .int(let value): "\(value)"
        case .uint(let value): "\(value)"
        case .double(let value): "\(value)"
        case .string(let bytes): String(decoding: bytes, as: UTF8.self).debugDescription
        case .array(let items): "\(items)"
        case .object(let members):
            "{" + members.map { "\(String(decoding: $0.key, as: UTF8.self)): \($0.value)" }.joined(separator: ", ")
                + "}"
        }
    }
}

private enum Truth {
    /// Foundation keeps truth values and numbers in one class; only the encoding tells them apart.
    static func isBool(_ number: NSNumber) -> Bool { String(cString: number.objCType) == "c" }
}

/// What came of reading one document.
enum Outcome: Equatable, CustomStringConvertible {
    case json(PlainValue)
    /// Accepted; the corpus leaves the value out for its size.
    case accepted
    case error(String)

    init(_ expected: [String: Any], isStrict: Bool) {
        if let error = expected["error"] ?? expected["read_error"] {
            self = .error("\(error)")
        } else if isStrict, let error = expected["strict_error"] {
            self = .error("\(error)")
        } else if expected["json"] as? String == "(omitted: large)" {
            self = .accepted
        } else {
            self = .json(PlainValue(expected["json"] ?? NSNull()))
        }
    }

    var isError: Bool {
        if case .error = self { return true }
        return false
    }

    /// Errors agree whatever they say.
    static func == (a: Outcome, b: Outcome) -> Bool {
        switch (a, b) {
        case (.json(let a), .json(let b)): a == b
        case (.accepted, .json), (.json, .accepted), (.accepted, .accepted): true
        case (.error, .error): true
        default: false
        }
    }

    var description: String {
        switch self {
        case .json(let value): "\(value)"
        case .accepted: "accepted"
        case .error(let text): "error: \(text)"
        }
    }

    private init(_ document: YAMLDocument) {
        // Comparing recurses; the deepest documents are only asked for acceptance.
        self = document.json.tapeCount > 5_000 ? .accepted : document.json.withRoot { .json(PlainValue($0)) }
    }

    static func firstDocument(of text: String, options: YAMLOptions) -> Outcome {
        do throws(YAMLError) {
            return Outcome(try YAMLDocument(parsing: Array(text.utf8), options: options))
        } catch {
            return .error(error.description)
        }
    }

    static func stream(of text: String, options: YAMLOptions) -> [Outcome] {
        var outcomes: [Outcome] = []
        do throws(YAMLError) {
            var stream = try YAMLStream(Array(text.utf8), options: options)
            while let document = try stream.next() { outcomes.append(Outcome(document)) }
        } catch {
            outcomes.append(.error(error.description))
        }
        return outcomes
    }

    static func kubernetesStream(of text: String, options: YAMLOptions) -> [Outcome] {
        var outcomes: [Outcome] = []
        guard var stream = try? KubernetesStream(Array(text.utf8), options: options, acceptsJSON: false) else {
            return [.error("")]
        }
        while true {
            do throws(YAMLError) {
                guard let document = try stream.next() else { return outcomes }
                outcomes.append(Outcome(document))
            } catch {
                outcomes.append(.error(error.description))
            }
        }
    }
}
