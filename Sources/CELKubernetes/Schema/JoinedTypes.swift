import CEL

/// The types of several providers, the first of which that knows a name counts.
private struct JoinedTypes: TypeProvider {
    let providers: [any TypeProvider]

    func hasObject(_ name: String) -> Bool { providers.contains { $0.hasObject(name) } }

    func field(_ field: String, of object: String) -> CELType? {
        providers.first { $0.hasObject(object) }?.field(field, of: object)
    }
}

extension Environment {
    /// Adds the types of a schema to those that are known.
    mutating func add(_ types: SchemaTypes) {
        self.types = self.types.map { JoinedTypes(providers: [$0, types]) } ?? types
    }
}
