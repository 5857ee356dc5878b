import HTTP
import Hooks
import Policies
import Reactor
import TLS
import TestSupport
import Testing

@Suite struct FactoryTests {
    private func http(_ change: (inout HTTPRun) -> Void) -> HookRun {
        var run = HTTPRun(url: "https://scanner.example/review")
        change(&run)
        return .http(run)
    }

    private func command(_ change: (inout CommandRun) -> Void) -> HookRun {
        var run = CommandRun(arguments: ["/bin/true"])
        change(&run)
        return .command(run)
    }

    @Test func everythingThatCannotBeIsNamed() throws {
        let folder = try TemporaryDirectory()
        try WholeFile.create(folder.path + "/short", with: Array("short".utf8))
        try WholeFile.create(folder.path + "/empty", with: [])
        try WholeFile.makeDirectory(folder.path + "/scripts")
        let prompt = { (template: String, model: String) in
            HookRun.prompt(PromptRun(endpoint: HTTPRun(url: "http://m.example/"), model: model, template: template))
        }
        let cases: [(HookRun, path: String, complaint: String)] = [
            (http { $0.url = "ftp://x/" }, "http.url", "http://"),
            (http { $0.url = "https://u:p@x/" }, "http.url", "user"),
            (http { $0.caFile = "missing" }, "http.caFile", "missing: No such file"),
            (http { $0.caFile = "short" }, "http.caFile", "no PEM certificate"),
            (http { $0.clientCertificate = "short" }, "http.clientCertificate", "PEM"),
            (http { $0.clientKey = "short" }, "http.clientKey", "clientCertificate"),
            (
                http {
                    $0.url = "http://x/"; $0.caFile = "short"
                }, "http.caFile", "http://"
            ),
            (http { $0.bearerTokenFile = "missing" }, "http.bearerTokenFile", "No such file"),
            (http { $0.bearerTokenFile = "empty" }, "http.bearerTokenFile", "is empty"),
            (http { $0.hmacKeyFile = "short" }, "http.hmacKeyFile", "fewer than 16 bytes"),
            (http { $0.headers = [HookField("Content-Type", "x")] }, "http.headers", "set by the server"),
            (http { $0.headers = [HookField("idempotency-key", "x")] }, "http.headers", "set by the server"),
            (http { $0.headers = [HookField("Host", "x")] }, "http.headers", "Host"),
            (http { $0.headers = [HookField("X", "a\r\nY: b")] }, "http.headers", "printable"),
            (http { $0.headers = [HookField("X Y", "a")] }, "http.headers", "not the name"),
            (
                http {
                    $0.headers = [HookField("Authorization", "x")]; $0.bearerTokenFile = "short"
                }, "http.headers",
                "Authorization"
            ),
            (http { $0.responseBytesMax = 0 }, "http.maxResponseBytes", "number of bytes"),
            (.webhook(HTTPRun(url: "nowhere")), "webhook.url", "http://"),
            (prompt("judge", "m"), "prompt.template", "{{invocation_json}}"),
            (prompt("{{invocation}}", "m"), "prompt.template", "unknown; known are {{invocation_json}}"),
            (prompt("{{invocation_json", "m"), "prompt.template", "{{"),
            (prompt("{{invocation_json}}", ""), "prompt.model", "model"),
            (command { $0.arguments = [] }, "command.argv", "program"),
            (command { $0.arguments = ["a\0b"] }, "command.argv", "zero byte"),
            (command { $0.directory = "missing" }, "command.directory", "No such file"),
            (
                command {
                    $0.directory = "scripts"; $0.arguments = ["./x.sh"]
                }, "command.argv", "is not in"
            ),
            (command { $0.environment = [HookField("A-B", "x")] }, "command.env", "no name"),
            (command { $0.environment = [HookField("PORTCULLIS_RESULT", "x")] }, "command.env", "server's own"),
            (
                command {
                    $0.environment = [HookField("A", "x")]; $0.secretFiles = [HookField("A", "short")]
                },
                "command.secretFiles", "twice"
            ),
            (command { $0.secretFiles = [HookField("A", "missing")] }, "command.secretFiles.A", "No such file"),
            (command { $0.grace = .seconds(61) }, "command.grace", "60s"),
        ]
        for (run, path, complaint) in cases {
            let problem = ExecutorFactory.problem(run, folder: folder.path)
            #expect(
                problem?.path == path && problem?.message.contains(complaint) == true,
                "\(path): \(String(describing: problem))")
            #expect(
                (problem?.cause == .machine)
                    == (problem?.message.contains("No such file") == true
                        || ["is empty", "fewer than", "PEM", "is not in"].contains {
                            problem?.message.contains($0) == true
                        }))
        }
    }

    @Test func whatIsWellIsMade() throws {
        let bench = try Workbench()
        _ = try bench.write("key", "0123456789abcdef")
        #expect(ExecutorFactory.problem(http { $0.hmacKeyFile = "key" }, folder: bench.folder.path) == nil)
        #expect(ExecutorFactory.problem(command { $0.environment = [HookField("A", "x")] }, folder: "/") == nil)
        let factory = ExecutorFactory(
            allowedTargets: AllowedTargets(), commands: CommandOptions(threads: bench.threads, scratchFolder: "/tmp"))
        let builtin = HookRun.builtin(name: "pod-security", settings: [])
        let made = try factory.executor(
            builtin, hook: "h", folder: "/", on: bench.loop,
            resolver: Resolver(on: bench.loop) { ResolverConfiguration() })
        #expect(made == nil)
    }

    /// RFC 4231, cases 1, 2 and 6.
    static let signatures: [(key: [UInt8], message: String, signature: String)] = [
        (
            [UInt8](repeating: 0x0B, count: 20), "Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            Array("Jefe".utf8), "what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            [UInt8](repeating: 0xAA, count: 131), "Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
    ]

    @Test(arguments: signatures) func signaturesAreThoseOfTheStandard(key: [UInt8], message: String, signature: String)
        throws
    {
        #expect(try SignatureKey(key).signInHexadecimal(Array(message.utf8)) == signature)
    }

    @Test func datesAreReadAsTheyAreWritten() {
        for seconds in [0, 784_111_777, 951_782_400, 4_102_444_799, 253_402_300_799] as [Int64] {
            var buffer = ByteBuffer()
            HTTPDate(secondsSince1970: seconds).write(to: &buffer)
            let date = buffer.withBytes { HTTPDate($0) }
            #expect(date?.secondsSince1970 == seconds, "\(buffer.text)")
        }
        for text in [
            "", "Sun, 06 Nov 1994 08:49:37", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
            "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nix 1994 08:49:37 GMT", "Sun, 06 Nov 1969 08:49:37 GMT",
        ] {
            #expect(HTTPDate(Array(text.utf8).span) == nil, "\(text)")
        }
    }
}
