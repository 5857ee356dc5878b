public import CEL

extension Library {
    /// Addresses and ranges of addresses, which the specification of the language tests too.
    public static let network = Library(
        tables: [KubernetesTables.ipTable, KubernetesTables.cidrTable],
        functions: ipFunctions + cidrFunctions + [mappedAddress],
        types: [("net.IP", .opaque("net.IP", [])), ("net.CIDR", .opaque("net.CIDR", []))])

    /// The API server refuses an IPv6 address that stands for an IPv4 one; to the specification it is the latter, as
    /// long as it is not written as one.
    private static let mappedAddress = Function("ip") { evaluator, arguments in
        guard arguments.are(.string), let parsed = try? Address.parse(arguments[0].bytes), parsed.zone == nil,
            parsed.address.isMapped, !arguments[0].bytes.contains(UInt8(ascii: "."))
        else { return evaluator.noOverload("ip", arguments) }
        let address = Address(bits: parsed.address.bits & 0xFFFF_FFFF, isIPv6: false)
        return evaluator.opaque(Address.family, address)
    }
}
