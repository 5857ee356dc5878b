/// Makes a program of a tree: Thompson's construction, from the end of the pattern to its beginning, so that every
/// instruction knows where it leads when it is made and equal tails of sets are shared.
///
/// It keeps its own stack: the depth of a tree is no depth of calls.
struct Compiler {
    let tree: SyntaxTree
    let isReversed: Bool
    let instructionsMax: Int
    var program = Program()
    /// The sequences of a set, by node: a repeated set is worked out once.
    var sequences: [Int: [ByteSequence]] = [:]
    /// Instructions that read a byte, by where they lead; for the set that is being compiled.
    var shared: [[Transition]: UInt32] = [:]

    private struct Frame {
        let node: Int
        /// Where the node leads.
        let next: UInt32
        /// How many children are done.
        var done = 0
        /// What the children done so far make.
        var entry: UInt32
        /// The split at the end of a loop's body.
        var loop: UInt32 = 0
    }

    /// The program, or nil when it would have more than `instructionsMax` instructions.
    static func compile(_ tree: SyntaxTree, isReversed: Bool, instructionsMax: Int) -> Program? {
        var compiler = Compiler(tree: tree, isReversed: isReversed, instructionsMax: instructionsMax)
        compiler.program.isLongest = isReversed
        _ = compiler.emit(Instruction(operation: .fail))
        let match = compiler.emit(Instruction(operation: .match))
        guard let start = compiler.compile(tree.root, next: match) else { return nil }
        compiler.program.start = start
        compiler.program.captureSlots = 2 * (tree.captureNames.count + 1)
        compiler.program.isAnchored = !isReversed && tree.isAnchored
        compiler.program.searchStart = compiler.searchStart(start)
        compiler.program.classify()
        return compiler.program
    }

    mutating func emit(_ instruction: Instruction) -> UInt32 {
        program.instructions.append(instruction)
        return UInt32(truncatingIfNeeded: program.instructions.count - 1)
    }

    private var isTooLarge: Bool { program.instructions.count + program.transitions.count > instructionsMax }

    /// A loop that prefers a match here to skipping a byte.
    ///
    /// Only `\B` holds inside a code point, and only for it the loop has to skip whole ones.
    private mutating func searchStart(_ start: UInt32) -> UInt32 {
        if program.isAnchored || isReversed { return start }
        let loop = emit(Instruction(operation: .split, next: start))
        let skip =
            program.assertions.contains(.notWordBoundary)
            ? compileSet(ByteSequences.of(.everything), next: loop)
            : emit(Instruction(operation: .range, low: 0, high: 255, next: loop))
        program.instructions[Int(loop)].other = skip
        return loop
    }

    private mutating func compile(_ root: Int, next: UInt32) -> UInt32? {
        var frames = [Frame(node: root, next: next, entry: next)]
        var result = next
        while let frame = frames.last {
            if isTooLarge { return nil }
            let node = tree.nodes[frame.node]
            switch node.kind {
            case .concatenation: advanceConcatenation(&frames, node, &result)
            case .alternation: advanceAlternation(&frames, node, &result)
            case .capture: advanceCapture(&frames, node, &result)
            case .star, .plus, .question, .repetition: advanceRepetition(&frames, node, &result)
            default:
                result = compileLeaf(frame.node, next: frame.next)
                frames.removeLast()
            }
        }
        return isTooLarge ? nil : result
    }

    private func child(_ index: Int, next: UInt32) -> Frame { Frame(node: index, next: next, entry: next) }

    private mutating func advanceConcatenation(_ frames: inout [Frame], _ node: Node, _ result: inout UInt32) {
        let top = frames.count - 1
        let done = frames[top].done
        if done == 0 { result = frames[top].next }
        guard done < node.children.count else {
            frames.removeLast()
            return
        }
        frames[top].done += 1
        let index = isReversed ? done : node.children.count - 1 - done
        frames.append(child(node.children[index], next: result))
    }

    private mutating func advanceAlternation(_ frames: inout [Frame], _ node: Node, _ result: inout UInt32) {
        let top = frames.count - 1
        let done = frames[top].done
        if done == 1 { frames[top].entry = result }
        if done > 1 {
            frames[top].entry = emit(Instruction(operation: .split, next: result, other: frames[top].entry))
        }
        guard done < node.children.count else {
            result = frames[top].entry
            frames.removeLast()
            return
        }
        frames[top].done += 1
        frames.append(child(node.children[node.children.count - 1 - done], next: frames[top].next))
    }

