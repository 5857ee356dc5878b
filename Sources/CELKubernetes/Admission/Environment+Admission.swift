public import CEL

/// Which variables the expressions of a policy have beside those that all have.
public struct AdmissionVariables: Sendable {
    /// The policy names a kind of parameters: `params`.
    public var hasParams = false
    /// The expression may ask an authorizer: `authorizer` and `authorizer.requestResource`.
    public var hasAuthorizer = false
    /// The expression makes patches: `Object{…}`, `JSONPatch{…}` and `jsonpatch.escapeKey`.
    public var hasPatchTypes = false
    /// The type of `variables`, with the policy's own variables as its fields; nil where there are none.
    public var composition: String?

    /// The variables of a policy.
    public init(
        hasParams: Bool = false, hasAuthorizer: Bool = false, hasPatchTypes: Bool = false, composition: String? = nil
    ) {
        self.hasParams = hasParams
        self.hasAuthorizer = hasAuthorizer
        self.hasPatchTypes = hasPatchTypes
        self.composition = composition
    }
}

extension Environment {
    /// What the expressions of admission policies may refer to. Objects are as open as JSON is; the request and the
    /// namespace have the fields that the API server declares.
    public static func admission(
        _ variables: AdmissionVariables = AdmissionVariables(), version: KubernetesVersion = .newest
    ) -> Environment {
        var environment = Environment.kubernetes(version)
        environment.types = ObjectTypes.admission
        environment.declare("object", .dyn)
        environment.declare("oldObject", .dyn)
        environment.declare("namespaceObject", .object("kubernetes.Namespace"))
        environment.declare("request", .object("kubernetes.AdmissionRequest"))
        if variables.hasParams { environment.declare("params", .dyn) }
        if variables.hasAuthorizer {
            environment.declare("authorizer", .object("kubernetes.authorization.Authorizer"))
            environment.declare("authorizer.requestResource", .object("kubernetes.authorization.ResourceCheck"))
        }
        if let composition = variables.composition { environment.declare("variables", .object(composition)) }
        if variables.hasPatchTypes {
            environment.types = MutationTypes()
            environment.add(.jsonPatch)
        }
        return environment
    }
}
