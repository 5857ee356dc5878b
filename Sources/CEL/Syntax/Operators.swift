/// The names under which operators are functions.
public enum Operator {
    /// `c ? a : b`
    public static let conditional = "_?_:_"
    /// `a && b`
    public static let logicalAnd = "_&&_"
    /// `a || b`
    public static let logicalOr = "_||_"
    /// `!a`
    public static let logicalNot = "!_"
    /// `a == b`
    public static let equals = "_==_"
    /// `a != b`
    public static let notEquals = "_!=_"
    /// `a < b`
    public static let less = "_<_"
    /// `a <= b`
    public static let lessEquals = "_<=_"
    /// `a > b`
    public static let greater = "_>_"
    /// `a >= b`
    public static let greaterEquals = "_>=_"
    /// `a + b`
    public static let add = "_+_"
    /// `a - b`
    public static let subtract = "_-_"
    /// `a * b`
    public static let multiply = "_*_"
    /// `a / b`
    public static let divide = "_/_"
    /// `a % b`
    public static let modulo = "_%_"
    /// `-a`
    public static let negate = "-_"
    /// `a[b]`
    public static let index = "_[_]"
    /// `a[?b]`
    public static let optionalIndex = "_[?_]"
    /// `a.?b`
    public static let optionalSelect = "_?._"
    /// `a in b`
    public static let `in` = "@in"
    /// Whether a loop that ands or ors may go on: anything but a plain false.
    public static let notStrictlyFalse = "@not_strictly_false"

    /// How a function's name is shown to people, with the operator's sign where it is one.
    static func display(_ function: String) -> String {
        signs[function] ?? function
    }

    private static let signs: [String: String] = [
        add: "+", divide: "/", equals: "==", greater: ">", greaterEquals: ">=", `in`: "in", less: "<",
        lessEquals: "<=", logicalAnd: "&&", logicalNot: "!", logicalOr: "||", modulo: "%", multiply: "*",
        negate: "-", notEquals: "!=", subtract: "-",
    ]
}
