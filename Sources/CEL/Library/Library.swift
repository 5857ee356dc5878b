/// A set of functions and macros that an environment can be given.
public struct Library: Sendable {
    let tables: [SignatureTable]
    let macros: MacroTable
    let types: [(name: String, type: CELType)]
    let functions: [Function]
    let allowsOptionals: Bool
    let validations: [Validation]

    /// A library of functions, macros and named types.
    public init(
        tables: [SignatureTable], functions: [Function] = [], macros: MacroTable = MacroTable(),
        types: [(name: String, type: CELType)] = [], allowsOptionals: Bool = false, validations: [Validation] = []
    ) {
        self.functions = functions
        self.tables = tables
        self.macros = macros
        self.types = types
        self.allowsOptionals = allowsOptionals
        self.validations = validations
    }

    /// The language itself.
    public static let standard = Library(
        tables: [standardTable], functions: standardFunctions,
        types: [
            ("bool", .bool), ("bytes", .bytes), ("double", .double), ("google.protobuf.Duration", .duration),
            ("int", .int), ("list", .list(.parameter("A"))), ("map", .map(.parameter("A"), .parameter("B"))),
            ("null_type", .null), ("string", .string), ("google.protobuf.Timestamp", .timestamp),
            ("type", .type(nil)), ("uint", .uint),
        ])

    /// More functions on strings; `version` as the library counts them (the newest is 4).
    public static func strings(version: Int = 4) -> Library {
        var tables = [stringsTable]
        var functions = stringFunctions
        if version >= 1 {
            tables.append(stringsFormatTable)
            functions += quoteFunctions + formatFunctions(version >= 4 ? .plain : .localized)
        }
        if version >= 3 {
            tables.append(stringsReverseTable)
            functions += reverseFunctions
        }
        let validations = version >= 1 ? [Validation.formats(stringsVersion: version)] : []
        return Library(tables: tables, functions: functions, validations: validations)
    }

    /// More functions on lists, as of version 3.
    public static let lists = Library(tables: [listsTable], functions: listFunctions, macros: .sorting)

    /// Lists taken as sets.
    public static let sets = Library(tables: [setsTable], functions: setFunctions)

    /// Mathematics.
    public static let math = Library(tables: [mathTable], functions: mathFunctions, macros: .extremes)

    /// Base64.
    public static let encoders = Library(tables: [encodersTable], functions: encoderFunctions)

    /// Values that may be absent.
    public static let optionals = Library(
        tables: [optionalsTable, optionalListsTable], functions: optionalFunctions, macros: .optionals,
        types: [("optional_type", .optional(.parameter("V")))], allowsOptionals: true)

    /// Loops that name both the index or key and the value.
    public static let twoVariableLoops = Library(
        tables: [twoVariablesTable], functions: twoVariableFunctions, macros: .twoVariables)

    /// `cel.bind`, and the blocks that optimisers write.
    public static let bindings = Library(tables: [blocksTable], macros: .bindings)

    /// `cel.block` as it is written in tests of optimisers.
    public static let blocks = Library(tables: [], macros: .blocks)

    /// The overloads that compare numbers of different types.
    static let mixedComparisons: Set<String> = {
        let kinds = ["int64", "uint64", "double"]
        var ids: Set<String> = []
        for name in ["less", "less_equals", "greater", "greater_equals"] {
            for one in kinds { for other in kinds where one != other { ids.insert("\(name)_\(one)_\(other)") } }
        }
        return ids
    }()
}

extension Environment {
    /// Adds everything that a library has.
    public mutating func add(_ library: Library) {
        for table in library.tables { declare(table) }
        implement(library.functions)
        for (name, type) in library.types { declare(name, .type(type)) }
        macros.add(library.macros)
        if library.allowsOptionals { allowsOptionals = true }
        validations += library.validations
    }
}
