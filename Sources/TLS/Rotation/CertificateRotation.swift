/// Keeps an authority and a server's certificate fresh without any client ever being shown something that it does not trust.
///
/// A renewed serving pair from the same authority needs no care: whoever trusts the authority believes it. An authority is
/// replaced in steps, each of which is safe for every client that has seen the one before:
///
///     rest       bundle: current          serving pair: of current
///     published  bundle: current, next    serving pair: of current    the next authority is made, and signs nothing yet
///     switched   bundle: next, current    serving pair: of next       after one overlap: the bundle has reached everybody
///     rest       bundle: next             serving pair: of next       after one more: nobody is shown the old any more
///
/// The overlap is the time that a new bundle takes to reach every client, and a new serving pair every server. Each call of
/// `advance` makes one step at the most, so that whatever distributes the result can keep up. There is no record beside the
/// certificates that could contradict them: the signing authority is the one of the bundle whose key `ca.key` is, the next one
/// that whose key `next-ca.key` is, and a step was made when the certificate that it made begins to be valid (but for the hour
/// by which every certificate is dated back, as clocks differ).
public struct CertificateRotation: Sendable {
    /// What there is to be, with times in seconds.
    public struct Plan: Hashable, Sendable {
        /// The names and addresses that the serving certificate is good for.
        public var names: [String]
        /// How long a serving certificate is valid,
        public var servingTime: Int64 = 90 * 86400
        /// and how long before its end it is renewed.
        public var renewBefore: Int64 = 30 * 86400
        /// How long an authority is valid.
        public var authorityTime: Int64 = 3650 * 86400
        /// How long a step takes to reach everybody.
        public var overlap: Int64 = 3600

        /// A plan for these names, with the usual times.
        public init(names: [String]) { self.names = names }

        /// An authority is replaced while it can still sign a serving certificate that lives its full time.
        public var authorityMargin: Int64 { servingTime + renewBefore + 2 * overlap }
    }

    /// Everything that is kept, PEM.
    public struct Files: Hashable, Sendable {
        /// The serving certificate.
        public var certificate: [UInt8]
        /// Its key.
        public var key: [UInt8]
        /// Every authority that is to be trusted, the signing one first.
        public var bundle: [UInt8]
        /// The key of the authority that signs.
        public var authorityKey: [UInt8]
        /// The key of the authority that will sign next; nil where none is on its way.
        public var nextAuthorityKey: [UInt8]?

        /// These files.
        public init(
            certificate: [UInt8], key: [UInt8], bundle: [UInt8], authorityKey: [UInt8], nextAuthorityKey: [UInt8]?
        ) {
            self.certificate = certificate
            self.key = key
            self.bundle = bundle
            self.authorityKey = authorityKey
            self.nextAuthorityKey = nextAuthorityKey
        }
    }

    /// What is done.
    public enum Step: String, Hashable, Sendable {
        /// Nothing.
        case unchanged
        /// An authority and a serving pair, where there was nothing.
        case created
        /// Another serving pair from the same authority.
        case renewed
        /// Another authority, and a serving pair from it, at once: the old one had expired, so that nobody believed it.
        case recreated
        /// The next authority is in the bundle.
        case published
        /// The serving pair is one of the next authority.
        case switched
        /// The old authority has left the bundle.
        case retired
    }

    /// What a call came to.
    public struct Outcome: Sendable {
        /// What was done,
        public let step: Step
        /// and why.
        public let reason: RotationReason
        /// What there is now.
        public let files: Files
        /// What will be done next,
        public let nextStep: Step
        /// and when, in seconds since 1970.
        public let nextDue: Int64
    }

    private let plan: Plan

    /// A rotation by that plan.
    public init(_ plan: Plan) { self.plan = plan }

