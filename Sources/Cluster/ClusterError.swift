/// Why something that concerns a cluster could not be done, in words for whoever has to do something about it.
public struct ClusterError: Error, Sendable, CustomStringConvertible {
    /// What callers tell apart.
    public enum Kind: Sendable {
        /// The kubeconfig, the service account or the command line is wrong.
        case configuration
        /// Nobody answers at the API server's address.
        case unreachable
        /// The API server's certificate, or its TLS, is not accepted.
        case untrusted
        /// The credentials are not accepted.
        case unauthorized
        /// The credentials are not allowed to do this.
        case forbidden
        /// There is no such object.
        case notFound
        /// The API server does not know that kind of object.
        case unknownKind
        /// The object was changed meanwhile, or another manager owns the fields.
        case conflict
        /// There is such an object already.
        case alreadyExists
        /// The API server says that the object or the request is wrong.
        case invalid
        /// A list's continuation has expired.
        case expired
        /// The API server has too much to do, and still had after every attempt.
        case overloaded
        /// There was no answer in time.
        case timedOut
        /// The answer is none that an API server gives.
        case malformed
        /// It failed in the API server.
        case failed
    }

    /// What kind of error.
    public let kind: Kind
    /// What, where, and what to do about it.
    public let description: String

    /// An error with its sentence.
    public init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
