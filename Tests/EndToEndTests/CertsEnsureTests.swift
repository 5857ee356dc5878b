import Foundation
import RecordingCluster
import TestSupport
import Testing

@Suite struct CertsEnsureTests {
    private let directory: TemporaryDirectory
    private var folder: String { "\(directory.path)/certs" }

    init() throws { directory = try TemporaryDirectory() }

    private func ensure(_ words: String...) throws -> BuiltBinary.Outcome {
        try BuiltBinary.run(["certs", "ensure", folder, "--san", "localhost", "--overlap", "0s"] + words)
    }

    private func bytes(_ name: String) -> Data? {
        FileManager.default.contents(atPath: "\(folder)/\(name)")
    }

    private func mode(_ name: String) throws -> Int? {
        let path = URL(fileURLWithPath: "\(folder)/\(name)").resolvingSymlinksInPath().path
        return try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    @Test func whatIsMadeStaysUntilSomethingIsDue() throws {
        let made = try ensure()
        #expect(
            made.status == 0
                && made.output.hasPrefix("created \(folder): there was nothing to go on with\nnext: renewed, from 20"))
        let certificate = bytes("tls.crt")
        let again = try ensure("-o", "json")
        #expect(again.status == 0 && again.output.contains(#""step":"unchanged""#))
        #expect(bytes("tls.crt") == certificate && certificate != nil)
        for name in ["tls.key", "ca.key"] { #expect(try mode(name) == 0o600) }
        let verified = try Tool.run(
            "openssl",
            ["verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", "\(folder)/ca.crt", "\(folder)/tls.crt"])
        #expect(verified == "\(folder)/tls.crt: OK\n")
    }

    @Test func anAuthorityIsRotatedStepByStep() throws {
        let steps = try [[], ["--rotate"], [], [], []].map {
            try BuiltBinary.run(["certs", "ensure", folder, "--san", "a", "--overlap", "0s"] + $0).output
        }
        #expect(
            steps.map { $0.prefix { $0 != " " } } == ["created", "published", "switched", "retired", "unchanged"])
        #expect(bytes("next-ca.key") == nil)
    }

    @Test func whatSomebodyElseMadeIsNotTouched() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for name in ["tls.crt", "tls.key", "ca.crt"] {
            try Data("theirs".utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
        }
        let refused = try ensure()
        #expect(refused.status == 2)
        #expect(
            refused.errors
                == "portcullis certs ensure: \(folder) has ca.crt, tls.crt, tls.key, but no ca.key; it was not made "
                + "by 'certs ensure': name another place, or use --force to replace it\n")
        #expect(bytes("tls.key") == Data("theirs".utf8))
        #expect(try ensure("--force").status == 0)
        #expect(bytes("tls.key") != Data("theirs".utf8))
        #expect(try BuiltBinary.run(["certs", "show", folder]).status == 0)
    }

    @Test func garbageIsReportedAndNothingIsLost() throws {
        #expect(try ensure().status == 0)
        let path = URL(fileURLWithPath: "\(folder)/ca.crt").resolvingSymlinksInPath()
        try Data("garbage".utf8).write(to: path)
        let refused = try ensure()
        #expect(refused.status == 2)
        #expect(
            refused.errors == "portcullis certs ensure: \(folder): ca.crt cannot be used: no PEM certificate found\n")
        #expect(bytes("ca.crt") == Data("garbage".utf8))
        #expect(try ensure("--force").output.hasPrefix("created "))
    }

    @Test func manyAtOnceMakeOneAuthority() throws {
        let processes = try (0..<6).map { _ in
            let process = Process()
            process.executableURL = BuiltBinary.path
            process.arguments = ["certs", "ensure", folder, "--san", "localhost"]
            process.standardOutput = Pipe()
            try process.run()
            return process
        }
        let said = processes.map { process in
            let pipe = process.standardOutput as? Pipe
            process.waitUntilExit()
            return String(decoding: pipe?.fileHandleForReading.readDataToEndOfFile() ?? Data(), as: UTF8.self).prefix {
                $0 != " "
            }
        }
        #expect(said.filter { $0 == "created" }.count == 1 && said.filter { $0 == "unchanged" }.count == 5)
    }

    @Test(arguments: [
        (["--days", "0"], "--days must be a number of days from 1 to 3650"),
        (["--renew-before", "90"], "--renew-before must be less than --days"),
        (["--ca-days", "200"], "--ca-days must be at least"),
        (["--overlap", "x"], "--overlap must be a time such as 1h"),
        (["--san", "a b"], "--san 'a b': not a host name or an address"),
        (["--secret", "x"], "--secret must be NAMESPACE/NAME"),
        (["--secret", "a/b"], "give a directory, or --secret"),
        (["--service", "A/b"], "--service must be NAMESPACE/NAME"),
    ])
    func whatMakesNoSenseIsWrongUse(words: [String], sentence: String) throws {
        let refused = try BuiltBinary.run(["certs", "ensure", folder, "--san", "localhost"] + words)
        #expect(refused.status == 2 && refused.errors.contains(sentence), "\(refused.errors)")
        #expect(!FileManager.default.fileExists(atPath: folder))
    }

    @Test func aCertificateNeedsAName() throws {
        #expect(
            try BuiltBinary.run(["certs", "ensure", folder]).errors.contains(
                "a certificate needs a name: give --service, or --san"))
    }
}

