@testable import YAML

/// A text's events in the notation of the YAML test suite.
struct YAMLEventLines {
    private(set) var lines = ["+STR"]
    private(set) var error: YAMLError?

    init(_ text: String, options: YAMLOptions) {
        let source = YAMLText(Array(text.utf8))
        do throws(YAMLError) {
            let input = try YAMLInput(source, 0..<source.bytes.count, schema: options.schema)
            var parser = YAMLParser(input, text: source, options: options)
            while true {
                let event = try parser.next()
                lines.append(Self.line(event, parser))
                if event.kind == .streamEnd { break }
            }
        } catch {
            self.error = error
        }
    }

    private static func line(_ event: YAMLEvent, _ parser: YAMLParser) -> String {
        func text(_ slice: YAMLSlice) -> String { String(decoding: parser.bytes(slice), as: UTF8.self) }
        let anchor = event.anchor.isEmpty ? "" : " &\(text(event.anchor))"
        let tag = event.tag.isEmpty ? "" : " <\(text(event.tag))>"
        switch event.kind {
        case .streamEnd: return "-STR"
        case .documentStart: return event.isExplicit ? "+DOC ---" : "+DOC"
        case .documentEnd: return event.isExplicit ? "-DOC ..." : "-DOC"
        case .alias: return "=ALI *\(text(event.anchor))"
        case .sequenceStart: return "+SEQ" + (event.isExplicit ? " []" : "") + anchor + tag
        case .sequenceEnd: return "-SEQ"
        case .mappingStart: return "+MAP" + (event.isExplicit ? " {}" : "") + anchor + tag
        case .mappingEnd: return "-MAP"
        case .scalar: return "=VAL" + anchor + tag + " " + sign(event.style) + escaped(text(event.text))
        }
    }

    private static func sign(_ style: YAMLScalarStyle) -> String {
        switch style {
        case .plain: ":"
        case .single: "'"
        case .double: "\""
        case .literal: "|"
        case .folded: ">"
        }
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            case "\u{8}": result += "\\b"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
