import CEL

/// A URL in parts as they are written, as Go's `net/url` takes it apart; nothing is decoded before it is asked for.
struct WebAddress: BitwiseCopyable {
    var scheme = ByteView.empty
    /// What stands behind the scheme where that is no path; nil where it is one.
    var opaque: ByteView?
    /// What stands before the `@`.
    var user: ByteView?
    var host = ByteView.empty
    var path = ByteView.empty
    var query = ByteView.empty
    /// A question mark with nothing behind it.
    var hasEmptyQuery = false
    /// A path behind a scheme without an authority.
    var lacksHost = false
    var fragment = ByteView.empty
}

/// What keeps a text from being a URL: words, and the part they are about.
struct WebAddressProblem: Error, BitwiseCopyable {
    var words: StaticString
    var part: ByteView?
    var ending: StaticString = ""
    /// The part is an address in brackets, and what is wrong with it is said as it is of addresses.
    var isAddress = false
    /// It was met when the text was read without its fragment.
    var isBeforeFragment = false

    /// The sentence about a text.
    func message(_ text: ByteView) -> String {
        let shown = isBeforeFragment ? WebAddress.cut(text, at: UInt8(ascii: "#")).0 : text
        return "parse \(GoText.quote(shown)): \(reason)"
    }

    private var reason: String {
        guard let part else { return "\(words)" }
        if isAddress { return "\(words)\(HostText.addressMessage(part))" }
        return "\(words)\(GoText.quote(part))\(ending)"
    }
}

extension WebAddress {
    /// Reads a URL that is absolute or begins with a slash, without its fragment: `isRequest` as the reference
    /// implementation first takes it whole, and then without what stands behind the `#`.
    init(
        _ text: ByteView, isRequest: Bool, shouldStop: () -> Bool = { false }
    ) throws(WebAddressProblem) {
        if text.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
            throw WebAddressProblem(words: "net/url: invalid control character in URL")
        }
        if text.count == 0, isRequest { throw WebAddressProblem(words: "empty url") }
        if text.hasSameBytes(as: ByteView("*")) {
            path = text
            return
        }
        var rest = try takeScheme(text)
        rest = takeQuery(rest)
        if rest.first != UInt8(ascii: "/") {
            if scheme.count > 0 {
                opaque = rest
                return
            }
            if isRequest { throw WebAddressProblem(words: "invalid URI for request") }
            let segment = rest.prefix { $0 != UInt8(ascii: "/") }
            if segment.contains(UInt8(ascii: ":")) {
                throw WebAddressProblem(words: "first path segment in URL cannot contain colon")
            }
        }
        let isNetwork = rest.starts(withBytes: ByteView("//"))
        if isNetwork, scheme.count > 0 || !isRequest && !rest.starts(withBytes: ByteView("///")) {
            rest = try takeAuthority(rest[view: 2..<rest.count])
        } else if scheme.count > 0, rest.first == UInt8(ascii: "/") {
            lacksHost = true
        }
        try PercentEncoding.check(rest, .path, shouldStop: shouldStop)
        path = rest
    }

    /// Reads a URL as the API server accepts it, once it is known to be one that a request may name.
    init(request text: ByteView, shouldStop: () -> Bool) throws(WebAddressProblem) {
        let (body, fragment) = Self.cut(text, at: UInt8(ascii: "#"))
        do throws(WebAddressProblem) { try self.init(body, isRequest: false, shouldStop: shouldStop) } catch {
            var problem = error
            problem.isBeforeFragment = true
            throw problem
        }
        if let fragment {
            try PercentEncoding.check(fragment, .fragment, shouldStop: shouldStop)
            self.fragment = fragment
        }
    }

    static func cut(_ text: ByteView, at mark: UInt8) -> (ByteView, ByteView?) {
        guard let place = text.firstIndex(of: mark) else { return (text, nil) }
        return (text[view: 0..<place], text[view: place + 1..<text.count])
    }

    /// What stands behind the scheme.
    private mutating func takeScheme(_ text: ByteView) throws(WebAddressProblem) -> ByteView {
        for index in 0..<text.count {
            switch text[index] {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): break
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
                if index == 0 { return text }
            case UInt8(ascii: ":"):
                if index == 0 { throw WebAddressProblem(words: "missing protocol scheme") }
                scheme = text[view: 0..<index]
                return text[view: index + 1..<text.count]
            default: return text
            }
        }
        return text
    }

    /// What stands before the query.
    private mutating func takeQuery(_ text: ByteView) -> ByteView {
        guard let mark = text.firstIndex(of: UInt8(ascii: "?")) else { return text }
        query = text[view: mark + 1..<text.count]
        hasEmptyQuery = query.count == 0
        return text[view: 0..<mark]
    }

    /// The path behind the authority.
    private mutating func takeAuthority(_ text: ByteView) throws(WebAddressProblem) -> ByteView {
        let end = text.firstIndex(of: UInt8(ascii: "/")) ?? text.count
        let authority = text[view: 0..<end]
        let mark = authority.lastIndex(of: UInt8(ascii: "@"))
        host = authority[view: (mark.map { $0 + 1 } ?? 0)..<end]
        let isWeb = isScheme("http") || isScheme("https")
        try HostText.check(host, allowsOneColonOnly: isWeb)
        if let mark {
            let user = authority[view: 0..<mark]
            guard user.allSatisfy(Self.isUserCharacter) else {
                throw WebAddressProblem(words: "net/url: invalid userinfo")
            }
            let (name, password) = Self.cut(user, at: UInt8(ascii: ":"))
            try PercentEncoding.check(name, .user)
            if let password { try PercentEncoding.check(password, .user) }
            self.user = user
        }
        return text[view: end..<text.count]
    }

    func isScheme(_ name: StaticString) -> Bool {
        scheme.elementsEqual(ByteView(name)) { $0 | 0x20 == $1 }
    }

    private static func isUserCharacter(_ byte: UInt8) -> Bool {
        PercentEncoding.isLetterOrDigit(byte) || ByteView("-._:~!$&'()*+,;=%@").contains(byte)
    }
}