@Suite struct CertsSecretTests {
    private let cluster: RecordingCluster
    private let name = "portcullis-system/portcullis-tls"

    init() throws { cluster = try RecordingCluster() }

    private var secret: Value? { cluster.object("secrets", "portcullis-tls", in: "portcullis-system") }

    private func ensure(user: String = "admin", _ words: String...) throws -> BuiltBinary.Outcome {
        try BuiltBinary.run(
            [
                "certs", "ensure", "--secret", name, "--service", "portcullis-system/portcullis", "--overlap", "0s",
                "--kubeconfig", try cluster.kubeconfig(user: user),
            ] + words)
    }

    @Test func aSecretIsMadeThenReplacedByItsVersion() throws {
        let made = try ensure()
        #expect(made.status == 0 && made.output.hasPrefix("created Secret \(name): "), "\(made.errors)")
        #expect(secret?["type"] == "kubernetes.io/tls")
        #expect(secret?["metadata"]["labels"]["app.kubernetes.io/name"] == "portcullis")
        #expect(secret?["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "portcullis")
        #expect(Set(secret?["data"].members.keys.map { $0 } ?? []) == ["tls.crt", "tls.key", "ca.crt", "ca.key"])
        #expect(try ensure().output.hasPrefix("unchanged "))
        for step in ["published", "switched", "retired", "unchanged"] {
            let said = try step == "published" ? ensure("--rotate") : ensure()
            #expect(said.output.hasPrefix("\(step) "), "\(said.output)\(said.errors)")
        }
        let path = "/api/v1/namespaces/portcullis-system/secrets"
        #expect(
            cluster.requests.map(\.line).filter { !$0.hasPrefix("GET") } == [
                "POST \(path)?fieldManager=portcullis", "PUT \(path)/portcullis-tls?fieldManager=portcullis",
                "PUT \(path)/portcullis-tls?fieldManager=portcullis",
                "PUT \(path)/portcullis-tls?fieldManager=portcullis",
            ])
        #expect(secret?["data"]["next-ca.key"] == .null)
        #expect(
            cluster.requests.filter { $0.method == "PUT" }.allSatisfy {
                $0.json["metadata"]["resourceVersion"].text != nil
            })
        #expect(
            cluster.requests.filter { $0.method == "PUT" }.allSatisfy { $0.json["metadata"]["managedFields"] == .null })
    }

    @Test func theCertificateIsGoodForTheService() throws {
        #expect(try ensure().status == 0)
        let shown = try BuiltBinary.run(["certs", "show", "--secret", name, "--kubeconfig", cluster.kubeconfig()])
        #expect(
            shown.status == 0
                && shown.output.contains(
                    "names      portcullis.portcullis-system.svc, portcullis.portcullis-system, portcullis, ")
        )
        #expect(shown.output.contains("rotation     at rest; next: renewed, from "))
    }

    @Test func whatOthersPutIntoTheSecretStays() throws {
        #expect(try ensure().status == 0)
        let theirs = try #require(secret).merged(
            with: ["metadata": ["labels": ["team": "a"], "annotations": ["b": "c"]], "data": ["extra": "ZQ=="]])
        cluster.put(theirs.json)
        #expect(try ensure("--rotate").output.hasPrefix("published "))
        #expect(secret?["metadata"]["labels"]["team"] == "a" && secret?["metadata"]["annotations"]["b"] == "c")
        #expect(secret?["data"]["extra"] == "ZQ==")
    }

    @Test func aLostRaceIsDecidedAnew() throws {
        // Another makes the Secret between this one's look and its writing.
        let other = try RecordingCluster()
        let made = try BuiltBinary.run(
            [
                "certs", "ensure", "--secret", name, "--service", "portcullis-system/portcullis", "--kubeconfig",
                other.kubeconfig(),
            ])
        #expect(made.status == 0)
        let theirs = try #require(other.object("secrets", "portcullis-tls", in: "portcullis-system"))
        cluster.interpose(on: "POST") { $0.put(theirs.json) }
        #expect(try ensure().output.hasPrefix("unchanged "))
        #expect(secret?["data"] == theirs["data"])
        // And changes it.
        cluster.interpose(on: "PUT") { $0.put(theirs.merged(with: ["metadata": ["labels": ["x": "y"]]]).json) }
        #expect(try ensure("--rotate").output.hasPrefix("published "))
        #expect(secret?["metadata"]["labels"]["x"] == "y")
        // And removes it.
        cluster.interpose(on: "PUT") { $0.remove("secrets", "portcullis-tls", in: "portcullis-system") }
        #expect(try ensure().output.hasPrefix("created "))
    }

    @Test func whoAlwaysLosesGivesUp() throws {
        #expect(try ensure().status == 0)
        for number in 0..<9 {
            cluster.interpose(on: "PUT") { state in
                guard let present = state.object("secrets", "portcullis-tls", in: "portcullis-system") else { return }
                state.put(present.merged(with: ["metadata": ["labels": ["n": .string("n\(number)")]]]).json)
            }
        }
        let refused = try ensure("--rotate")
        #expect(refused.status == 2 && refused.errors.contains("was changed by somebody else 5 times; try again"))
    }

    @Test func aForeignSecretIsNotTouched() throws {
        cluster.put(
            #"{"apiVersion":"v1","kind":"Secret","type":"kubernetes.io/tls","metadata":{"name":"portcullis-tls","namespace":"#
                + #""portcullis-system"},"data":{"tls.crt":"YQ==","tls.key":"YQ=="}}"#)
        let refused = try ensure()
        #expect(
            refused.status == 2
                && refused.errors.contains(
                    "Secret \(name) has tls.crt, tls.key, but no ca.crt, ca.key; it was not made by")
        )
        #expect(secret?["data"]["tls.crt"] == "YQ==")
        #expect(try ensure("--force").output.hasPrefix("created "))
        #expect(secret?["data"]["ca.key"] != .null)
    }

    @Test func theNextAuthorityWaitsUntilTheRegistrationTrustsIt() throws {
        func register(_ bundle: Value) {
            cluster.put(
                """
                {"apiVersion":"admissionregistration.k8s.io/v1","kind":"ValidatingWebhookConfiguration",
                 "metadata":{"name":"portcullis","labels":{"portcullis.dev/registration":"portcullis"}},
                 "webhooks":[{"name":"a.portcullis.dev","sideEffects":"None","admissionReviewVersions":["v1"],
                  "clientConfig":{"url":"https://a/","caBundle":\(bundle.json)},"rules":[]}]}
                """)
        }
        #expect(try ensure("--registration", "portcullis").status == 0)
        register(secret?["data"]["ca.crt"] ?? .null)
        #expect(try ensure("--registration", "portcullis", "--rotate").output.hasPrefix("published "))
        let held = try ensure("--registration", "portcullis")
        #expect(
            held.output.hasPrefix(
                "unchanged Secret \(name): the next authority is not trusted yet by ValidatingWebhookConfiguration portcullis: run"
            ),
            "\(held.output)\(held.errors)")
        #expect(try ensure("--registration", "other").output.hasPrefix("switched ") == true)
        #expect(cluster.requests.contains { $0.query["labelSelector"] == "portcullis.dev/registration=portcullis" })
        for step in ["retired", "published"] {
            let said = try step == "retired" ? ensure() : ensure("--rotate")
            #expect(said.output.hasPrefix("\(step) "))
        }
        register(secret?["data"]["ca.crt"] ?? .null)
        #expect(try ensure("--registration", "portcullis").output.hasPrefix("switched "))
    }

    @Test func anUnverifiedServerAndAnUnknownContextAreSaid() throws {
        let path = try cluster.kubeconfig()
        let insecure = try String(contentsOfFile: path, encoding: .utf8)
            .replacing(/certificate-authority-data: "[^"]*"/, with: "insecure-skip-tls-verify: true")
        try insecure.write(toFile: path + ".insecure", atomically: true, encoding: .utf8)
        let words = ["certs", "ensure", "--secret", name, "--san", "a", "--kubeconfig"]
        let loud = try BuiltBinary.run(words + [path + ".insecure"])
        #expect(loud.status == 0 && loud.errors.hasPrefix("portcullis certs ensure: warning: context recording in "))
        let unknown = try BuiltBinary.run(words + [path, "--kube-context", "other"])
        #expect(unknown.status == 2)
        #expect(
            unknown.errors == "portcullis certs ensure: \(path): there is no context 'other'; there are: recording\n")
    }

    @Test func theAdminsTokenIsMadeOnce() throws {
        let made = try ensure("--token-secret", "portcullis-system/portcullis-admin")
        #expect(
            made.output.hasSuffix("created Secret portcullis-system/portcullis-admin: the admin's token\n"),
            "\(made.errors)")
        let secret = cluster.object("secrets", "portcullis-admin", in: "portcullis-system")
        let token = try #require(secret?["data"]["token"].text.flatMap { Data(base64Encoded: $0) })
        #expect(token.count == 64 && secret?["type"] == "Opaque")
        #expect(secret?["metadata"]["labels"]["app.kubernetes.io/name"] == "portcullis")
        let again = try ensure("--token-secret", "portcullis-system/portcullis-admin", "-o", "json")
        #expect(
            again.output.contains(#""token":{"place":"Secret portcullis-system/portcullis-admin","step":"unchanged"}"#))
        #expect(cluster.object("secrets", "portcullis-admin", in: "portcullis-system") == secret)
        cluster.put(
            #"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"weak","namespace":"default"},"data":{"token":"YQ=="}}"#
        )
        let weak = try ensure("--token-secret", "default/weak")
        #expect(weak.status == 2 && weak.errors.contains("Secret default/weak has no token of 16 characters or more"))
    }

    @Test func aMissingRightIsNamed() throws {
        let refused = try ensure(user: "nobody")
        #expect(refused.status == 2)
        #expect(
            refused.errors.contains(
                "\"nobody\" may not get Secret \(name); add this rule to a Role in the namespace portcullis-system"))
        #expect(refused.errors.contains("  resourceNames: [portcullis-tls]\n  verbs: [get]"))
    }
}

