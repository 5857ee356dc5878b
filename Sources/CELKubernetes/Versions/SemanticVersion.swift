import CEL

/// A semantic version; its parts lie in the text it was read from.
struct SemanticVersion: BitwiseCopyable {
    var major: UInt64
    var minor: UInt64
    var patch: UInt64
    /// The identifiers of the pre-release with their dots; empty for a release.
    var prerelease = ByteView.empty
    /// What stands behind the plus; it has no part in the order.
    var build = ByteView.empty

    /// The version as it is written.
    var description: String {
        let numbers = "\(major).\(minor).\(patch)"
        let rest = prerelease.count > 0 ? "-\(prerelease.text)" : ""
        return numbers + rest + (build.count > 0 ? "+\(build.text)" : "")
    }
}

// MARK: order

extension SemanticVersion {
    /// Negative, zero or positive as this is older than, equal to or newer than the other.
    func order(_ other: SemanticVersion) -> Int {
        if major != other.major { return major < other.major ? -1 : 1 }
        if minor != other.minor { return minor < other.minor ? -1 : 1 }
        if patch != other.patch { return patch < other.patch ? -1 : 1 }
        if prerelease.count == 0 || other.prerelease.count == 0 { return other.prerelease.count - prerelease.count }
        var (mine, theirs) = (Identifiers(prerelease), Identifiers(other.prerelease))
        while true {
            let (one, two) = (mine.next(), theirs.next())
            guard let one, let two else { return one != nil ? 1 : two != nil ? -1 : 0 }
            let order = Self.order(one, two)
            if order != 0 { return order }
        }
    }

    /// Numbers come before words, and compare as numbers: they have no leading zeros.
    private static func order(_ one: ByteView, _ other: ByteView) -> Int {
        let (isNumber, otherIsNumber) = (isDigits(one), isDigits(other))
        if isNumber != otherIsNumber { return isNumber ? -1 : 1 }
        if isNumber, one.count != other.count { return one.count - other.count }
        return one.order(other)
    }

    @inline(__always) fileprivate static func isDigits(_ text: ByteView) -> Bool {
        text.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
    }

    @inline(__always) fileprivate static func isIdentifier(_ text: ByteView) -> Bool {
        text.allSatisfy { byte in
            byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") || byte == UInt8(ascii: "-")
                || byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z")
        }
    }
}

/// Steps through what dots separate; an empty text is one empty part.
private struct Identifiers {
    private let text: ByteView
    private var position = 0

    init(_ text: ByteView) { self.text = text }

    mutating func next() -> ByteView? {
        guard position <= text.count else { return nil }
        let start = position
        while position < text.count, text[position] != UInt8(ascii: ".") { position += 1 }
        position += 1
        return text[view: start..<position - 1]
    }
}

// MARK: parsing

/// What keeps a text from being a semantic version: words, and the part they are about.
struct VersionProblem: Error, BitwiseCopyable {
    var words: StaticString
    var part: ByteView?
    /// Behind the part.
    var ending: StaticString = ""

    var message: String { part.map { "\(words)\(GoText.quote($0))\(ending)" } ?? "\(words)" }
}

extension SemanticVersion {
    /// Reads a version of exactly the form that semver.org has.
    init(_ text: ByteView) throws(VersionProblem) {
        if text.count == 0 { throw VersionProblem(words: "Version string empty") }
        guard let first = text.firstIndex(of: UInt8(ascii: ".")),
            let second = text[view: first + 1..<text.count].firstIndex(of: UInt8(ascii: "."))
        else { throw VersionProblem(words: "No Major.Minor.Patch elements found") }
        major = try Self.number(
            text[view: 0..<first], "Invalid character(s) found in major number ",
            "Major number must not contain leading zeroes ")
        minor = try Self.number(
            text[view: first + 1..<first + 1 + second], "Invalid character(s) found in minor number ",
            "Minor number must not contain leading zeroes ")
        var rest = text[view: first + second + 2..<text.count]
        let (beforeBuild, build) = Self.split(rest, at: UInt8(ascii: "+"))
        rest = beforeBuild
        let (number, prerelease) = Self.split(rest, at: UInt8(ascii: "-"))
        patch = try Self.number(
            number, "Invalid character(s) found in patch number ", "Patch number must not contain leading zeroes ")
        if let prerelease { self.prerelease = try Self.checkedPrerelease(prerelease) }
        if let build { self.build = try Self.checkedBuild(build) }
    }

