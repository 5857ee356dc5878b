import Foundation

/// Every area gives its benchmarks here; building one reads its inputs, so that is done only when it was asked for.
let areas: [(name: String, make: () throws -> [Benchmark])] = [
    ("json", JSONBenchmarks.make),
    ("yaml", YAMLBenchmarks.make),
    ("regex", RegexBenchmarks.make),
    ("cel", CELBenchmarks.make),
    ("admission", AdmissionBenchmarks.make),
    ("policies", PolicyBenchmarks.make),
    ("hooks", HookBenchmarks.make),
    ("mutate", MutationBenchmarks.make),
]

let usage = """
    usage: benchmark [--list] [--strict | --counts | --preemption] [--rounds N] [NAME…]

    Times every operation whose name starts with one of the NAMEs (all without one) against its peers in the same run,
    in turn, by CPU time, and prints medians; allocations and retains are counted exactly. Peers that are programs are
    built and installed by `deploy/install.sh benchmark`.

      --list      print the areas and stop
      --strict    exit 1 when a bar is missed or a peer with a bar is absent
      --counts    only count allocations and retains, where they are bounded; exit 1 when a bound is passed
      --preemption  only measure how late evaluations end whose time is up; exit 1 when one misses the bar
      --rounds N  rounds per operation (default 9)
    """

var names: [String] = []
var rounds = 9
var isStrict = false
var onlyCounts = false
var onlyPreemption = false
var arguments = CommandLine.arguments.dropFirst()
while let argument = arguments.popFirst() {
    switch argument {
    case "--help", "-h":
        print(usage)
        exit(0)
    case "--list":
        print(areas.map(\.name).joined(separator: "\n"))
        exit(0)
    case "--strict": isStrict = true
    case "--counts": onlyCounts = true
    case "--preemption": onlyPreemption = true
    case "--rounds":
        guard let value = arguments.popFirst().flatMap({ Int($0) }), value > 0 else {
            print(usage)
            exit(2)
        }
        rounds = value
    default: names.append(argument)
    }
}

if onlyPreemption { exit(Preemption.run(names, rounds: rounds) > 0 ? 1 : 0) }
var missed = 0
if !onlyCounts { FileHandle.standardOutput.write(Data((Table.header + "\n").utf8)) }
for area in areas where names.isEmpty || names.contains(where: { $0.hasPrefix(area.name) || area.name.hasPrefix($0) }) {
    let benchmarks: [Benchmark]
    do { benchmarks = try area.make() } catch {
        print("\(area.name): cannot be set up: \(error)")
        // Counting is a part of the tests, which may run without the corpus where that is not required.
        let isRequired = ProcessInfo.processInfo.environment["CI"] == "true"
        if !onlyCounts || isRequired || Inputs.hasCorpus { missed += 1 }
        continue
    }
    for benchmark in benchmarks where names.isEmpty || names.contains(where: { benchmark.name.hasPrefix($0) }) {
        if onlyCounts {
            guard let most = benchmark.countsMax else { continue }
            let seen = benchmark.count(operations: 16)
            let holds = seen.allocations <= most.allocations && seen.retains <= most.retains
            missed += holds ? 0 : 1
            print(
                "\(benchmark.name): \(seen.allocations) allocations, \(seen.retains) retains per operation"
                    + (holds ? "" : ", more than \(most.allocations) and \(most.retains)"))
            continue
        }
        let seen = benchmark.measure(rounds: rounds, roundNanoseconds: 60_000_000)
        missed += seen.peers.count(where: { !$0.holds }) + (seen.holds ? 0 : 1)
        FileHandle.standardOutput.write(Data((Table.row(seen) + "\n").utf8))
    }
}
exit((isStrict || onlyCounts) && missed > 0 ? 1 : 0)