/// The host of a URL with its port.
enum HostText {
    static func check(_ host: ByteView, allowsOneColonOnly: Bool) throws(WebAddressProblem) {
        if let open = host.lastIndex(of: UInt8(ascii: "[")) {
            guard open == 0 else { throw WebAddressProblem(words: "invalid IP-literal") }
            return try checkLiteral(host)
        }
        if let first = host.firstIndex(of: UInt8(ascii: ":")) {
            let last = host.lastIndex(of: UInt8(ascii: ":")) ?? first
            try checkPort(host[view: (allowsOneColonOnly ? first : last)..<host.count])
        }
        try PercentEncoding.check(host, .host)
    }

    private static func checkLiteral(_ host: ByteView) throws(WebAddressProblem) {
        guard let close = host.lastIndex(of: UInt8(ascii: "]")) else {
            throw WebAddressProblem(words: "missing ']' in host")
        }
        try checkPort(host[view: close + 1..<host.count])
        let name = host[view: 1..<close]
        let zone = zoneStart(name)
        try PercentEncoding.check(name[view: 0..<zone], .host)
        try PercentEncoding.check(name[view: zone..<name.count], .zone)
        switch address(name) {
        case .success(let address):
            if !address.isIPv6 { throw WebAddressProblem(words: "invalid IP-literal") }
        case .failure: throw WebAddressProblem(words: "invalid host: ", part: name, isAddress: true)
        }
    }

    /// Where an encoded percent sign begins what is no part of the address.
    private static func zoneStart(_ name: ByteView) -> Int {
        (0..<name.count).first { name[view: $0..<name.count].starts(withBytes: ByteView("%25")) } ?? name.count
    }

    /// Percent signs in an address are decoded before it is looked at; only addresses with zones have them.
    private static func address(_ name: ByteView) -> Result<Address, AddressProblem> {
        unsafe withDecoded(name) { text in
            do throws(AddressProblem) { return .success(try Address.parse(text).address) } catch {
                return .failure(error)
            }
        }
    }

    /// What is wrong with an address that was refused.
    static func addressMessage(_ name: ByteView) -> String {
        unsafe withDecoded(name) { text in
            do throws(AddressProblem) { _ = try Address.parse(text) } catch { return error.message(text) }
            return ""
        }
    }

    @unsafe private static func withDecoded<Result>(_ name: ByteView, _ body: (ByteView) -> Result) -> Result {
        unsafe PercentEncoding.decodedCopy(name).withUnsafeBufferPointer { bytes in
            unsafe body(ByteView(base: bytes.baseAddress, count: bytes.count))
        }
    }

    private static func checkPort(_ port: ByteView) throws(WebAddressProblem) {
        guard !isPort(port) else { return }
        throw WebAddressProblem(words: "invalid port ", part: port, ending: " after host")
    }

    /// Nothing, or a colon and digits.
    static func isPort(_ text: ByteView) -> Bool {
        guard text.count > 0 else { return true }
        return text[0] == UInt8(ascii: ":")
            && text[view: 1..<text.count].allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
    }

    /// The name and the port of a host.
    static func split(_ host: ByteView) -> (name: ByteView, port: ByteView) {
        var (name, port) = (host, ByteView.empty)
        if let colon = host.lastIndex(of: UInt8(ascii: ":")), isPort(host[view: colon..<host.count]) {
            name = host[view: 0..<colon]
            port = host[view: colon + 1..<host.count]
        }
        if name.first == UInt8(ascii: "["), name.count > 1, name[name.count - 1] == UInt8(ascii: "]") {
            name = name[view: 1..<name.count - 1]
        }
        return (name, port)
    }
}
