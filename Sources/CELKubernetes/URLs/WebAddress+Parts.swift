import CEL

// The parts of a URL as its functions give them, and the URL as a text.

extension WebAddress {
    /// More parameters than this are none.
    private static let parametersMax = 10_000

    func schemeValue(_ evaluator: inout Evaluator) -> Value {
        guard scheme.contains(where: { $0 < UInt8(ascii: "a") }) else { return Value(.string, scheme) }
        return evaluator.copy(.string, scheme.lazy.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 })
    }

    func hostValue(_ evaluator: inout Evaluator) -> Value {
        PercentEncoding.decoded(host, plusIsSpace: false, &evaluator) ?? Value(.string, host)
    }

    /// The path with what must be encoded encoded: as it was written where that will do.
    var writtenPath: [UInt8]? {
        if PercentEncoding.isValidPath(path) { return nil }
        return PercentEncoding.encodedCopy(PercentEncoding.decodedCopy(path), .path)
    }

    func pathValue(_ evaluator: inout Evaluator) -> Value {
        writtenPath.map { evaluator.copy(.string, $0) } ?? Value(.string, path)
    }

    /// The parameters of the query by their names; those that are badly written are left out.
    func queryValue(_ evaluator: inout Evaluator) -> Value {
        var map = evaluator.makeMap(capacity: 4)
        var rest: ByteView? = query.count > 0 ? query : nil
        let count = query.lazy.filter { $0 == UInt8(ascii: "&") }.count + 1
        guard count <= Self.parametersMax, !evaluator.mustStop(after: query.count / 64 + 1) else { return map }
        while let parameters = rest, !map.isError {
            let (parameter, more) = Self.cut(parameters, at: UInt8(ascii: "&"))
            rest = more
            if parameter.count == 0 || parameter.contains(UInt8(ascii: ";")) { continue }
            let (name, value) = Self.cut(parameter, at: UInt8(ascii: "="))
            guard let name = PercentEncoding.decoded(name, plusIsSpace: true, &evaluator),
                let value = PercentEncoding.decoded(value ?? .empty, plusIsSpace: true, &evaluator)
            else { continue }
            if name.isError || value.isError || evaluator.mustStop() { return .stopped }
            map = append(value, to: name, in: map, &evaluator)
        }
        return map
    }

    private func append(_ value: Value, to name: Value, in map: Value, _ evaluator: inout Evaluator) -> Value {
        guard let earlier = evaluator.find(name, in: map) else {
            return evaluator.set(name, evaluator.list(CollectionOfOne(value)), in: map)
        }
        var values: [Value] = []
        for index in 0..<earlier.count { values.append(evaluator.element(index, of: earlier)) }
        if evaluator.mustStop(after: values.count) { return .stopped }
        return evaluator.set(name, evaluator.list(values + [value]), in: map)
    }

    /// Whether both would be written in the same way.
    func isWritten(as other: WebAddress) -> Bool {
        // Queries are written as they are.
        query.hasSameBytes(as: other.query) && hasEmptyQuery == other.hasEmptyQuery
            && written(withQuery: false) == other.written(withQuery: false)
    }

    /// The URL as Go writes it, for messages and comparisons.
    func written(withQuery: Bool = true) -> [UInt8] {
        var text: [UInt8] = []
        if scheme.count > 0 { text += scheme.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 } + [UInt8(ascii: ":")] }
        if let opaque, opaque.count > 0 {
            text += opaque
        } else {
            appendAuthorityAndPath(to: &text)
        }
        if withQuery, hasEmptyQuery || query.count > 0 { text += [UInt8(ascii: "?")] + query }
        if fragment.count > 0 {
            text.append(UInt8(ascii: "#"))
            text += writtenFragment
        }
        return text
    }

    private func appendAuthorityAndPath(to text: inout [UInt8]) {
        let hasAuthority = host.count > 0 || user != nil
        var path = writtenPath ?? Array(self.path)
        if scheme.count > 0 || hasAuthority, !(lacksHost && !hasAuthority) {
            if hasAuthority || path.count > 0 { text += Array("//".utf8) }
            if let user { text += writtenUser(user) + [UInt8(ascii: "@")] }
            text += PercentEncoding.encodedCopy(PercentEncoding.decodedCopy(host), .host)
        }
        if lacksHost, !hasAuthority, path.starts(with: Array("//".utf8)) {
            text += Array("%2F".utf8)
            path.removeFirst()
        }
        text += path
    }

    private func writtenUser(_ user: ByteView) -> [UInt8] {
        let (name, password) = Self.cut(user, at: UInt8(ascii: ":"))
        let written = PercentEncoding.encodedCopy(PercentEncoding.decodedCopy(name), .user)
        guard let password else { return written }
        return written + [UInt8(ascii: ":")] + PercentEncoding.encodedCopy(PercentEncoding.decodedCopy(password), .user)
    }

    private var writtenFragment: [UInt8] {
        let isValid = fragment.allSatisfy {
            PercentEncoding.isPlain($0, .fragment) || ByteView("!'()*[]%").contains($0)
        }
        return isValid ? Array(fragment) : PercentEncoding.encodedCopy(PercentEncoding.decodedCopy(fragment), .fragment)
    }
}
