/// Why a patch could not be applied: which operation, where, and why.
public struct JSONPatchError: Error, Equatable, Sendable {
    /// The closed list of things that can be wrong.
    public enum Reason: UInt8, Sendable {
        /// The patch is not an array of objects, or not a merge patch that the mode accepts.
        case malformed
        /// The operation's `op` is missing or unknown.
        case unknownOperation
        /// `path`, `from` or `value` is missing or of the wrong kind.
        case missingField
        /// `path` or `from` is not a JSON pointer.
        case invalidPointer
        /// There is nothing at the path, or nothing to hold what should be there.
        case missingTarget
        /// The last token is not an index of the array.
        case invalidIndex
        /// The value there is not the one that `test` expects.
        case testFailed
        /// A value cannot move into itself.
        case moveIntoItself
        /// The patch or its result passes a limit.
        case tooLarge
    }

    /// What was wrong.
    public let reason: Reason
    /// The index of the operation in the patch; nil where the patch as a whole is wrong.
    public let operation: Int?
    /// The operation's path, as the patch has it.
    public let path: String
    /// The sentence for people; in the API server's mode exactly what its library says.
    public let message: String

    /// An error of that reason.
    public init(reason: Reason, operation: Int?, path: String, message: String) {
        self.reason = reason
        self.operation = operation
        self.path = path
        self.message = message
    }
}

extension JSONPatchError: CustomStringConvertible {
    /// The operation, its path and what is wrong.
    public var description: String {
        guard let operation else { return message }
        return "operation \(operation) (\(path)): \(message)"
    }
}

/// What a patch may cost, and whose rules it follows.
public struct JSONPatchOptions: Sendable {
    /// Whose rules.
    public enum Mode: Sendable {
        /// RFC 6902 and RFC 7396 to the letter.
        case rfc
        /// What kube-apiserver's library (evanphx/json-patch v4) does: a missing `value` is `null`, negative indices count
        /// from the end, `replace` sets members that are not there, `copy` of a missing member copies `null`, `test`
        /// compares numbers by their text, merge patches drop the `null` members of objects inside arrays.
        case apiServer
    }

    /// Whose rules.
    public var mode: Mode
    /// The most operations in a patch; kube-apiserver's own limit.
    public var operationsMax = 10_000
    /// The most bytes of JSON that all `copy` operations together may add; kube-apiserver's own limit.
    public var copiedBytesMax = 3 << 20
    /// The most array elements that inserting and removing may shift, all operations together.
    public var shiftedElementsMax = 256 << 20

    /// The default limits.
    public init(mode: Mode = .rfc) { self.mode = mode }
}
