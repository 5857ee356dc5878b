extension JSONNode: CustomStringConvertible {
    /// The value as compact JSON in source order.
    public var description: String { text() }

    /// The value as JSON: on one line, or indented for people.
    public func text(order: JSONWriter.Order = .source, indent: Int = 0) -> String {
        var writer = JSONWriter()
        writer.node(self, order: order, indent: indent)
        return writer.text
    }

    /// The value as compact JSON.
    public func bytes(order: JSONWriter.Order = .source) -> [UInt8] {
        var writer = JSONWriter()
        writer.node(self, order: order)
        return writer.bytes
    }
}
