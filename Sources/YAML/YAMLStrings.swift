/// How a string is written so that both schemas read the same string.
enum YAMLStrings {
    /// What a look at every character of a string tells.
    private struct Survey {
        var hasBreak = false
        var hasQuoteOrBackslash = false
        /// Only an escape keeps these: controls, and what YAML 1.1 takes for line breaks.
        var needsEscape = false
        /// `: ` or ` #`, a blank at either end, a tab.
        var confusesPlain = false
    }

    /// Writes the string; a block scalar's text goes to `column`, and without one everything stays on one line.
    static func write(_ text: Span<UInt8>, column: Int?, to output: inout [UInt8]) {
        let survey = survey(text)
        if survey.hasBreak && !survey.needsEscape, let column, startsLiteral(text) {
            writeLiteral(text, column: column, to: &output)
        } else if survey.needsEscape || survey.hasBreak {
            writeDouble(text, to: &output)
        } else if !survey.confusesPlain && startsPlain(text) && !isAmbiguous(text) {
            for index in 0..<text.count { output.append(text[index]) }
        } else if survey.hasQuoteOrBackslash {
            writeSingle(text, to: &output)
        } else {
            writeDouble(text, to: &output)
        }
    }

    private static func survey(_ text: Span<UInt8>) -> Survey {
        var survey = Survey()
        let count = text.count
        survey.confusesPlain = count == 0 || isBlank(text[0]) || isBlank(text[count - 1])
        for index in 0..<count {
            switch text[index] {
            case 0x0A: survey.hasBreak = true
            case 0x09: survey.confusesPlain = true
            case 0x22, 0x5C: survey.hasQuoteOrBackslash = true
            case 0x3A where index + 1 == count || isBlank(text[index + 1]): survey.confusesPlain = true
            case 0x23 where index > 0 && isBlank(text[index - 1]): survey.confusesPlain = true
            case 0x00..<0x20, 0x7F: survey.needsEscape = true
            case 0xC2...: survey.needsEscape = survey.needsEscape || escapedWidth(text, at: index) > 0
            default: break
            }
        }
        return survey
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// The length of a character beyond ASCII that must be escaped, or zero: C1 controls, LS, PS, the byte order mark
    /// and the two that are no characters.
    private static func escapedWidth(_ text: Span<UInt8>, at index: Int) -> Int {
        guard index + 1 < text.count else { return 0 }
        let next = text[index + 1]
        if text[index] == 0xC2 { return next < 0xA0 ? 2 : 0 }
        guard index + 2 < text.count else { return 0 }
        let last = text[index + 2]
        switch (text[index], next) {
        case (0xE2, 0x80): return last | 1 == 0xA9 ? 3 : 0
        case (0xEF, 0xBB): return last == 0xBF ? 3 : 0
        case (0xEF, 0xBF): return last >= 0xBE ? 3 : 0
        default: return 0
        }
    }

    /// Whether the first characters can begin a plain scalar.
    private static func startsPlain(_ text: Span<UInt8>) -> Bool {
        switch text[0] {
        case UInt8(ascii: "-"), UInt8(ascii: "?"), UInt8(ascii: ":"):
            return text.count > 1 && !isBlank(text[1]) && !isMarker(text)
        case UInt8(ascii: "."): return !isMarker(text)
        case UInt8(ascii: ","), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"), UInt8(ascii: "}"),
            UInt8(ascii: "#"), UInt8(ascii: "&"), UInt8(ascii: "*"), UInt8(ascii: "!"), UInt8(ascii: "|"),
            UInt8(ascii: ">"), UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "%"), UInt8(ascii: "@"),
            UInt8(ascii: "`"):
            return false
        default: return true
        }
    }

    /// `---` and `...` divide documents; the Kubernetes stream reader looks no further than the three dashes.
    private static func isMarker(_ text: Span<UInt8>) -> Bool {
        text.count >= 3 && text[0] == text[1] && text[1] == text[2]
    }

    /// Text that some schema takes for another type: these two, or the dates and base-60 numbers of YAML 1.1.
    private static func isAmbiguous(_ text: Span<UInt8>) -> Bool {
        if text.count == 2 && text[0] == UInt8(ascii: "<") && text[1] == UInt8(ascii: "<") { return true }
        return KubernetesScalars.resolve(text, tag: .none) != .string || CoreScalars.resolve(text) != .string
            || isSexagesimal(text)
    }

    private static func isSexagesimal(_ text: Span<UInt8>) -> Bool {
        guard (0x30...0x39).contains(text[0]) || text[0] == UInt8(ascii: "-") || text[0] == UInt8(ascii: "+") else {
            return false
        }
        var hasColon = false
        for index in 1..<max(1, text.count) {
            switch text[index] {
            case 0x30...0x39, UInt8(ascii: "_"), UInt8(ascii: "."): break
            case UInt8(ascii: ":"): hasColon = true
            default: return false
            }
        }
        return hasColon
    }
}

