import Cluster
import HTTP
import JSON
import Reactor
import TLS

/// `portcullis certs show`: what certificates say, and whether all is well with them.
enum CertsShow {
    static let help = """
        usage: portcullis certs show DIR|FILE|--secret NAMESPACE/NAME|--connect HOST:PORT [OPTION…]

        Shows certificates: of a directory or Secret that 'certs ensure' keeps, of a PEM file, or those that a server shows;
        whom they are of, what they are good for, until when, and whether the key belongs to them and an authority vouches
        for them; of a kept set also where its rotation is.

          --secret NAMESPACE/NAME   the certificates of this Secret
          --connect HOST:PORT       the certificates that the server there shows
          --server-name NAME        with --connect: ask it for this name
          --ca FILE                 authorities (PEM) that must vouch for the certificate
          --warn N                  it is bad if the certificate expires within so many days (default 14)
          --overlap TIME, --renew-before N, --days N   as given to 'certs ensure', to foretell the next step
          -o, --output text|json
        \(ClusterFlags.help)

        Exit status: 0 all is well, 1 a certificate has expired, is about to, does not fit its key or is not vouched for,
        2 wrong use or nothing to show.
        """

    static func run(_ words: [String]) throws(UsageError) -> ExitStatus {
        let values: Set<String> = [
            "--secret", "--connect", "--server-name", "--ca", "--warn", "--output", "--overlap", "--renew-before",
            "--days",
        ]
        let arguments = try Arguments(words, values: ClusterFlags.values.union(values), short: ["-o": "--output"])
        let isJSON = try arguments.choice("--output", [("text", false), ("json", true)]) ?? false
        let warnText = arguments.value("--warn") ?? "14"
        guard let warn = Int64(warnText), (0...3650).contains(warn) else {
            throw UsageError(message: "--warn must be a number of days, not '\(warnText)'")
        }
        let subject = try ShowSubject(arguments)
        let plan = try CertificatePlan.read(arguments)
        do throws(CertificateProblem) {
            var shown = try subject.read(arguments)
            if let path = arguments.value("--ca") { shown.authorities = try ShowSubject.file(path) }
            let now = SystemClock().wall / 1_000_000_000
            let report = try CertificateVerdict(shown, plan, now: now, warn: warn * 86400)
            Console.print(isJSON ? report.json : report.text)
            return report.problems.isEmpty ? .fine : .bad
        } catch {
            Console.error("portcullis certs show: \(error.sentence)\n")
            return .cannotRun
        }
    }
}

/// Certificates that are to be shown.
struct ShownCertificates {
    /// Where they are from.
    let place: String
    /// The certificate and those that lead from it to an authority.
    var chain: [UInt8]
    /// Its key; nil where it is not known.
    var key: [UInt8]?
    /// Who must vouch for it; nil where that is not known.
    var authorities: [UInt8]?
    /// The whole set, where there is one.
    var files: CertificateRotation.Files?
}

/// What `certs show` is asked for.
private enum ShowSubject {
    case path(String)
    case secret(NamespacedName)
    case server(host: String, port: UInt16, name: String?)

    init(_ arguments: Arguments) throws(UsageError) {
        let secret = try NamespacedName.read("--secret", arguments)
        let target = arguments.value("--connect")
        guard arguments.operands.count + (secret == nil ? 0 : 1) + (target == nil ? 0 : 1) == 1 else {
            throw UsageError(message: "give a directory, a file, --secret or --connect")
        }
        if let path = arguments.operands.first {
            self = .path(path)
        } else if let secret {
            self = .secret(secret)
        } else {
            // The shape of an address is that of a URL's.
            guard let target, let url = try? HTTPURL("https://\(target)"), url.target == "/",
                let port = UInt16(exactly: url.port)
            else { throw UsageError(message: "--connect must be HOST:PORT") }
            self = .server(host: url.host, port: port, name: arguments.value("--server-name"))
        }
    }

    func read(_ arguments: Arguments) throws(CertificateProblem) -> ShownCertificates {
        switch self {
        case .path(let path):
            if WholeFile.exists("\(path)/\(PlacedCertificates.certificate)") {
                return try Self.set(CertificateFolder(path: path))
            }
            return ShownCertificates(place: path, chain: try Self.file(path))
        case .secret(let name):
            let client: ClusterClient
            do throws(ClusterError) { client = try ClusterFlags(arguments).client(for: "certs show") } catch {
                throw .failed(error.description)
            }
            return try Self.set(CertificateSecret(client, name))
        case .server(let host, let port, let name):
            return try ServerLook(host: host, port: port, name: name).certificates()
        }
    }

    static func file(_ path: String) throws(CertificateProblem) -> [UInt8] {
        do throws(SystemError) { return try WholeFile.read(path, bytesMax: 1 << 20) } catch {
            throw .failed(error.description)
        }
    }

    private static func set(_ place: any CertificatePlace) throws(CertificateProblem) -> ShownCertificates {
        let present = try place.read()
        guard let chain = present.entries[PlacedCertificates.certificate] else {
            throw .failed("\(place.name) has no \(PlacedCertificates.certificate)")
        }
        return ShownCertificates(
            place: place.name, chain: chain, key: present.entries[PlacedCertificates.key],
            authorities: present.entries[PlacedCertificates.bundle],
            files: (try? present.files(in: place.name, replaces: true)) ?? nil)
    }
}
