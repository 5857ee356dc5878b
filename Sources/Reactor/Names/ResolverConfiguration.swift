/// What `/etc/resolv.conf` and `/etc/hosts` say.
public struct ResolverConfiguration: Sendable {
    /// The name servers, in the order they are asked.
    public var servers: [SocketAddress] = []
    /// Domains appended to short names, in order.
    public var search: [String] = []
    /// A name with at least this many dots is first tried as it is.
    public var dots = 1
    /// How long one server has for its answer.
    public var timeout = Nanoseconds.seconds(2)
    /// How often the list of servers is gone through.
    public var attempts = 2
    /// Names that need no server.
    public var hosts: [String: [IPAddress]] = [:]

    /// An empty configuration.
    public init() {}

    /// The configuration that the two files' texts give.
    public init(resolvConf: String, hosts: String) {
        for line in resolvConf.split(whereSeparator: \.isNewline) {
            let words = line.prefix { $0 != "#" && $0 != ";" }.split(whereSeparator: \.isWhitespace).map(String.init)
            if let keyword = words.first { read(keyword, Array(words.dropFirst())) }
        }
        if servers.isEmpty { servers = [SocketAddress(.loopbackV4, port: 53)] }
        readHosts(hosts)
    }

    private mutating func read(_ keyword: String, _ words: [String]) {
        switch keyword {
        case "nameserver":
            // Three, as the C library has it.
            if servers.count < 3, let ip = words.first.flatMap({ IPAddress($0) }) {
                servers.append(SocketAddress(ip, port: 53))
            }
        case "search", "domain": search = Array(words.prefix(32))
        case "options": for word in words { readOption(word) }
        default: break
        }
    }

    private mutating func readOption(_ word: String) {
        let parts = word.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, let value = Int(parts[1]), value >= 0 else { return }
        switch parts[0] {
        case "ndots": dots = min(value, 15)
        case "timeout": timeout = .seconds(Int64(min(max(value, 1), 30)))
        case "attempts": attempts = min(max(value, 1), 5)
        default: break
        }
    }

    private mutating func readHosts(_ text: String) {
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace)
            guard let ip = words.first.flatMap({ IPAddress(String($0)) }) else { continue }
            for name in words.dropFirst() { hosts[name.lowercased(), default: []].append(ip) }
        }
    }

    /// Reads the machine's files; one that is missing is as good as empty.
    public static func ofMachine() -> ResolverConfiguration {
        ResolverConfiguration(resolvConf: text("/etc/resolv.conf"), hosts: text("/etc/hosts"))
    }

    private static func text(_ path: String) -> String {
        String(decoding: (try? WholeFile.read(path, bytesMax: 1 << 20)) ?? [], as: UTF8.self)
    }

    /// The full names to ask for, in order.
    func candidates(for name: String) -> [String] {
        if name.hasSuffix(".") { return [String(name.dropLast())] }
        let searched = search.map { $0 == "." ? name : name + "." + $0 }
        let isLong = name.utf8.count(where: { $0 == UInt8(ascii: ".") }) >= dots
        return isLong ? [name] + searched : searched + [name]
    }
}
