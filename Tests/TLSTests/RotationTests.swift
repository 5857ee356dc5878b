import Reactor
import TLS
import Testing

/// A rotation in a time of its own.
private final class Rotating {
    var now: Int64 = 1_800_000_000
    var files: CertificateRotation.Files?
    var plan: CertificateRotation.Plan
    private(set) var steps: [CertificateRotation.Step] = []

    init(names: [String] = ["a.example", "::1"]) {
        plan = CertificateRotation.Plan(names: names)
    }

    @discardableResult
    func advance(after seconds: Int64 = 0, rotates: Bool = false) throws -> CertificateRotation.Outcome {
        now += seconds
        let outcome = try CertificateRotation(plan).advance(files, now: now, rotates: rotates)
        files = outcome.files
        steps.append(outcome.step)
        return outcome
    }

    var state: CertificateState { get throws { try CertificateState(try #require(files)) } }

    /// Whether a client that trusts `bundle` believes the server of `files` now.
    func believes(_ bundle: [UInt8], _ files: CertificateRotation.Files) throws -> Bool {
        try CertificateCheck.complaint(chain: files.certificate, authorities: bundle, at: now) == nil
    }
}

@Suite struct RotationTests {
    private let day: Int64 = 86400

    @Test func whatIsMadeIsGoodForWhatWasAskedFor() throws {
        let one = Rotating()
        let made = try one.advance()
        #expect(made.step == .created && made.reason == .nothingThere)
        #expect(made.nextStep == .renewed && made.nextDue == one.now + 60 * day)
        let state = try one.state
        #expect(state.serving.facts.names == ["a.example"] && state.serving.facts.addresses == [.loopbackV6])
        #expect(
            state.serving.issuer == state.signing.subject && state.signing.isAuthority && !state.serving.isAuthority)
        #expect(state.serving.facts.notBefore == one.now - 3600 && state.serving.facts.notAfter == one.now + 90 * day)
        #expect(state.signing.facts.notAfter == one.now + 3650 * day)
        #expect(try one.believes(made.files.bundle, made.files))
        #expect(made.files.nextAuthorityKey == nil && state.next == nil && state.old.isEmpty)
    }

    @Test func nothingChangesBeforeItIsDue() throws {
        let one = Rotating()
        let made = try one.advance()
        let later = try one.advance(after: 60 * day - 1)
        #expect(later.step == .unchanged && later.reason == .nothingDue && later.files == made.files)
        let renewed = try one.advance(after: 1)
        #expect(renewed.step == .renewed && renewed.reason == .expires(at: made.nextDue + 30 * day))
        #expect(renewed.files.bundle == made.files.bundle && renewed.files.authorityKey == made.files.authorityKey)
        #expect(renewed.files.key != made.files.key)
        #expect(try one.believes(made.files.bundle, renewed.files))
    }

    /// At every moment each client trusts what it is shown, be its bundle or the server's pair one step behind.
    @Test func everyStepIsSafeForWhoIsOneStepBehind() throws {
        let one = Rotating()
        var history = [try one.advance()]
        for (wait, rotates) in [(1, true), (3599, false), (1, false), (3599, false), (1, false), (1, false)]
            as [(Int64, Bool)]
        {
            history.append(try one.advance(after: wait, rotates: rotates))
        }
        #expect(one.steps == [.created, .published, .unchanged, .switched, .unchanged, .retired, .unchanged])
        for (before, after) in zip(history, history.dropFirst()) {
            for bundle in [before.files.bundle, after.files.bundle] {
                #expect(try one.believes(bundle, before.files) && one.believes(bundle, after.files))
            }
        }
        // What leaves the bundle is believed no longer, or nothing was tested.
        #expect(try !one.believes(history[6].files.bundle, history[0].files))
        #expect(try !one.believes(history[0].files.bundle, history[6].files))
        #expect(try CertificateReport.read(history[1].files.bundle).count == 2)
        #expect(try CertificateReport.read(history[6].files.bundle).count == 1)
        #expect(history[6].files.nextAuthorityKey == nil)
    }

    @Test func theNextStepIsForetold() throws {
        let one = Rotating()
        try one.advance()
        let published = try one.advance(rotates: true)
        #expect(published.nextStep == .switched && published.nextDue == one.now + 3600)
        #expect(try one.advance(after: 10, rotates: true).reason == .underWay)
        let switched = try one.advance(after: 3600)
        #expect(switched.nextStep == .retired && switched.nextDue == one.now + 3600)
        let retired = try one.advance(after: 3600)
        #expect(retired.step == .retired && retired.nextStep == .renewed)
    }

    @Test func anAuthorityIsReplacedLongBeforeItsEnd() throws {
        let one = Rotating()
        try one.advance()
        one.plan.renewBefore = 30 * day
        var seen: [CertificateRotation.Step: Int64] = [:]
        let start = one.now
        for round in 0..<508 {
            let outcome = try one.advance(after: round < 108 ? 30 * day : day)
            if seen[outcome.step] == nil, outcome.step != .unchanged { seen[outcome.step] = one.now - start }
            let state = try one.state
            // A certificate that does not live its full time would mean that its authority was about to end.
            #expect(state.serving.facts.notAfter - state.serving.facts.notBefore == 90 * day + 3600)
            #expect(state.serving.facts.notAfter - one.now >= 30 * day)
        }
        #expect(seen[.published] == (3650 - 120) * day && seen[.switched] == (3650 - 119) * day)
        #expect(!one.steps.contains(.recreated))
    }

    @Test func nobodyIsShownWhatIsKnownToBeDistrusted() throws {
        let one = Rotating()
        try one.advance()
        try one.advance(after: day, rotates: true)
        func advance(distrusting: [String]) throws -> CertificateRotation.Outcome {
            let outcome = try CertificateRotation(one.plan).advance(one.files, now: one.now, distrusting: distrusting)
            one.files = outcome.files
            return outcome
        }
        one.now += 2 * 3600
        let held = try advance(distrusting: ["them"])
        #expect(held.step == .unchanged && held.reason == .notTrustedYet(["them"]) && held.nextStep == .switched)
        // What is shown must stay valid all the same.
        one.now += 61 * day
        #expect(try advance(distrusting: ["them"]).step == .renewed)
        #expect(try advance(distrusting: []).step == .switched)
        #expect(try advance(distrusting: ["nobody who matters now"]).step == .unchanged)
        // At the end of the present authority there is nothing left to lose.
        let other = Rotating()
        try other.advance()
        try other.advance(after: day, rotates: true)
        other.now = try other.state.signing.facts.notAfter
        let last = try CertificateRotation(other.plan).advance(other.files, now: other.now, distrusting: ["them"])
        #expect(last.step == .switched)
    }

    @Test func aServingPairIsRenewedInTheMidstOfARotation() throws {
        let one = Rotating()
        one.plan.overlap = 100 * day
        try one.advance()
        try one.advance(rotates: true)
        let renewed = try one.advance(after: 61 * day)
        #expect(renewed.step == .renewed)
        #expect(try one.state.serving.issuer == one.state.signing.subject)
        #expect(try one.state.next != nil)
    }

    @Test func anExpiredAuthorityIsReplacedAtOnce() throws {
        let one = Rotating()
        try one.advance()
        let end = try one.state.signing.facts.notAfter
        one.now = end
        let made = try one.advance()
        #expect(made.step == .recreated && made.reason == .authorityExpired(at: end))
        #expect(try CertificateReport.read(made.files.bundle).count == 1)
        #expect(try one.believes(made.files.bundle, made.files))
    }

    @Test func anAuthorityThatEndsDoesNotWaitForTheOverlap() throws {
        let one = Rotating()
        one.plan.overlap = 10 * 365 * day
        try one.advance()
        try one.advance(after: day, rotates: true)
        let next = try one.state.next
        one.now = try one.state.signing.facts.notAfter
        #expect(try one.advance().step == .switched)
        #expect(try one.state.signing == next)
        #expect(try one.advance(after: 1).step == .retired)
        // Where the next one has ended too, it is of no use.
        try one.advance(rotates: true)
        one.now = try #require(one.state.next).facts.notAfter
        #expect(try one.advance().step == .recreated)
    }

    @Test func otherNamesMakeAnotherPair() throws {
        let one = Rotating()
        try one.advance()
        one.plan.names = ["A.example", "0:0::1"]
        #expect(try one.advance().step == .unchanged)
        one.plan.names = ["a.example", "b.example"]
        #expect(try one.advance().reason == .names(["::1", "b.example"]))
        #expect(try one.advance().step == .unchanged)
    }

    @Test func aPairThatDoesNotFitIsReplaced() throws {
        let (one, other) = (Rotating(), Rotating())
        try one.advance()
        try other.advance()
        one.files?.key = try #require(other.files?.key)
        #expect(try one.advance().reason == .keyMismatch)
        one.files?.certificate = try #require(other.files?.certificate)
        one.files?.key = try #require(other.files?.key)
        #expect(try one.advance().reason == .untrusted("unable to get local issuer certificate"))
    }

    @Test func aPairOfTheFutureIsReplacedAndAnAuthorityOfTheFutureIsNot() throws {
        let one = Rotating()
        try one.advance()
        try one.advance(after: 60 * day)
        #expect(try one.advance(after: -2 * day).reason == .notYetValid(from: one.now + 2 * day - 3600))
        let start = try one.state.signing.facts.notBefore
        one.now = start - 1
        #expect(throws: RotationProblem.notYetValid("ca.crt", at: start)) { try one.advance() }
    }

    @Test func garbageIsAnErrorThatNamesTheFile() throws {
        let one = Rotating()
        try one.advance()
        let sound = try #require(one.files)
        let garbage = Array("garbage".utf8)
        func complaint(_ change: (inout CertificateRotation.Files) -> Void) -> RotationProblem? {
            one.files = sound
            change(&one.files!)
            do { try one.advance() } catch { return error as? RotationProblem }
            return nil
        }
        #expect(complaint { $0.certificate = garbage } == .unreadable("tls.crt", TLSError(.noCertificate)))
        #expect(complaint { $0.bundle = garbage } == .unreadable("ca.crt", TLSError(.noCertificate)))
        #expect(complaint { $0.bundle = sound.certificate } == .noAuthority("CN=portcullis"))
        #expect(complaint { $0.authorityKey = sound.key } == .strangeKey("ca.key"))
        #expect(complaint { $0.authorityKey = garbage } == .strangeKey("ca.key"))
        #expect(complaint { $0.nextAuthorityKey = sound.key } == .strangeKey("next-ca.key"))
        #expect(complaint { $0.key = garbage } == nil)
        #expect(one.steps.last == .renewed)
    }

    @Test func aCertificateEndsWithItsAuthorityAtTheLatest() throws {
        let now: Int64 = 1_800_000_000
        let maker = try CertificateMaker(authority: "short", now: now, days: 3)
        let again = try CertificateMaker.signing(as: maker.pair())
        let facts = try again.issue("x", names: ["a"], purpose: .server, now: now, days: 90).facts()
        #expect(facts.notAfter == now + 3 * day)
    }
}
