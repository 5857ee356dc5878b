public import Reactor

/// The ranges of addresses that hooks may reach although they are not of the public internet: the server's `allowedTargets`.
public struct AllowedTargets: Hashable, Sendable {
    /// Which entry of a list is no range, and why.
    public struct Problem: Error, Hashable, Sendable, CustomStringConvertible {
        /// The entry's place in the list.
        public let index: Int
        /// The entry.
        public let text: String
        /// What is wrong with it.
        public let problem: IPRange.Problem

        /// The entry and what is wrong with it.
        public var description: String { "\"\(text)\" \(problem.sentence)" }
    }

    /// The ranges.
    public var ranges: [IPRange] = []

    /// No such range: public addresses only.
    public init() {}

    /// The ranges of a list in CIDR notation.
    public init(_ texts: [String]) throws(Problem) {
        for (index, text) in texts.enumerated() {
            do throws(IPRange.Problem) {
                ranges.append(try IPRange(text))
            } catch {
                throw Problem(index: index, text: text, problem: error)
            }
        }
    }

    /// Whether an address lies in one of the ranges. An IPv4 address in IPv6's clothes (`::ffff:10.0.0.1`) is the IPv4
    /// address: that is what the kernel connects to.
    public func contains(_ address: IPAddress) -> Bool {
        let real = address.unmapped
        return ranges.contains { $0.contains(real) }
    }
}

/// Addresses that a hook's URL must not reach unless somebody allowed it: otherwise whoever may write a rule, or answers for
/// a name in one, could speak to the node, to the cloud's metadata service or to anything in the cluster in this server's name.
public struct AddressGuard: Sendable {
    /// What is allowed besides public addresses.
    public var allowedTargets: AllowedTargets

    /// A guard that lets these ranges through.
    public init(_ allowedTargets: AllowedTargets = AllowedTargets()) { self.allowedTargets = allowedTargets }

    /// Whether a hook may connect to the address.
    public func allows(_ address: IPAddress) -> Bool {
        allowedTargets.contains(address) || Self.speciality(of: address) == nil
    }

    /// What is special about an address; nil for one of the public internet.
    public static func speciality(of address: IPAddress) -> String? {
        let real = address.unmapped
        if real.isV4 { return v4.first { $0.range.contains(real) }?.name }
        if nat64.contains(real) {
            let inner = IPAddress(v4: UInt32(truncatingIfNeeded: real.low))
            return speciality(of: inner).map { "NAT64 of \(inner), which is \($0)" }
        }
        if let known = v6.first(where: { $0.range.contains(real) }) { return known.name }
        return global.contains(real) ? nil : "not a public address"
    }

    private typealias Row = (range: IPRange, name: String)

    /// IANA's IPv4 Special-Purpose Address Registry, and addresses outside of it that clouds answer metadata requests at.
    private static let v4: [Row] = [
        row(0x0000_0000, 8, "unspecified"), row(0x0A00_0000, 8, "private"),
        row(0x6440_0000, 10, "shared (carrier-grade NAT)"),
        row(0x7F00_0000, 8, "loopback"), row(0xA9FE_0000, 16, "link-local"), row(0xAC10_0000, 12, "private"),
        row(0xC000_0000, 24, "for protocols"), row(0xC000_0200, 24, "documentation"),
        row(0xC058_6300, 24, "6to4 relay"), row(0xC0A8_0000, 16, "private"), row(0xC612_0000, 15, "benchmarking"),
        row(0xC633_6400, 24, "documentation"), row(0xCB00_7100, 24, "documentation"),
        row(0xE000_0000, 4, "multicast"), row(0xF000_0000, 4, "reserved"), row(0xA83F_8110, 32, "cloud metadata"),
    ]

    /// The same for IPv6. Teredo is in `2001::/23`; it and 6to4 (RFC 7526) carry IPv4 addresses and are of the past, so they
    /// are refused whatever they carry.
    private static let v6: [Row] = [
        row(0, 0, 128, "unspecified"), row(0, 1, 128, "loopback"), row(0, 0, 96, "IPv4-compatible"),
        row(0x0064_FF9B_0001_0000, 0, 48, "local NAT64"), row(0x0100_0000_0000_0000, 0, 64, "discard"),
        row(0x2001_0000_0000_0000, 0, 23, "for protocols (Teredo among them)"),
        row(0x2001_0DB8_0000_0000, 0, 32, "documentation"), row(0x2002_0000_0000_0000, 0, 16, "6to4"),
        row(0x3FFF_0000_0000_0000, 0, 20, "documentation"), row(0xFC00_0000_0000_0000, 0, 7, "unique-local"),
        row(0xFE80_0000_0000_0000, 0, 10, "link-local"), row(0xFEC0_0000_0000_0000, 0, 10, "site-local"),
        row(0xFF00_0000_0000_0000, 0, 8, "multicast"),
    ]

    private static let nat64 = IPRange(masking: IPAddress(high: 0x0064_FF9B_0000_0000, low: 0), prefixLength: 96)
    /// All that IANA has given out for global unicast.
    private static let global = IPRange(masking: IPAddress(high: 0x2000_0000_0000_0000, low: 0), prefixLength: 3)

    private static func row(_ address: UInt32, _ length: Int, _ name: String) -> Row {
        (IPRange(masking: IPAddress(v4: address), prefixLength: length), name)
    }

    private static func row(_ high: UInt64, _ low: UInt64, _ length: Int, _ name: String) -> Row {
        (IPRange(masking: IPAddress(high: high, low: low), prefixLength: length), name)
    }
}
