/// Says what is wrong with the syntax of an expression, once the parser has given up on it.
enum SyntaxDiagnosis {
    static func issues(of tokens: [Token], in source: ExpressionSource, after lexical: ExpressionIssues) -> ExpressionIssues {
        var issues = lexical
        issues.report("Syntax error", at: .none)
        return issues
    }
}