// MARK: Styles

extension YAMLStrings {
    /// A literal block needs a line of text for its indentation to be seen; one that starts blank is given a number.
    private static func startsLiteral(_ text: Span<UInt8>) -> Bool {
        for index in 0..<text.count where text[index] != 0x0A { return !isBlank(text[index]) || text[0] != 0x0A }
        return false
    }

    private static func writeLiteral(_ text: Span<UInt8>, column: Int, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "|"))
        if isBlank(text[0]) { output.append(UInt8(ascii: "2")) }
        var end = text.count
        while end > 0, text[end - 1] == 0x0A { end -= 1 }
        if end == text.count {
            output.append(UInt8(ascii: "-"))
        } else if end + 1 < text.count {
            output.append(UInt8(ascii: "+"))
        }
        var startsLine = true
        output.append(0x0A)
        // The caller ends the last line.
        let last = text.count - (end == text.count ? 0 : 1)
        for index in 0..<last {
            if startsLine && text[index] != 0x0A { for _ in 0..<column { output.append(0x20) } }
            output.append(text[index])
            startsLine = text[index] == 0x0A
        }
    }

    private static func writeSingle(_ text: Span<UInt8>, to output: inout [UInt8]) {
        output.append(0x27)
        for index in 0..<text.count {
            if text[index] == 0x27 { output.append(0x27) }
            output.append(text[index])
        }
        output.append(0x27)
    }

    private static func writeDouble(_ text: Span<UInt8>, to output: inout [UInt8]) {
        output.append(0x22)
        var index = 0
        while index < text.count {
            let byte = text[index]
            let width = byte >= 0xC2 ? escapedWidth(text, at: index) : 0
            if width > 0 {
                var scalar = UInt32(byte) & (width == 2 ? 0x1F : 0x0F)
                for step in 1..<width { scalar = scalar << 6 | UInt32(text[index + step] & 0x3F) }
                writeHex(scalar, to: &output)
                index += width
            } else {
                writeEscaped(byte, to: &output)
                index += 1
            }
        }
        output.append(0x22)
    }

    private static func writeEscaped(_ byte: UInt8, to output: inout [UInt8]) {
        switch byte {
        case 0x22, 0x5C: output += [0x5C, byte]
        case 0x0A: output += [0x5C, UInt8(ascii: "n")]
        case 0x0D: output += [0x5C, UInt8(ascii: "r")]
        case 0x09: output += [0x5C, UInt8(ascii: "t")]
        case 0x00..<0x20, 0x7F: writeHex(UInt32(byte), to: &output)
        default: output.append(byte)
        }
    }

    private static func writeHex(_ scalar: UInt32, to output: inout [UInt8]) {
        output += scalar < 0x100 ? [0x5C, UInt8(ascii: "x")] : [0x5C, UInt8(ascii: "u")]
        for shift in (scalar < 0x100 ? [4, 0] : [12, 8, 4, 0]) as [UInt32] {
            let digit = UInt8(truncatingIfNeeded: scalar >> shift & 0xF)
            output.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
        }
    }
}
