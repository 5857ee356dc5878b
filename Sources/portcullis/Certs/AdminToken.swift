import Cluster
import JSON
import TLS

/// The token of whoever may change things in a running server, in a Secret of its own: made once, and never changed here.
struct AdminToken {
    /// The entry of the Secret.
    private static let entry = "token"
    /// What the server asks of a token.
    private static let charactersMin = 16

    private let client: ClusterClient
    private let object: ObjectReference
    var name: String { object.description }

    init(_ name: NamespacedName, _ client: ClusterClient) {
        self.client = client
        object = ObjectReference(.secrets, name.name, in: name.namespace)
    }

    /// Makes the token where there is none; true where it did.
    func ensure() throws(CertificateProblem) -> Bool {
        do throws(ClusterError) {
            if let present = try client.find(object) { return try check(present) }
            _ = try client.create(object, body())
            return true
        } catch {
            // Somebody else was faster.
            if error.kind == .alreadyExists { return false }
            throw .failed(error.description)
        }
    }

    private func check(_ present: JSONDocument) throws(ClusterError) -> Bool {
        let text = present.withRoot { $0["data"]?[Self.entry]?.string } ?? ""
        guard let token = Base64Text.decode(Array(text.utf8)), token.count >= Self.charactersMin else {
            throw ClusterError(
                .invalid,
                "\(object) has no \(Self.entry) of \(Self.charactersMin) characters or more: remove it, or put one there"
            )
        }
        return false
    }

    private func body() -> [UInt8] {
        // 256 bits of the kernel's.
        var source = SystemRandomNumberGenerator()
        let token = (0..<4).map { _ in
            let digits = String(source.next() as UInt64, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
        return DataObject.json(object, type: "Opaque", Self.entry, Base64Text.encode(Array(token.utf8)))
    }
}