@Suite struct CertsShowTests {
    private let directory: TemporaryDirectory
    private var folder: String { "\(directory.path)/certs" }

    init() throws { directory = try TemporaryDirectory() }

    private func show(_ words: String...) throws -> BuiltBinary.Outcome {
        try BuiltBinary.run(["certs", "show"] + words)
    }

    private func make(_ words: String...) throws {
        let made = try BuiltBinary.run(["certs", "ensure", folder, "--san", "a.example"] + words)
        #expect(made.status == 0, "\(made.errors)")
    }

    private func overwrite(_ name: String, _ data: Data) throws {
        try data.write(to: URL(fileURLWithPath: "\(folder)/\(name)").resolvingSymlinksInPath())
    }

    @Test func whatIsSoundIsShown() throws {
        try make()
        let text = try show(folder)
        #expect(text.status == 0 && !text.output.contains("problem: "))
        let fingerprint = try Tool.run(
            "openssl", ["x509", "-in", "\(folder)/tls.crt", "-noout", "-fingerprint", "-sha256"])
        #expect(text.output.contains(fingerprint.dropFirst("sha256 Fingerprint=".count).prefix { $0 != "\n" }))
        let json =
            try JSONSerialization.jsonObject(with: Data(show(folder, "-o", "json").output.utf8)) as? [String: Any]
        let certificates = json?["certificates"] as? [[String: Any]]
        #expect(certificates?.first?["names"] as? [String] == ["a.example"])
        // A second may have passed.
        #expect((89...90).contains(certificates?.first?["daysLeft"] as? Int ?? 0))
        #expect(json?["keyFits"] as? Bool == true && json?["vouchedFor"] as? Bool == true)
        #expect((json?["rotation"] as? [String: String])?["nextStep"] == "renewed")
        let file = try show("\(folder)/ca.crt")
        #expect(file.status == 0 && file.output.contains("  authority    CN=portcullis CA "))
        #expect(file.output.contains(/36(49|50) days left/))
    }

