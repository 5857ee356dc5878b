import Glibc
import TestSupport
import Testing

@testable import Reactor

/// A name server that answers as it is told to, on the loop of the test.
final class ScriptedServer: EventHandler {
    /// What to answer to a question, over which transport: whole messages, in order.
    typealias Script = (_ question: [UInt8], _ isStream: Bool) -> [[UInt8]]

    let address: SocketAddress
    var script: Script
    private(set) var questions: [[UInt8]] = []
    private let socket: CInt
    private let listener: FileDescriptor
    private var streams: [CInt] = []
    private let loop: EventLoop

    init(on loop: EventLoop, script: @escaping Script) throws {
        self.loop = loop
        self.script = script
        // A stream's free port is taken for datagrams too; another process may be faster, so it is tried again.
        for _ in 0..<20 {
            let listener = try TCPSocket.listen(on: SocketAddress(.loopbackV4, port: 0), backlog: 8)
            let address = try TCPSocket.localAddress(of: listener.number)
            let socket = Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
            var name = sockaddr_in()
            name.sin_family = sa_family_t(AF_INET)
            name.sin_port = address.port.bigEndian
            name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            let size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let bound = withUnsafePointer(to: &name) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket, $0, size) }
            }
            guard bound == 0 else {
                close(socket)
                continue
            }
            self.socket = socket
            self.listener = listener
            self.address = address
            _ = try loop.add(socket, .readable, self)
            _ = try loop.add(self.listener.number, .readable, self)
            return
        }
        throw SystemError("find a port", code: EADDRINUSE)
    }

    deinit {
        close(socket)
        for stream in streams { close(stream) }
    }

    func ready(_ readiness: Readiness, on loop: EventLoop) {
        answerDatagram()
        let stream = accept(listener.number, nil, nil)
        if stream >= 0 {
            streams.append(stream)
            _ = try? loop.add(stream, .readable, self)
        }
        for stream in streams { answerStream(stream) }
    }

    private func answerDatagram() {
        var bytes = [UInt8](repeating: 0, count: 4096)
        var peer = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        withUnsafeMutablePointer(to: &peer) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { peer in
                let count = recvfrom(socket, &bytes, bytes.count, 0, peer, &size)
                guard count > 0 else { return }
                questions.append(Array(bytes[..<count]))
                for answer in script(Array(bytes[..<count]), false) {
                    sendto(socket, answer, answer.count, 0, peer, size)
                }
            }
        }
    }

    private func answerStream(_ stream: CInt) {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = recv(stream, &bytes, bytes.count, Int32(MSG_DONTWAIT))
        guard count > 2 else { return }
        for answer in script(Array(bytes[2..<count]), true) {
            let framed = [UInt8(answer.count >> 8), UInt8(answer.count & 0xFF)] + answer
            // In two pieces, so that the reader must put them together.
            send(stream, Array(framed[..<3]), 3, 0)
            usleep(1000)
            send(stream, Array(framed[3...]), framed.count - 3, 0)
        }
    }
}

/// Answers as a name server would make them.
enum Replies {
    static func kind(_ question: [UInt8]) -> UInt16 { UInt16(question[question.count - 3]) }

    static func name(_ question: [UInt8]) -> String {
        var reader = DNSReader(question)
        _ = reader.header()
        return (reader.name() ?? []).map { String(decoding: $0, as: UTF8.self) }.joined(separator: ".")
    }

    static func encode(_ name: String) -> [UInt8] {
        name.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
    }

    /// The question with the answer's flags and `records` after it.
    static func reply(_ question: [UInt8], flags: UInt16 = 0x8180, _ records: [[UInt8]]) -> [UInt8] {
        var reply = question
        reply[2] = UInt8(flags >> 8)
        reply[3] = UInt8(flags & 0xFF)
        reply[7] = UInt8(records.count)
        return reply + records.flatMap { $0 }
    }

