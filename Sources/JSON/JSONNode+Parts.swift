// A node taken apart, for owners of tagged words that store it beside other things.

extension JSONNode {
    /// The address of what the node belongs to; together with `index` it is the node.
    @unsafe @inline(__always) public var ownerAddress: UnsafeRawPointer { unsafe UnsafeRawPointer(storage) }

    /// The node that was taken apart into these parts; it is valid exactly as long as that one.
    @unsafe @inline(__always) public init(ownerAddress: UnsafeRawPointer, index: UInt32) {
        unsafe self.init(storage: ownerAddress.assumingMemoryBound(to: JSONStorage.self), index: Int(index))
    }
}
