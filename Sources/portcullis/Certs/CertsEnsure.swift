import Cluster
import HTTP
import JSON
import Reactor
import TLS

/// `portcullis certs ensure`: an authority and a serving pair, made, renewed and rotated.
enum CertsEnsure {
    static let help = """
        usage: portcullis certs ensure DIR|--secret NAMESPACE/NAME [OPTION…]

        Makes an authority and a server's certificate where there are none, and renews what is about to expire; run it from
        time to time, at least once a day. The files are tls.crt and tls.key, ca.crt (every authority to be trusted), ca.key
        and, during a rotation, next-ca.key; they all change at the same moment. Each run makes one step at the most and
        says which, and what is due next.

        An authority is replaced without a moment in which anybody distrusts anybody: first the next one is published in
        ca.crt beside the present one; an overlap later it signs the server's certificate; another overlap later the old one
        leaves ca.crt. Within an overlap, ca.crt must have reached every client, and tls.crt every server.

          --secret NAMESPACE/NAME   keep them in this Secret, of type kubernetes.io/tls
          --service NAMESPACE/NAME  the certificate is good for the names of this Service
          --san NAME                and for this host name or address; may be repeated
          --days N                  how long the server's certificate is valid (default 90)
          --renew-before N          how many days before its end it is renewed (default 30)
          --ca-days N               how long an authority is valid (default 3650)
          --overlap TIME            how long a step takes to reach everybody (default 1h)
          --rotate                  begin to replace the authority now, unless that is under way
          --registration NAME       the next authority signs only once all webhook configurations of this registration
                                    trust it: 'register' must have told the API server first
          --token-secret NAMESPACE/NAME   also make this Secret, with a token for the server's --admin-token-file, unless
                                    there is one
          --force                   replace what was not made by this command, or cannot be read
          -o, --output text|json
        \(ClusterFlags.help)

        Exit status: 0 all is well, 2 wrong use, or it could not be done; nothing is lost then.
        """

    /// How often it decides anew because somebody else has changed the certificates meanwhile.
    private static let attemptsMax = 5

    static func run(_ words: [String]) throws(UsageError) -> ExitStatus {
        let arguments = try Arguments(
            words, flags: ["--rotate", "--force"],
            values: ClusterFlags.values.union(CertificatePlan.values).union([
                "--secret", "--token-secret", "--registration", "--output",
            ]),
            short: ["-o": "--output"])
        let options = try EnsureOptions(arguments)
        let report: EnsureReport
        do throws(CertificateProblem) {
            report = try ensure(options, options.needsCluster ? client(arguments) : nil)
        } catch {
            Console.error("portcullis certs ensure: \(error.sentence)\n")
            return .cannotRun
        }
        Console.print(options.isJSON ? report.json : report.text)
        return .fine
    }

    private static func client(_ arguments: Arguments) throws(CertificateProblem) -> ClusterClient {
        do throws(ClusterError) { return try ClusterFlags(arguments).client(for: "certs ensure") } catch {
            throw .failed(error.description)
        }
    }

    private static func makeToken(
        _ options: EnsureOptions, _ client: ClusterClient
    ) throws(CertificateProblem) -> (name: String, isNew: Bool)? {
        guard let name = options.tokenSecret else { return nil }
        let token = AdminToken(name, client)
        return (token.name, try token.ensure())
    }

    private static func ensure(
        _ options: EnsureOptions, _ client: ClusterClient?
    ) throws(CertificateProblem) -> EnsureReport {
        // The admin's token comes first: what fails there leaves the certificates as they are.
        let token = try client.map { client throws(CertificateProblem) in try makeToken(options, client) } ?? nil
        var report: EnsureReport
        if let folder = options.folder {
            report = try ensure(folder, options, client)
        } else if let secret = options.secret, let client {
            report = try ensure(CertificateSecret(client, secret), options, client)
        } else {
            throw .failed("there is no place for the certificates")
        }
        report.token = token
        return report
    }

    /// Whoever comes second finds what the first has made.
    private static func ensure(
        _ folder: String, _ options: EnsureOptions, _ client: ClusterClient?
    ) throws(CertificateProblem) -> EnsureReport {
        let lock: FolderLock
        do throws(SystemError) {
            try WholeFile.makeDirectory(folder)
            lock = try FolderLock.wait(for: folder, patience: .seconds(30), clock: SystemClock())
        } catch {
            throw .failed(error.description)
        }
        let report = Result { () throws(CertificateProblem) in
            try ensure(CertificateFolder(path: folder), options, client)
        }
        _ = consume lock
        return try report.get()
    }