    static func record(_ name: [UInt8], type: UInt16, data: [UInt8]) -> [UInt8] {
        name + [0, UInt8(type), 0, 1, 0, 0, 0, 60, UInt8(data.count >> 8), UInt8(data.count & 0xFF)] + data
    }

    /// A pointer to the question's name.
    static let sameName: [UInt8] = [0xC0, 12]

    /// One address of the kind that was asked for.
    static func address(_ question: [UInt8]) -> [[UInt8]] {
        let address = kind(question) == 1 ? IPAddress("192.0.2.7")! : IPAddress("2001:db8::7")!
        return [reply(question, [record(sameName, type: kind(question), data: address.bytes)])]
    }
}

@Suite struct ResolverTests {
    static let both = ["192.0.2.7", "2001:db8::7"].map { IPAddress($0)! }

    private func resolve(
        _ name: String, seconds: Int64 = 5, configure: (inout ResolverConfiguration) -> Void = { _ in },
        script: @escaping ScriptedServer.Script
    ) throws -> (result: Result<[IPAddress], Resolver.Failure>, asked: [String]) {
        let loop = try EventLoop(clock: SystemClock())
        let server = try ScriptedServer(on: loop, script: script)
        var configuration = ResolverConfiguration()
        configuration.servers = [server.address]
        configuration.timeout = .milliseconds(150)
        configure(&configuration)
        let resolver = Resolver(on: loop) { [configuration] in configuration }
        var result: Result<[IPAddress], Resolver.Failure>?
        resolver.resolve(name, deadline: loop.now + .seconds(seconds)) { result = $0 }
        turn(loop) { result != nil }
        #expect(loop.timerCount == 0)
        return (try #require(result), server.questions.map(Replies.name))
    }

    @Test func asksForBothKinds() throws {
        let outcome = try resolve("scanner.security.svc.") { question, _ in Replies.address(question) }
        #expect(outcome.result == .success(Self.both))
        #expect(outcome.asked == ["scanner.security.svc", "scanner.security.svc"])
    }

    @Test func triesTheSearchListAsToldByDots() throws {
        let outcome = try resolve(
            "scanner.security",
            configure: {
                $0.search = ["svc.cluster.local", "cluster.local"]
                $0.dots = 5
            }
        ) { question, _ in
            Replies.name(question) == "scanner.security.cluster.local"
                ? Replies.address(question) : [Replies.reply(question, flags: 0x8183, [])]
        }
        #expect(outcome.result == .success(Self.both))
        #expect(Set(outcome.asked) == ["scanner.security.svc.cluster.local", "scanner.security.cluster.local"])
    }

    @Test func followsAliases() throws {
        let outcome = try resolve("www.example.com") { question, _ in
            let target = Replies.encode("Host.Example.net")
            return [
                Replies.reply(
                    question,
                    [
                        Replies.record(Replies.encode("other.com"), type: 1, data: [6, 6, 6, 6]),
                        Replies.record(Replies.sameName, type: 5, data: target),
                        Replies.record(
                            target, type: Replies.kind(question),
                            data: Replies.kind(question) == 1 ? [1, 2, 3, 4] : IPAddress.loopbackV6.bytes),
                    ])
            ]
        }
        #expect(outcome.result == .success([IPAddress("1.2.3.4")!, .loopbackV6]))
    }

    @Test func aNameThatDoesNotExistIsNotFound() throws {
        let outcome = try resolve("nobody.example") { question, _ in [Replies.reply(question, flags: 0x8183, [])] }
        #expect(outcome.result == .failure(.notFound))
    }

    @Test func asksAgainWhenAnAnswerIsLost() throws {
        var count = 0
        let outcome = try resolve("slow.example") { question, _ in
            count += 1
            return count <= 2 ? [] : Replies.address(question)
        }
        #expect(outcome.result == .success(Self.both))
    }

    @Test func goesOnToTheNextServer() throws {
        let outcome = try resolve(
            "two.example", configure: { $0.servers.insert(SocketAddress(.loopbackV4, port: 1), at: 0) }
        ) {
            question, _ in Replies.address(question)
        }
        #expect(outcome.result == .success(Self.both))
    }

    @Test func aServerThatRefusesIsNoAnswer() throws {
        let outcome = try resolve("refused.example") { question, _ in [Replies.reply(question, flags: 0x8185, [])] }
        #expect(outcome.result == .failure(.noAnswer))
        #expect(outcome.asked.count == 4)
    }

    @Test func asksByStreamWhenTheAnswerIsTooLong() throws {
        let outcome = try resolve("long.example") { question, isStream in
            isStream ? Replies.address(question) : [Replies.reply(question, flags: 0x8380, [])]
        }
        #expect(outcome.result == .success(Self.both))
    }

    @Test func believesNothingThatWasNotAsked() throws {
        let outcome = try resolve("forged.example") { question, _ in
            var wrongID = Replies.address(question)[0]
            wrongID[0] ^= 0xFF
            var wrongName = Replies.address(question)[0]
            wrongName[13] ^= 1
            var wrongKind = Replies.address(question)[0]
            wrongKind[question.count - 3] ^= 29
            return [wrongID, wrongName, wrongKind, question, [], [1, 2, 3]] + Replies.address(question)
        }
        #expect(outcome.result == .success(Self.both))
    }

    @Test func theDeadlineEndsALookup() throws {
        let outcome = try resolve("silent.example", seconds: 1, configure: { $0.timeout = .seconds(30) }) { _, _ in [] }
        #expect(outcome.result == .failure(.timedOut))
    }

    @Test func hostsAndAddressesNeedNoServer() throws {
        let text = "127.0.0.1 localhost\n10.1.2.3  One two # three\n::1 localhost\nnonsense four\n"
        func answer(_ name: String) throws -> Result<[IPAddress], Resolver.Failure> {
            try resolve(name, configure: { $0.hosts = ResolverConfiguration(resolvConf: "", hosts: text).hosts }) {
                _, _ in []
            }
            .result
        }
        #expect(try answer("TWO") == .success([IPAddress("10.1.2.3")!]))
        #expect(try answer("localhost") == .success([.loopbackV4, .loopbackV6]))
        #expect(try answer("2001:db8::1") == .success([IPAddress("2001:db8::1")!]))
        for name in ["", ".", "a..b", "-a", "a b", "a/b", "ü.de", String(repeating: "a", count: 64)] {
            #expect(try answer(name) == .failure(.invalidName))
        }
    }

    @Test func readsTheMachinesFile() {
        let configuration = ResolverConfiguration(
            resolvConf:
                "# c\nnameserver 10.0.0.10\nnameserver fd00::1\nnameserver bad\nsearch a.b c\noptions ndots:5 timeout:1 attempts:9 edns0\n",
            hosts: "")
        #expect(configuration.servers.map(\.description) == ["10.0.0.10:53", "[fd00::1]:53"])
        #expect(configuration.search == ["a.b", "c"])
        #expect(configuration.dots == 5 && configuration.timeout == .seconds(1) && configuration.attempts == 5)
    }

    /// No bytes make the reader fail in any way but by saying that this is no answer.
    @Test(arguments: 0..<20) func survivesDamagedAnswers(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let question = DNSQuestion(id: 77, kind: .a, labels: DNSQuestion.labels("a.example")!)
        let sound = Replies.reply(
            question.message,
            [
                Replies.record(Replies.sameName, type: 5, data: Replies.encode("b.example")),
                Replies.record(Replies.encode("b.example"), type: 1, data: [1, 2, 3, 4]),
            ])
        #expect(question.answer(in: sound) == .addresses([IPAddress("1.2.3.4")!]))
        for _ in 0..<2000 {
            var damaged = sound
            for _ in 0...random.below(4) { damaged[random.below(damaged.count)] = UInt8(random.below(256)) }
            damaged.removeLast(random.oneIn(2) ? random.below(damaged.count) : 0)
            _ = question.answer(in: damaged)
        }
    }
}
