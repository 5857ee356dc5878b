import JSON
import TestSupport

/// Random documents, small and full of what is easy to get wrong.
enum RandomJSON {
    private static let words = [
        "a", "b", "c", "name", "image", "é", "👑", "", "a/b", "m~n", "\"q\"", "line\n", "\u{2028}",
    ]

    /// A random document.
    static func document(_ random: inout SeededRandom, depth: Int = 5) -> JSONDocument? {
        var builder = JSONBuilder()
        add(&builder, &random, depth)
        return try? builder.finish()
    }

    /// A random document that has much in common with another one.
    static func variant(of node: JSONNode, _ random: inout SeededRandom) -> JSONDocument? {
        var builder = JSONBuilder()
        vary(node, &builder, &random, 5)
        return try? builder.finish()
    }

    private static func add(_ builder: inout JSONBuilder, _ random: inout SeededRandom, _ depth: Int) {
        switch random.below(depth > 0 ? 12 : 7) {
        case 0: builder.null()
        case 1: builder.bool(random.oneIn(2))
        case 2: builder.int(Int64(random.below(5)) - 2)
        case 3: builder.uint(random.next())
        case 4: builder.double(Double(random.below(1000)) / 8)
        case 5: builder.double(finite(Double(bitPattern: random.next())))
        case 6: builder.string(random.pick(words))
        case 7...9:
            builder.beginArray()
            for _ in 0..<random.below(6) { add(&builder, &random, depth - 1) }
            builder.endArray()
        default:
            builder.beginObject()
            for word in words where random.oneIn(3) {
                builder.key(word)
                add(&builder, &random, depth - 1)
            }
            builder.endObject()
        }
    }

    private static func finite(_ value: Double) -> Double { value.isFinite ? value : 0 }

    private static func vary(
        _ node: JSONNode, _ builder: inout JSONBuilder, _ random: inout SeededRandom, _ depth: Int
    ) {
        if random.oneIn(20) { return add(&builder, &random, depth) }
        if node.isArray {
            builder.beginArray()
            for element in node.elements {
                if random.oneIn(8) { continue }
                if random.oneIn(8) { add(&builder, &random, depth - 1) }
                vary(element, &builder, &random, depth - 1)
            }
            builder.endArray()
        } else if node.isObject {
            builder.beginObject()
            for member in node.members where !random.oneIn(8) {
                member.key.withUTF8 { key in builder.key(key) }
                vary(member.value, &builder, &random, depth - 1)
            }
            builder.endObject()
        } else {
            builder.copy(node)
        }
    }
}
