import Reactor
import TLS

/// `portcullis certs dev DIR`: an authority and a server's certificate, for trying things out.
enum DevelopmentCertificates {
    static let help = """
        usage: portcullis certs dev DIR [--san NAME]… [--days N] [--force]

        Makes an authority and a server's certificate signed by it (ECDSA P-256) and writes them to DIR, which is made if
        it is missing: ca.crt, ca.key, server.crt and server.key; the keys can be read by their owner only. The server's
        certificate is good for localhost, 127.0.0.1, ::1 and the names of the Service portcullis in the namespace
        portcullis-system.

          --san NAME  another host name or address that the server's certificate is good for; may be repeated
          --days N    how long the certificates are valid: 1 to 3650 days (default 365)
          --force     replace files that exist
        """

    private static let names = [
        "localhost", "127.0.0.1", "::1", "portcullis", "portcullis.portcullis-system",
        "portcullis.portcullis-system.svc", "portcullis.portcullis-system.svc.cluster.local",
    ]

    static func run(_ words: [String]) throws(UsageError) -> ExitStatus {
        let arguments = try Arguments(words, flags: ["--force"], values: ["--san", "--days"])
        guard arguments.operands.count == 1, let folder = arguments.operands.first else {
            throw UsageError(message: "expected 'dev' and a directory")
        }
        let days = arguments.value("--days") ?? "365"
        guard let days = Int64(days), (1...3650).contains(days) else {
            throw UsageError(message: "--days must be a number from 1 to 3650, not '\(days)'")
        }
        do {
            let files = try make(names + arguments.all("--san"), days: days)
            return try write(files, to: folder, replaces: arguments.has("--force"))
        } catch let error as TLSError where error.kind == .invalidName {
            throw UsageError(message: "--san: \(error)")
        } catch {
            Console.error("portcullis certs: \(error)\n")
            return .cannotRun
        }
    }

    private struct NamedFile {
        let name: String
        let bytes: [UInt8]
        let mode: UInt32
    }

    private static func make(_ names: [String], days: Int64) throws(TLSError) -> [NamedFile] {
        let now = SystemClock().wall / 1_000_000_000
        let maker = try CertificateMaker(authority: "portcullis development CA", now: now, days: days)
        let authority = try maker.pair()
        let server = try maker.issue("portcullis", names: names, purpose: .server, now: now, days: days)
        return [
            NamedFile(name: "ca.crt", bytes: authority.chain, mode: 0o644),
            NamedFile(name: "ca.key", bytes: authority.key, mode: 0o600),
            NamedFile(name: "server.crt", bytes: server.chain, mode: 0o644),
            NamedFile(name: "server.key", bytes: server.key, mode: 0o600),
        ]
    }

    private static func write(
        _ files: [NamedFile], to directory: String, replaces: Bool
    ) throws(SystemError) -> ExitStatus {
        try WholeFile.makeDirectory(directory)
        if !replaces, let present = files.first(where: { WholeFile.exists("\(directory)/\($0.name)") }) {
            Console.error("portcullis certs: \(directory)/\(present.name) exists; use --force to replace it\n")
            return .cannotRun
        }
        for file in files {
            let path = "\(directory)/\(file.name)"
            try WholeFile.replace(path, with: file.bytes, mode: file.mode)
            Console.print("\(path)\n")
        }
        return .fine
    }
}
