public import CEL

/// The types of the objects that a policy is about, where they are known: to check its expressions and to bound their
/// costs. An expression runs on objects as they are, whatever these say.
public struct AdmissionTypes: Sendable {
    /// The type of `object` and `oldObject`.
    public var object: SchemaTypes?
    /// The type of `params`.
    public var params: SchemaTypes?

    /// Types that are known.
    public init(object: SchemaTypes? = nil, params: SchemaTypes? = nil) {
        self.object = object
        self.params = params
    }

    /// The API server's costs, with the sizes that these types tell.
    public var costs: KubernetesCosts { KubernetesCosts { [self] path, _ in size(of: path) } }

    /// The size of what a path leads to, whose first step is the name of a variable; nil where nothing is known.
    public func size(of path: [String]) -> Estimate? {
        switch path.first {
        case "object", "oldObject": object?.size(of: path)
        case "params": params?.size(of: path)
        default: nil
        }
    }
}

extension Environment {
    /// The environment of a policy's expressions in which objects have types.
    public static func admission(
        _ variables: AdmissionVariables = AdmissionVariables(), types: AdmissionTypes,
        version: KubernetesVersion = .newest
    ) -> Environment {
        var environment = Environment.admission(variables, version: version)
        environment.give(types, hasParams: variables.hasParams)
        return environment
    }

    /// Gives types to the objects that a policy's expressions are about.
    public mutating func give(_ types: AdmissionTypes, hasParams: Bool) {
        if let object = types.object {
            declare("object", object.rootType)
            declare("oldObject", object.rootType)
            add(object)
        }
        if hasParams, let params = types.params {
            declare("params", params.rootType)
            add(params)
        }
    }
}
