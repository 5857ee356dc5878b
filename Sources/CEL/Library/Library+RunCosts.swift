import JSON

// What calls cost when they run: first what the extension libraries say, then the model, then this.

extension Library {
    /// The cost of an extension library's overload; nil for any other.
    static func runCost(of overload: String?) -> CallCost? {
        guard let overload else { return nil }
        switch overload {
        case "list_sets_contains_list", "list_sets_intersects_list":
            return { arguments, _ in 1 &+ arguments[0].costSize &* arguments[1].costSize }
        case "list_sets_equivalent_list":
            return { arguments, _ in 1 &+ 2 &* arguments[0].costSize &* arguments[1].costSize }
        case "list_slice", "lists_range", "list_reverse": return { _, result in allocating(1, result.costSize) }
        case "list_flatten": return { arguments, _ in allocating(1, arguments[0].costSize) }
        case "list_flatten_int":
            return { arguments, _ in allocating(Double(arguments[1].intValue), arguments[0].costSize) }
        case "list_distinct": return { arguments, _ in selfCompare(arguments[0]) }
        default: break
        }
        guard overload.hasPrefix("list_") else { return nil }
        if overload.hasSuffix("_sort") { return { arguments, _ in selfCompare(arguments[0]) } }
        if overload.hasSuffix("_sortByAssociatedKeys") { return { arguments, _ in selfCompare(arguments[1]) } }
        return nil
    }

    private static func allocating(_ factor: Double, _ size: UInt64) -> UInt64 {
        let work = Double(size) * factor
        // Less than nothing, as of a negative depth, wraps around in the reference implementation.
        let whole = work < 0 ? UInt64(bitPattern: Int64(max(work, -0x1p63))) : work >= 0x1p64 ? .max - 32 : UInt64(work)
        return whole &+ 1 &+ Cost.list
    }

    /// Comparing each element with each other, which for texts costs a little more.
    private static func selfCompare(_ list: Value) -> UInt64 {
        let size = list.costSize
        guard size > 0 else { return allocating(2, 0) }
        let isText = list.firstElementIsText
        return allocating(isText ? 2 + Cost.perCharacter : 2, size &* size)
    }

    /// The language's own overloads whose cost depends on sizes; nil where a call costs one.
    static func ownRunCost(of overload: String?) -> CallCost? {
        switch overload {
        case "starts_with_string", "ends_with_string":
            return { arguments, _ in Evaluator.characters(arguments[0].costSize) }
        case "string_to_bytes", "bytes_to_string", "strings_quote", "string_format":
            return { arguments, _ in Evaluator.characters(arguments[0].costSize) }
        case "in_list": return { arguments, _ in arguments[1].costSize }
        case "add_string", "add_bytes":
            return { arguments, _ in Evaluator.characters(arguments[0].costSize &+ arguments[1].costSize) }
        case "matches_string":
            return { arguments, _ in
                let text = ((1 + Double(arguments[0].costSize)) * Cost.perCharacter).rounded(.up)
                let pattern = (Double(arguments[1].costSize) * Cost.perPatternCharacter).rounded(.up)
                return UInt64(text) &* UInt64(pattern)
            }
        case "contains_string":
            return { arguments, _ in
                Evaluator.characters(arguments[0].costSize) &* Evaluator.characters(arguments[1].costSize)
            }
        case "less_string", "greater_string", "less_equals_string", "greater_equals_string", "less_bytes",
            "greater_bytes", "less_equals_bytes", "greater_equals_bytes":
            return { arguments, _ in Evaluator.characters(min(arguments[0].costSize, arguments[1].costSize)) }
        default: return nil
        }
    }
}

extension Value {
    fileprivate var firstElementIsText: Bool {
        if kind == .jsonArray { return node.element(0)?.isString ?? false }
        if kind == .shapedList { return shapedFirstIsText }
        guard kind == .list, length > 0 else { return false }
        let first = unsafe elements[0].kind
        return first == .string || first == .bytes
    }

    private var shapedFirstIsText: Bool {
        var first: Kind?
        forEachPart { _, part in first = first ?? part.kind }
        return first == .string || first == .bytes
    }
}
