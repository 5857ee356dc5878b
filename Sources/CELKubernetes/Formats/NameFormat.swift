import CEL

/// The forms of names in Kubernetes, and the sentences about what has not that form.
enum NameFormat {
    @inline(__always) private static func isLower(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z")
    }

    @inline(__always) private static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }

    @inline(__always) private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isLower(byte | 0x20) || isDigit(byte)
    }

    /// Whether a text begins and ends with certain bytes and has certain others between.
    @inline(__always) private static func isFramed(
        _ text: ByteView, first: (UInt8) -> Bool, inner: (UInt8) -> Bool, last: (UInt8) -> Bool
    ) -> Bool {
        text.count > 0 && first(text[0]) && last(text[text.count - 1]) && text.allSatisfy(inner)
    }

    /// What a text is: labels between dots, of which one alone is a label.
    private enum Labels {
        case none, one, several
    }

    /// Each byte is looked at once, by what it is and what the one before it was: neither dots nor the text's ends may
    /// stand beside a dash or a dot.
    private static func labels(_ text: ByteView, _ evaluator: inout Evaluator) -> Labels {
        var (wasMark, wasDot, dots) = (true, true, 0)
        for index in 0..<text.count {
            if index & 0xFFF == 0xFFF, evaluator.mustStop(after: 64) { return .none }
            let byte = text[index]
            if byte &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10 {
                (wasMark, wasDot) = (false, false)
                continue
            }
            let isDot = byte == UInt8(ascii: ".")
            guard isDot && !wasMark || byte == UInt8(ascii: "-") && !wasDot else { return .none }
            dots += isDot ? 1 : 0
            (wasMark, wasDot) = (true, isDot)
        }
        return wasMark ? .none : dots == 0 ? .one : .several
    }

    private static func isLabel(_ text: ByteView, _ evaluator: inout Evaluator) -> Bool {
        labels(text, &evaluator) == .one
    }

    private static func isSubdomain(_ text: ByteView, _ evaluator: inout Evaluator) -> Bool {
        labels(text, &evaluator) != .none
    }

    private static func isLabelKey(_ text: ByteView) -> Bool {
        isFramed(
            text, first: isAlphanumeric, inner: { isAlphanumeric($0) || ByteView("-_.").contains($0) },
            last: isAlphanumeric)
    }
}

extension NameFormat {
    static func label(_ text: ByteView, _ problems: inout FormatProblems, _ evaluator: inout Evaluator) {
        if text.count > 63 { problems.add("must be no more than 63 characters") }
        let labels = labels(text, &evaluator)
        if labels == .one { return }
        problems.add(
            labels == .several
                ? "must not contain dots"
                : "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
        )
    }

    static func subdomain(_ text: ByteView, _ problems: inout FormatProblems, _ evaluator: inout Evaluator) {
        if text.count > 253 { problems.add("must be no more than 253 characters") }
        if isSubdomain(text, &evaluator) { return }
        problems.add(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
        )
    }

    static func oldLabel(_ text: ByteView, _ problems: inout FormatProblems, _ evaluator: inout Evaluator) {
        if text.count > 63 { problems.add("must be no more than 63 characters") }
        if text.count > 0, isLower(text[0]), isLabel(text, &evaluator) { return }
        problems.add(
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
        )
    }

    static func labelValue(_ text: ByteView, _ problems: inout FormatProblems, _ evaluator: inout Evaluator) {
        if text.count > 63 { problems.add("must be no more than 63 bytes") }
        if text.count == 0 || isLabelKey(text) { return }
        problems.add(
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
        )
    }

    static func qualifiedName(_ text: ByteView, _ problems: inout FormatProblems, _ evaluator: inout Evaluator) {
        let slashes = text.lazy.filter { $0 == UInt8(ascii: "/") }.count
        if slashes > 1 {
            problems.add(
                "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            )
            return
        }
        let slash = text.firstIndex(of: UInt8(ascii: "/"))
        if let slash { prefix(text[view: 0..<slash], &problems, &evaluator) }
        let name = text[view: (slash.map { $0 + 1 } ?? 0)..<text.count]
        if name.count == 0 { problems.add("name part must be non-empty") }
        if name.count > 63 { problems.add("name part must be no more than 63 bytes") }
        if isLabelKey(name) { return }
        problems.add(
            "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
        )
    }

    private static func prefix(_ text: ByteView, _ problems: inout FormatProblems, _ evaluator: inout Evaluator) {
        if text.count == 0 { return problems.add("prefix part must be non-empty") }
        if text.count > 253 { problems.add("prefix part must be no more than 253 bytes") }
        if isSubdomain(text, &evaluator) { return }
        problems.add(
            "prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
        )
    }
}
