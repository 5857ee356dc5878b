import Policies

/// Names that objects can have.
package enum RegistrationName {
    /// What is wrong with the name of an object; nil when nothing is. It becomes a part of webhooks' names and a label.
    package static func problem(_ name: String) -> String? {
        NameRules.subdomain(name).first ?? (name.utf8.count > 63 ? "must be no more than 63 bytes" : nil)
    }

    /// What is wrong with the name of a namespace; nil when nothing is.
    package static func problem(namespace: String) -> String? {
        namespace.contains(".") ? "a namespace has no dots" : problem(namespace)
    }
}
