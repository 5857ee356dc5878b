public import LinearRegex

/// What one evaluator keeps to match patterns: the memory that matching works in, and the patterns that were not known
/// before the run.
@safe final class PatternMemory {
    /// Kept apart, so that a match may ask its evaluator whether time is up.
    let scratch: UnsafeMutablePointer<LinearRegex.Scratch>
    private var compiled: [(pattern: [UInt8], expression: LinearRegex)] = []
    private var replacedNext = 0
    private static let patternsMax = 16

    init() {
        unsafe scratch = .allocate(capacity: 1)
        unsafe scratch.initialize(to: LinearRegex.Scratch(bytesMax: 16 << 20))
    }

    deinit {
        unsafe scratch.deinitialize(count: 1)
        unsafe scratch.deallocate()
    }

    /// The expression that a pattern is, compiled at most once as long as few patterns are in use.
    func expression(_ pattern: ByteView) throws(LinearRegexError) -> LinearRegex {
        if let known = compiled.first(where: { $0.pattern.count == pattern.count && $0.pattern.elementsEqual(pattern) })
        {
            return known.expression
        }
        let expression = try LinearRegex(unsafe Span(_unsafeElements: pattern.buffer))
        if compiled.count < Self.patternsMax {
            compiled.append((Array(pattern), expression))
        } else {
            compiled[replacedNext] = (Array(pattern), expression)
            replacedNext = (replacedNext + 1) % Self.patternsMax
        }
        return expression
    }
}

extension Evaluator {
    /// Runs `body` with the expression that a pattern is and the memory to match it in; gives an error where the
    /// pattern is none. `body` asks its third argument whether it must stop.
    public mutating func withPattern(
        _ pattern: ByteView,
        _ body: (inout Evaluator, LinearRegex, inout LinearRegex.Scratch) throws(LinearRegexStopped) -> Value
    ) -> Value {
        let expression: LinearRegex
        do throws(LinearRegexError) {
            expression = try matching.expression(pattern)
        } catch {
            return self.error(error.description)
        }
        do throws(LinearRegexStopped) {
            return try unsafe body(&self, expression, &matching.scratch.pointee)
        } catch {
            return .stopped
        }
    }

    /// Whether a pattern matches anywhere in a text.
    mutating func match(_ expression: LinearRegex, _ text: ByteView) -> Value {
        let scratch = unsafe matching.scratch
        do {
            let found = try unsafe expression.matches(
                Span(_unsafeElements: text.buffer), scratch: &scratch.pointee, isValidUTF8: true,
                shouldStop: { mustStop(after: Evaluator.stepsBetweenChecks) })
            return mustStop(after: text.count / 64 + 1) ? .stopped : Value(found)
        } catch {
            return .stopped
        }
    }

    /// `text.matches('…')`: a text that failed costs nothing.
    mutating func match(_ node: Program.Node, _ program: borrowing Program) -> Value {
        let text = unsafe evaluate(program.code.operands[Int(node.b)], program)
        if text.isError { return text }
        var result = Value.noSuchOverload
        if text.kind == .string {
            result = program.patterns.withPattern(Int(node.a)) { match($0, text.bytes) }
        }
        var operands: InlineArray<2, Value> = [text, .null]
        let pattern = unsafe program.code.nodes[Int(program.code.operands[Int(node.b) + 1])]
        operands[1] = unsafe program.code.constants[Int(pattern.a)]
        var amount: UInt64 = 1
        if node.detail > 0 {
            amount = unsafe withUnsafePointer(to: &operands) {
                let base = unsafe UnsafeRawPointer($0).assumingMemoryBound(to: Value.self)
                return program.calls.cost(Int(node.detail), unsafe Arguments(base: base, count: 2), result)
            }
        }
        charge(amount)
        if stop != nil { result = .stopped }
        return result
    }
}
