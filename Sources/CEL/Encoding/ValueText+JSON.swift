extension Value {
    /// Bytes, a time or a duration as JSON has them; nil for other values, and where the run must end.
    public func jsonText(_ evaluator: inout Evaluator) -> String? {
        switch kind {
        case .bytes:
            let encoded = Base64.encode(&evaluator, bytes)
            return encoded.kind == .string ? encoded.text : nil
        case .timestamp: return TimeText.write(self, inUTC: true)
        case .duration: return TypedTime.duration(nanoseconds: intValue)
        default: return nil
        }
    }
}