    @Test func whatIsAboutToExpireIsBad() throws {
        try make("--days", "10", "--renew-before", "5")
        #expect(try show(folder, "--warn", "9").status == 0)
        let bad = try show(folder)
        #expect(bad.status == 1 && bad.output.contains("problem: CN=portcullis expires at 20"))
    }

    @Test func whatDoesNotFitIsBad() throws {
        try make()
        let key = try #require(FileManager.default.contents(atPath: "\(folder)/ca.key"))
        try overwrite("tls.key", key)
        let bad = try show(folder)
        #expect(bad.status == 1 && bad.output.contains("problem: the key is not the certificate's"))
        #expect(bad.output.contains("key          IS ANOTHER CERTIFICATE'S"))
        let other = "\(directory.path)/other"
        #expect(try BuiltBinary.run(["certs", "ensure", other, "--san", "b"]).status == 0)
        let unknown = try show("\(folder)/tls.crt", "--ca", "\(other)/ca.crt")
        #expect(
            unknown.status == 1
                && unknown.output.contains("no authority vouches for the certificate: unable to get local issuer"))
    }

    @Test func aServersCertificateIsShown() throws {
        let cluster = try RecordingCluster()
        let place = String(cluster.url.dropFirst("https://".count))
        let authority = "\(directory.path)/ca.crt"
        try Data(cluster.authority).write(to: URL(fileURLWithPath: authority))
        let shown = try show("--connect", place, "--ca", authority, "--warn", "0")
        #expect(
            shown.status == 0 && shown.output.hasPrefix("\(place)\n  certificate  CN=kube-apiserver, EC 256 bits\n"))
        #expect(shown.output.contains("vouched for  yes"))
        let nobody = try show("--connect", "127.0.0.1:1")
        #expect(nobody.status == 2 && nobody.errors == "portcullis certs show: 127.0.0.1:1: Connection refused\n")
    }

    @Test func nothingToShowIsAnError() throws {
        #expect(try show("\(directory.path)/nowhere").status == 2)
        #expect(try show().errors.contains("give a directory, a file, --secret or --connect"))
        #expect(try show(folder, "--connect", "x:1").status == 2)
        #expect(try show("--connect", "https://x:1/").errors.contains("--connect must be HOST:PORT"))
    }
}
