/// What the values of one library's type have in common: how they compare, and what they are called.
///
/// The payload of such a value lies in an arena and is known to its library alone. A family is made once and lives as
/// long as the program: values point to it without counting references.
public final class OpaqueFamily: Sendable {
    let typeValue: Value
    let equals: @Sendable (Value, Value) -> Bool
    let size: (@Sendable (Value) -> UInt64)?
    let text: @Sendable (Value) -> String?

    /// Describes the values of a type; `size` is what cost accounting takes for it, where that is not one, and
    /// `text` is how a value is shown, where it can be.
    public init(
        typeName: StaticString, equals: @escaping @Sendable (Value, Value) -> Bool,
        size: (@Sendable (Value) -> UInt64)? = nil,
        text: @escaping @Sendable (Value) -> String? = { _ in nil }
    ) {
        typeValue = Value(typeNamed: typeName)
        self.equals = equals
        self.size = size
        self.text = text
    }
}

extension Value {
    /// The bytes before a payload, which hold the family.
    static let opaqueHeaderBytes = 16

    /// A library's value whose header and payload lie at `block`.
    @unsafe init(opaqueAt block: UnsafeMutableRawPointer) {
        self.init(.opaque, word: UInt64(UInt(bitPattern: block)))
    }

    /// The family of a library's value; nil for any other value.
    var family: OpaqueFamily? {
        guard kind == .opaque, let block = unsafe UnsafeRawPointer(bitPattern: UInt(truncatingIfNeeded: word)) else {
            return nil
        }
        return unsafe Unmanaged<OpaqueFamily>.fromOpaque(block.load(as: UnsafeRawPointer.self)).takeUnretainedValue()
    }

    /// Whether this is a value of the family.
    @inline(__always) public func isOf(_ family: OpaqueFamily) -> Bool {
        guard kind == .opaque, let block = unsafe UnsafeRawPointer(bitPattern: UInt(truncatingIfNeeded: word)) else {
            return false
        }
        let wanted = unsafe UnsafeRawPointer(Unmanaged.passUnretained(family).toOpaque())
        return unsafe block.load(as: UnsafeRawPointer.self) == wanted
    }

    /// The payload of a library's value, which must be of the type that its library put there.
    @inline(__always) public func payload<Payload: BitwiseCopyable>(as type: Payload.Type) -> Payload {
        let block = unsafe UnsafeRawPointer(bitPattern: UInt(truncatingIfNeeded: word)).unsafelyUnwrapped
        return unsafe block.load(fromByteOffset: Self.opaqueHeaderBytes, as: Payload.self)
    }
}