    /// Makes the step that is due at `now` (seconds since 1970). Where `rotates` is set, a rotation of the authority is due
    /// unless one is under way already. Where somebody is known not to trust the next authority yet, `distrusting` names them,
    /// and it does not sign before they do, unless the present one ends.
    public func advance(
        _ files: Files?, now: Int64, rotates: Bool = false, distrusting: [String] = []
    ) throws(RotationProblem) -> Outcome {
        guard let files else { return try begin(.created, .nothingThere, now) }
        let state = try CertificateState(files)
        if state.signing.facts.notBefore > now { throw .notYetValid("ca.crt", at: state.signing.facts.notBefore) }
        let isHeld = !distrusting.isEmpty && state.next != nil && state.signing.facts.notAfter > now
        if !isHeld, let outcome = try rotate(state, now, isAsked: rotates) { return outcome }
        if state.signing.facts.notAfter <= now {
            return try begin(.recreated, .authorityExpired(at: state.signing.facts.notAfter), now)
        }
        if let reason = state.renewalReason(plan, now) {
            var next = files
            try issue(&next, from: state.signing, files.authorityKey, now)
            return try outcome(.renewed, reason, next)
        }
        if isHeld { return try outcome(.unchanged, .notTrustedYet(distrusting), files) }
        return try outcome(.unchanged, rotates ? .underWay : .nothingDue, files)
    }

    /// The step of the authority's rotation that is due; nil where none is.
    private func rotate(_ state: CertificateState, _ now: Int64, isAsked: Bool) throws(RotationProblem) -> Outcome? {
        if let successor = state.next, let key = state.files.nextAuthorityKey, successor.facts.notAfter > now {
            guard let due = state.switchDue(plan), due <= now else { return nil }
            var next = state.files
            next.bundle = ([successor, state.signing] + state.old).flatMap(\.pem)
            next.authorityKey = key
            next.nextAuthorityKey = nil
            try issue(&next, from: successor, key, now)
            return try outcome(.switched, .overlapOver, next)
        }
        if state.signing.facts.notAfter <= now { return nil }
        guard state.old.isEmpty else { return try retire(state, now) }
        let end = state.signing.facts.notAfter
        guard isAsked || end - plan.authorityMargin <= now else { return nil }
        var next = state.files
        let made = try makeAuthority(now)
        next.bundle += made.chain
        next.nextAuthorityKey = made.key
        return try outcome(.published, isAsked ? .asked : .authorityExpires(at: end), next)
    }

    private func retire(_ state: CertificateState, _ now: Int64) throws(RotationProblem) -> Outcome? {
        let isOver = state.madeAt + plan.overlap <= now
        let kept = state.old.filter { !isOver && $0.facts.notAfter > now }
        guard kept.count < state.old.count else { return nil }
        var next = state.files
        next.bundle = ([state.signing] + kept).flatMap(\.pem)
        return try outcome(.retired, .overlapOver, next)
    }

    private func begin(_ step: Step, _ reason: RotationReason, _ now: Int64) throws(RotationProblem) -> Outcome {
        let made = try makeAuthority(now)
        var files = Files(
            certificate: [], key: [], bundle: made.chain, authorityKey: made.key, nextAuthorityKey: nil)
        guard let authority = try CertificateState.authorities(made.chain).first else {
            throw .cannotMake(TLSError(.noCertificate))
        }
        try issue(&files, from: authority, made.key, now)
        return try outcome(step, reason, files)
    }

    /// Authorities have names of their own, so that nobody confuses the old and the new.
    private func makeAuthority(_ now: Int64) throws(RotationProblem) -> CertificatePair {
        let number = String(UInt32.random(in: .min ... .max), radix: 16)
        do throws(TLSError) {
            let maker = try CertificateMaker(
                authority: "portcullis CA \(number)", now: now, days: plan.authorityTime / 86400)
            return try maker.pair()
        } catch {
            throw .cannotMake(error)
        }
    }

    private func issue(
        _ files: inout Files, from authority: CertificateReport, _ key: [UInt8], _ now: Int64
    ) throws(RotationProblem) {
        do throws(TLSError) {
            let maker = try CertificateMaker.signing(as: CertificatePair(chain: authority.pem, key: key))
            let pair = try maker.issue(
                "portcullis", names: plan.names, purpose: .server, now: now, days: plan.servingTime / 86400)
            files.certificate = pair.chain
            files.key = pair.key
        } catch {
            throw .cannotMake(error)
        }
    }

    private func outcome(_ step: Step, _ reason: RotationReason, _ files: Files) throws(RotationProblem) -> Outcome {
        let (next, due) = try CertificateState(files).nextStep(plan)
        return Outcome(step: step, reason: reason, files: files, nextStep: next, nextDue: due)
    }
}