    private mutating func advanceCapture(_ frames: inout [Frame], _ node: Node, _ result: inout UInt32) {
        let top = frames.count - 1
        let slot = UInt32(truncatingIfNeeded: node.capture * 2)
        if frames[top].done == 1 {
            // The reversed program only looks for where a match begins; it has no captures.
            if !isReversed { result = emit(Instruction(operation: .capture, next: result, other: slot)) }
            frames.removeLast()
            return
        }
        frames[top].done = 1
        let next = frames[top].next
        let end = isReversed ? next : emit(Instruction(operation: .capture, next: next, other: slot + 1))
        frames.append(child(node.children[0], next: end))
    }

    /// `x{2,4}` is `xx(x(x)?)?`, `x{2,}` is `xx+`, all from the end.
    private mutating func advanceRepetition(_ frames: inout [Frame], _ node: Node, _ result: inout UInt32) {
        let top = frames.count - 1
        let (least, most) = node.counts
        let isLoop = most < 0
        let total = isLoop ? max(1, least) : most
        let done = frames[top].done
        let next = frames[top].next
        if done == 1, isLoop {
            frames[top].entry = closeLoop(frames[top].loop, body: result, next: next, node: node, least: least)
        } else if done > 0, !isLoop, done <= most - least {
            frames[top].entry = split(result, next, node)
        } else if done > 0 {
            frames[top].entry = result
        }
        guard done < total else {
            result = frames[top].entry
            frames.removeLast()
            return
        }
        if done == 0, isLoop {
            frames[top].loop = emit(Instruction(operation: .split))
            frames[top].entry = frames[top].loop
        }
        frames[top].done += 1
        frames.append(child(node.children[0], next: frames[top].entry))
    }

    /// The entry of a loop whose body is compiled.
    private mutating func closeLoop(
        _ loop: UInt32, body: UInt32, next: UInt32, node: Node, least: Int
    ) -> UInt32 {
        let isLazy = node.flags.contains(.nonGreedy)
        program.instructions[Int(loop)].next = isLazy ? next : body
        program.instructions[Int(loop)].other = isLazy ? body : next
        if least > 0 { return body }
        // A body that can be empty makes `x*` into `(x+)?`, or the order of preference would be wrong (Go issue 46123).
        return tree.nodes[node.children[0]].isNullable ? split(body, next, node) : loop
    }

    private mutating func split(_ body: UInt32, _ next: UInt32, _ node: Node) -> UInt32 {
        node.flags.contains(.nonGreedy)
            ? emit(Instruction(operation: .split, next: next, other: body))
            : emit(Instruction(operation: .split, next: body, other: next))
    }

    private mutating func compileLeaf(_ index: Int, next: UInt32) -> UInt32 {
        let node = tree.nodes[index]
        switch node.kind {
        case .literal: return compileLiteral(node, next: next)
        case .set:
            let known = sequences[index] ?? ByteSequences.of(node.set)
            sequences[index] = known
            return compileSet(known, next: next)
        case .beginLine: return compileAssertion(isReversed ? .endLine : .beginLine, next: next)
        case .endLine: return compileAssertion(isReversed ? .beginLine : .endLine, next: next)
        case .beginText: return compileAssertion(isReversed ? .endText : .beginText, next: next)
        case .endText: return compileAssertion(isReversed ? .beginText : .endText, next: next)
        case .wordBoundary: return compileAssertion(.wordBoundary, next: next)
        case .notWordBoundary: return compileAssertion(.notWordBoundary, next: next)
        case .empty: return next
        default: return 0
        }
    }

    private mutating func compileAssertion(_ assertion: Assertion, next: UInt32) -> UInt32 {
        program.assertions.insert(assertion)
        return emit(Instruction(operation: .assertion, next: next, other: UInt32(assertion.rawValue)))
    }
}

extension Node {
    /// The counts of any kind of repetition; no greatest count is -1.
    var counts: (least: Int, most: Int) {
        switch kind {
        case .star: (0, -1)
        case .plus: (1, -1)
        case .question: (0, 1)
        default: (least, most)
        }
    }
}
