/// The classes that `\p{name}` can name: general categories, their long names, scripts, and a few more.
///
/// The rules are those of Go 1.25 and later: case, spaces, hyphens and underscores do not matter.
enum UnicodeClass {
    /// The set called `name`, or nil when nothing is.
    static func named(_ name: ArraySlice<UInt8>) -> CodePointSet? {
        let name = canonical(name)
        switch name {
        case Array("any".utf8): return .everything
        case Array("ascii".utf8): return CodePointSet(0, 0x7F)
        case Array("assigned".utf8): return unassigned.inverted()
        default: break
        }
        if let category = category(name) { return category }
        if let script = UnicodeTables.scripts.first(where: { canonical($0.name.utf8) == name }) {
            return CodePointSet(packed: script.packed)
        }
        let alias = UnicodeTables.categoryAliases.first { canonical($0.alias.utf8) == name }
        return alias.flatMap { category(canonical($0.name.utf8)) }
    }

    /// A category of one letter is all those of two letters that begin with it.
    private static func category(_ name: [UInt8]) -> CodePointSet? {
        if name == Array("cn".utf8) { return unassigned }
        var result = CodePointSet()
        var isKnown = false
        for category in UnicodeTables.categories {
            let candidate = canonical(category.name.utf8)
            let isCased = name == Array("lc".utf8) && ["Ll", "Lt", "Lu"].contains(category.name)
            guard candidate == name || (name.count == 1 && candidate[0] == name[0]) || isCased else { continue }
            result.insert(CodePointSet(packed: category.packed))
            isKnown = true
        }
        if name == Array("c".utf8) { result.insert(unassigned) }
        result.normalize()
        return isKnown ? result : nil
    }

    private static let unassigned: CodePointSet = {
        var assigned = CodePointSet()
        for category in UnicodeTables.categories { assigned.insert(CodePointSet(packed: category.packed)) }
        assigned.normalize()
        return assigned.inverted()
    }()

    private static func canonical(_ name: some Sequence<UInt8>) -> [UInt8] {
        name.compactMap { byte in
            switch byte {
            case UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: " "): nil
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte + 32
            default: byte
            }
        }
    }
}
