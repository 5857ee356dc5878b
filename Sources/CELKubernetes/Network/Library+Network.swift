public import CEL

extension Library {
    /// Addresses and ranges of addresses, which the specification of the language tests too.
    public static let network = Library(
        tables: [KubernetesTables.ipTable, KubernetesTables.cidrTable], functions: ipFunctions + cidrFunctions,
        types: [("net.IP", .opaque("net.IP", [])), ("net.CIDR", .opaque("net.CIDR", []))])
}
