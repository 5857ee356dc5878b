import Glibc
import Simulation

let usage = """
    usage: simulate [--reviews N] [--seed S] [--seeds COUNT]

    Runs the hook runtime in virtual time against hooks that hang, slow down, flap, fail and talk nonsense, and looks at
    every answer. The same seed does the same again. Exit status: 0 nothing is wrong, 1 something is, 2 wrong use.

    """

var reviews = 1_000_000
var seed: UInt64 = 1
var seeds: UInt64 = 1
var words = CommandLine.arguments.dropFirst()
while let word = words.popFirst() {
    switch (word, words.popFirst().flatMap { UInt64($0) }) {
    case ("--reviews", let value?) where value > 0 && value < 1 << 40: reviews = Int(value)
    case ("--seed", let value?): seed = value
    case ("--seeds", let value?) where value > 0: seeds = value
    default:
        print(usage)
        exit(word == "--help" ? 0 : 2)
    }
}

var isFine = true
for number in seed..<(seed &+ seeds) {
    let report = try HookSimulation(seed: number).run(reviews: reviews)
    print(report.text)
    if report.violationCount > 0 { isFine = false }
}
exit(isFine ? 0 : 1)
