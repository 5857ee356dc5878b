/// `portcullis certs`: makes certificates, keeps them fresh, and tells what they are.
enum CertsCommand: Command {
    static let name = "certs"
    static let summary = "make certificates, keep them fresh, and show them"
    static let help = [DevelopmentCertificates.help, CertsEnsure.help, CertsShow.help].joined(separator: "\n\n") + "\n"

    static func run(_ words: [String]) throws(UsageError) -> ExitStatus {
        let rest = Array(words.dropFirst())
        switch words.first {
        case "dev": return try DevelopmentCertificates.run(rest)
        case "ensure": return try CertsEnsure.run(rest)
        case "show": return try CertsShow.run(rest)
        default: throw UsageError(message: "expected 'dev', 'ensure' or 'show'")
        }
    }
}