    /// Who of the registration does not trust the next authority yet.
    private static func distrusting(
        _ files: CertificateRotation.Files?, _ options: EnsureOptions, _ client: ClusterClient?
    ) throws(CertificateProblem) -> [String] {
        guard let registration = options.registration, let client, let files,
            let next = (try? CertificateState(files))?.next
        else { return [] }
        do throws(ClusterError) {
            return try RegistrationTrust(client: client, registration: registration).configurationsWithout(next)
        } catch {
            throw .failed(error.description)
        }
    }

    private static func ensure(
        _ place: any CertificatePlace, _ options: EnsureOptions, _ client: ClusterClient?
    ) throws(CertificateProblem) -> EnsureReport {
        for _ in 0..<attemptsMax {
            let present = try place.read()
            let files = try present.files(in: place.name, replaces: options.replaces)
            let distrusting = try distrusting(files, options, client)
            let now = SystemClock().wall / 1_000_000_000
            let outcome: CertificateRotation.Outcome
            do throws(RotationProblem) {
                outcome = try CertificateRotation(options.plan).advance(
                    files, now: now, rotates: options.rotates, distrusting: distrusting)
            } catch {
                throw .failed("\(place.name): \(error.sentence(time: TimeText.text))")
            }
            do throws(CertificateProblem) {
                if outcome.step != .unchanged { try place.write(outcome.files, over: present) }
                return EnsureReport(place: place.name, outcome: outcome)
            } catch {
                guard case .changed = error else { throw error }
            }
        }
        throw .failed("\(place.name) was changed by somebody else \(attemptsMax) times; try again")
    }
}

/// What the command line says about certificates that there are to be.
private struct EnsureOptions {
    let folder: String?
    let secret: NamespacedName?
    let tokenSecret: NamespacedName?
    let registration: String?
    let plan: CertificateRotation.Plan
    let rotates: Bool
    let replaces: Bool
    let isJSON: Bool

    init(_ arguments: Arguments) throws(UsageError) {
        secret = try NamespacedName.read("--secret", arguments)
        tokenSecret = try NamespacedName.read("--token-secret", arguments)
        registration = arguments.value("--registration")
        folder = arguments.operands.first
        guard arguments.operands.count + (secret == nil ? 0 : 1) == 1 else {
            throw UsageError(message: "give a directory, or --secret")
        }
        plan = try CertificatePlan.read(arguments)
        guard !plan.names.isEmpty else {
            throw UsageError(message: "a certificate needs a name: give --service, or --san")
        }
        rotates = arguments.has("--rotate")
        replaces = arguments.has("--force")
        isJSON = try arguments.choice("--output", [("text", false), ("json", true)]) ?? false
    }

    /// Whether anything of it is in a cluster.
    var needsCluster: Bool { secret != nil || tokenSecret != nil || registration != nil }
}

/// What `certs ensure` has done, and what comes next.
private struct EnsureReport {
    let place: String
    let outcome: CertificateRotation.Outcome
    /// The Secret of the admin's token, and whether it was made.
    var token: (name: String, isNew: Bool)?

    private var reason: String { outcome.reason.sentence(time: TimeText.text) }

    var text: String {
        """
        \(outcome.step) \(place): \(reason)
        next: \(outcome.nextStep), from \(TimeText.text(outcome.nextDue)) on

        """ + (token.map { "\($0.isNew ? "created" : "unchanged") \($0.name): the admin's token\n" } ?? "")
    }

    var json: String {
        var writer = JSONWriter()
        writer.beginObject()
        let members = [
            ("place", place), ("step", outcome.step.rawValue), ("reason", reason),
            ("nextStep", outcome.nextStep.rawValue), ("nextDue", TimeText.text(outcome.nextDue)),
        ]
        for (key, value) in members {
            writer.key(key.utf8.span)
            writer.string(value)
        }
        if let token {
            writer.key("token")
            writer.beginObject()
            writer.key("place")
            writer.string(token.name)
            writer.key("step")
            writer.string(token.isNew ? "created" : "unchanged")
            writer.endObject()
        }
        writer.endObject()
        return writer.text + "\n"
    }
}
