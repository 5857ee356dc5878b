import Policies

/// Rules for a simulation: hooks with all sorts of knobs, in several variants that follow each other as reloads do.
struct SimulationRules {
    private var chance: Chance
    private let hooks: [(name: String, phase: String, knobs: [String])]

    init(seed: UInt64) {
        var chance = Chance(seed: seed)
        hooks = (0..<9).map { number in
            let phase = number < 6 ? "validate" : number < 8 ? "mutate" : "after"
            return ("h\(number)", phase, Self.knobs(number, phase, &chance))
        }
        self.chance = chance
    }

    /// What stays as it is from one revision to the next.
    private static func knobs(_ number: Int, _ phase: String, _ chance: inout Chance) -> [String] {
        var knobs = [
            "weight: \(chance.within(-2...2))",
            "concurrency: {max: \(chance.within(1...60)), queue: \(chance.within(0...20))}",
            "retry: {attempts: \(chance.within(1...4)), backoff: \(chance.within(0...20))ms, maxBackoff: 60ms}",
        ]
        if !chance.oneIn(4) { knobs.append("budget: \(chance.pick([5, 20, 50, 150, 700]))ms") }
        if chance.oneIn(5) {
            knobs.append("breaker: false")
        } else {
            knobs.append(
                "breaker: {window: \(chance.within(1...20))s, minimumCalls: \(chance.within(2...30)), failureRate: 0.5, "
                    + "slowCall: \(chance.within(20...200))ms, slowRate: 0.8, openFor: \(chance.within(1...5))s, "
                    + "maxOpenFor: 30s, halfOpenCalls: \(chance.within(1...4))}")
        }
        if phase == "after" { return knobs }
        // One of each sort is always there.
        let cached = number == 4 || number == 5
        if cached { knobs.append("cache: {key: object.metadata.name, ttl: 2s, staleFor: 60s, entries: 8}") }
        knobs.append("failurePolicy: \(number == 5 ? "Cached" : number % 4 == 0 ? "Fail" : "Ignore")")
        if number == 3 { knobs.append("rollout: {percent: 50, by: user}") }
        return knobs
    }

    /// The next revision.
    mutating func next() -> String {
        var text = Self.policies
        for hook in hooks where !chance.oneIn(8) {
            let mode = chance.oneIn(6) ? chance.pick(["warn", "audit", "off"]) : "enforce"
            let knobs = hook.knobs + ["mode: \(mode)"]
            text += """
                ---
                apiVersion: portcullis.dev/v1
                kind: Hook
                metadata: {name: \(hook.name)}
                spec:
                  phase: \(hook.phase)
                  run: {http: {url: "https://\(hook.name).example/"}}
                  \(knobs.joined(separator: "\n  "))

                """
        }
        return text
    }

    /// What is decided in the process, between all that.
    private static let policies = """
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicy
        metadata: {name: policy}
        spec:
          matchConstraints:
            resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
          validations: [{expression: "object.metadata.name != 'bad'", message: "bad name"}]
        ---
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicyBinding
        metadata: {name: policy}
        spec: {policyName: policy, validationActions: [Deny]}

        """
}