    private static func split(_ text: ByteView, at mark: UInt8) -> (ByteView, ByteView?) {
        guard let place = text.firstIndex(of: mark) else { return (text, nil) }
        return (text[view: 0..<place], text[view: place + 1..<text.count])
    }

    private static func number(
        _ text: ByteView, _ invalid: StaticString, _ zeros: StaticString
    ) throws(VersionProblem) -> UInt64 {
        guard isDigits(text) else { throw VersionProblem(words: invalid, part: text) }
        if text.count > 1, text[0] == UInt8(ascii: "0") { throw VersionProblem(words: zeros, part: text) }
        return try integer(text)
    }

    private static func integer(_ digits: ByteView) throws(VersionProblem) -> UInt64 {
        var value: UInt64 = 0
        var isTooLarge = false
        for digit in digits {
            let (product, overflows) = value.multipliedReportingOverflow(by: 10)
            let (sum, carries) = product.addingReportingOverflow(UInt64(digit - UInt8(ascii: "0")))
            isTooLarge = isTooLarge || overflows || carries
            value = sum
        }
        guard digits.count > 0, !isTooLarge else {
            let ending: StaticString = digits.count > 0 ? ": value out of range" : ": invalid syntax"
            throw VersionProblem(words: "strconv.ParseUint: parsing ", part: digits, ending: ending)
        }
        return value
    }

    private static func checkedPrerelease(_ text: ByteView) throws(VersionProblem) -> ByteView {
        var identifiers = Identifiers(text)
        while let identifier = identifiers.next() {
            if identifier.count == 0 { throw VersionProblem(words: "Prerelease is empty") }
            if isDigits(identifier) {
                _ = try number(identifier, "", "Numeric PreRelease version must not contain leading zeroes ")
            } else if !isIdentifier(identifier) {
                throw VersionProblem(words: "Invalid character(s) found in prerelease ", part: identifier)
            }
        }
        return text
    }

    private static func checkedBuild(_ text: ByteView) throws(VersionProblem) -> ByteView {
        var identifiers = Identifiers(text)
        while let identifier = identifiers.next() {
            if identifier.count == 0 { throw VersionProblem(words: "Build meta data is empty") }
            if !isIdentifier(identifier) {
                throw VersionProblem(words: "Invalid character(s) found in build meta data ", part: identifier)
            }
        }
        return text
    }
}

// MARK: normalising

extension SemanticVersion {
    /// Reads a version that may begin with a `v`, have leading zeros, and lack its last numbers.
    static func normalizing(
        _ source: ByteView, _ evaluator: inout Evaluator
    ) throws(VersionProblem) -> SemanticVersion {
        let text = source.first == UInt8(ascii: "v") ? source[view: 1..<source.count] : source
        var parts: [3 of ByteView] = [.empty, .empty, .empty]
        var count = 0
        var rest: ByteView? = text
        while count < 3, let part = rest {
            let (before, after) = count < 2 ? split(part, at: UInt8(ascii: ".")) : (part, nil)
            parts[count] = before
            rest = after
            count += 1
        }
        if count < 3, parts[count - 1].contains(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }) {
            throw VersionProblem(words: "short version cannot contain PreRelease/Build meta data")
        }
        let normal = unsafe evaluator.make(.string, upTo: text.count + 8) { memory in
            var written = 0
            func write(_ byte: UInt8) {
                unsafe memory[written] = byte
                written += 1
            }
            for index in 0..<3 {
                if index > 0 { write(UInt8(ascii: ".")) }
                let part = parts[index]
                let zeros = part.count > 1 ? part.prefix { $0 == UInt8(ascii: "0") }.count : 0
                let stripped = part[view: zeros..<part.count]
                let needsZero = index >= count || part.count > 1 && !(stripped.first.map(isDigit) ?? false)
                if needsZero { write(UInt8(ascii: "0")) }
                for byte in stripped { write(byte) }
            }
            return written
        }
        if normal.isError { throw VersionProblem(words: "version is too long") }
        return try SemanticVersion(normal.bytes)
    }

    @inline(__always) private static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }
}
