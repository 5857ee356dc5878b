public import CEL

/// A version of Kubernetes, as far as it decides what expressions may use.
public struct KubernetesVersion: Sendable, Comparable, Hashable {
    /// The second number of the version, as in 1.36.
    public let minor: Int

    /// The version 1.`minor`.
    public init(minor: Int) { self.minor = minor }

    /// The newest version whose environment is known here.
    public static let newest = KubernetesVersion(minor: 36)
    /// The oldest.
    public static let oldest = KubernetesVersion(minor: 28)

    /// By age.
    public static func < (one: KubernetesVersion, other: KubernetesVersion) -> Bool { one.minor < other.minor }
}

extension Environment {
    /// What an API server of `version` lets expressions use, before any variables are declared.
    public static func kubernetes(_ version: KubernetesVersion = .newest) -> Environment {
        var environment = Environment()
        environment.macros = .withoutAliases
        environment.runCosts = KubernetesCosts()
        environment.validations = [.homogeneousLiterals()]
        if version.minor >= 29 {
            environment.validations += [.durationLiterals, .timestampLiterals, .patternLiterals]
        }
        environment.allowsMixedComparisons = version.minor >= 28
        for (introduced, library) in Library.kubernetes(version) where version.minor >= introduced {
            environment.add(library)
        }
        return environment
    }
}

extension Library {
    /// The libraries by the version that brought them.
    fileprivate static func kubernetes(_ version: KubernetesVersion) -> [(introduced: Int, library: Library)] {
        [
            (0, .standard),
            (0, Library(tables: [KubernetesTables.urlTable], functions: urlFunctions)),
            (0, Library(tables: [KubernetesTables.regexTable], functions: regexFunctions)),
            (0, Library(tables: [KubernetesTables.listsTable], functions: Library.listFunctions)),
            (0, .strings(version: version.minor >= 29 ? 2 : 0)),
            (27, Library(tables: [KubernetesTables.authorizerTable], functions: authorizerFunctions)),
            (28, .optionals),
            (28, Library(tables: [KubernetesTables.quantityTable], functions: quantityFunctions + comparisonFunctions)),
            (29, .sets),
            (30, Library(tables: [KubernetesTables.ipTable], functions: ipFunctions, types: [address])),
            (30, Library(tables: [KubernetesTables.cidrTable], functions: cidrFunctions, types: [addressRange])),
            (31, Library(tables: [KubernetesTables.formatTable], functions: NamedFormat.functions)),
            (
                31,
                Library(
                    tables: [KubernetesTables.authorizerSelectorsTable], functions: authorizerSelectorFunctions)
            ),
            (32, .twoVariableLoops),
            (33, Library(tables: [KubernetesTables.semverTable], functions: semverFunctions)),
            (34, .lists),
        ]
    }

    private static let address = ("net.IP", CELType.opaque("net.IP", []))
    private static let addressRange = ("net.CIDR", CELType.opaque("net.CIDR", []))
}
