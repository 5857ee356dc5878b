import Foundation
import Glibc
import Hooks
import Policies
import Reactor
import Testing

@Suite struct CommandTests {
    private func shell(_ bench: Workbench, _ script: String, grace: Nanoseconds = .seconds(2)) throws
        -> any HookExecutor
    {
        var run = CommandRun(arguments: ["/bin/sh", "-c", script])
        run.grace = grace
        return try bench.executor(.command(run))
    }

    /// The folders of runs that there are, spare ones left out: nobody has put an invocation into those yet.
    private func runFolders(_ bench: Workbench) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: bench.scratch).filter { name in
            (try? WholeFile.read("\(bench.scratch)/\(name)/invocation.json", bytesMax: 1 << 20))?.isEmpty != true
        }
    }

    /// Nothing runs any more, and no folder is left.
    private func expectNothingLeft(_ bench: Workbench, file: SourceLocation = #_sourceLocation) throws {
        bench.turn { (try? runFolders(bench))?.isEmpty == true }
        #expect(try runFolders(bench).isEmpty, sourceLocation: file)
        let marked = try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { name in
            guard Int(name) != nil, Int(name) != Int(getpid()) else { return false }
            let environment = (try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(name)/environ"))) ?? Data()
            return environment.range(of: Data(bench.scratch.utf8)) != nil
        }
        #expect(marked.isEmpty, sourceLocation: file)
    }

    @Test func aCommandJudgesWhatItIsGiven() throws {
        let bench = try Workbench()
        try WholeFile.makeDirectory(bench.folder.path + "/scanners/lists")
        _ = try bench.write("scanners/lists/bad", "web\n")
        _ = try bench.write(
            "scanners/scan.sh",
            """
            #!/bin/sh
            set -e
            cmp - "$PORTCULLIS_INVOCATION"
            name=$(sed 's/.*"name":"\\([a-z]*\\)","namespace".*/\\1/' "$PORTCULLIS_INVOCATION")
            if grep -qx "$name" lists/bad; then echo deny > "$PORTCULLIS_RESULT"; echo "$name is bad" > "$PORTCULLIS_MESSAGE"; fi
            echo scribble > lists/bad
            """, mode: 0o755)
        var run = CommandRun(arguments: ["./scan.sh"])
        run.directory = "scanners"
        let executor = try bench.executor(.command(run))
        for _ in 0..<3 {
            let result = try bench.ask(executor).get()
            #expect(result.verdict == .deny && result.message == "web is bad")
        }
        #expect(try String(contentsOfFile: bench.folder.path + "/scanners/lists/bad", encoding: .utf8) == "web\n")
        try expectNothingLeft(bench)
    }

    @Test func theEnvironmentIsWhatIsDeclaredAndNothingElse() throws {
        let bench = try Workbench()
        _ = try bench.write("key", "k3y")
        var run = CommandRun(arguments: [
            "/bin/sh", "-c",
            #"/usr/bin/env | sort | grep -v '^\(_\|PWD\|SHLVL\|OLDPWD\)=' >&2; stat -c %a "$KEY" >&2; cat "$KEY" >&2; pwd >&2"#,
        ])
        run.environment = [HookField("LEVEL", "5")]
        run.secretFiles = [HookField("KEY", "key")]
        let executor = try bench.executor(.command(run))
        #expect(try bench.ask(executor).success == HookResult(.pass))
        let said = String(decoding: try #require(bench.reports.list.last).errors, as: UTF8.self)
        let names = said.split(separator: "\n").compactMap { $0.contains("=") ? $0.split(separator: "=")[0] : nil }
        #expect(
            names == [
                "KEY", "LEVEL", "PORTCULLIS_INVOCATION", "PORTCULLIS_MESSAGE", "PORTCULLIS_PATCH", "PORTCULLIS_RESULT",
            ])
        #expect(said.contains("\n600\nk3y") && said.hasSuffix("/work\n"))
        try expectNothingLeft(bench)
    }

    @Test func commandsStandBackBehindTheServer() throws {
        let bench = try Workbench()
        // Niceness, and a policy of which the kernel's number is 3.
        let executor = try shell(
            bench, "cut -d ' ' -f 19,41 /proc/self/stat >&2; sleep 0.5; cut -d ' ' -f 19,41 /proc/self/stat >&2")
        #expect(try bench.ask(executor).success == HookResult(.pass))
        let said = String(decoding: try #require(bench.reports.list.last).errors, as: UTF8.self)
        #expect(said.hasSuffix("\n19 3\n"))
        try expectNothingLeft(bench)
    }

    @Test func whatACommandStartsHasItsLimitsToo() throws {
        let bench = try Workbench()
        let executor = try shell(bench, "cat /proc/self/limits >&2; true")
        for _ in 0..<50 {
            #expect(try bench.ask(executor).success == HookResult(.pass))
            let said = String(decoding: try #require(bench.reports.list.last).errors, as: UTF8.self)
            let row = said.split(separator: "\n").first { $0.hasPrefix("Max data size") }
            #expect(row?.split(separator: " ").dropFirst(3).first == "536870912")
        }
        try expectNothingLeft(bench)
    }

    static let endings: [(script: String, reason: HookFailure.Reason, complaint: String)] = [
        ("exit 3", .error, "ended with status 3"),
        ("echo deny > $PORTCULLIS_RESULT; exit 1", .error, "ended with status 1"),
        ("kill -9 $$", .error, "signal 9"),
        ("echo maybe > $PORTCULLIS_RESULT", .contract, "not JSON"),
        (": > $PORTCULLIS_RESULT", .contract, "empty"),
        ("mkfifo $PORTCULLIS_RESULT", .contract, "cannot be read"),
        ("ln -s /etc/passwd $PORTCULLIS_RESULT", .contract, "cannot be read"),
        ("mkdir $PORTCULLIS_RESULT", .contract, "cannot be read"),
        ("head -c 2000000 /dev/zero > $PORTCULLIS_RESULT", .contract, "cannot be read: File too large"),
        ("echo '[]' > $PORTCULLIS_PATCH", .contract, "only for hooks of the mutate phase"),
        ("exec head -c 100000000 /dev/zero > big", .error, "signal 25"),
        ("x=$(head -c 900000000 /dev/zero | tr '\\0' a); echo $x > /dev/null", .error, "the command"),
    ]

    @Test(arguments: endings) func whatIsNoVerdictIsAFailure(
        script: String, reason: HookFailure.Reason, complaint: String
    ) throws {
        let bench = try Workbench()
        // Where the machine has much else to do, a command that stands back waits for it.
        let outcome = try bench.ask(try shell(bench, script), milliseconds: 60_000)
        let failure = try #require(outcome.failure, "it passed")
        #expect(failure.reason == reason && failure.message.contains(complaint), "\(failure)")
        try expectNothingLeft(bench)
    }

    @Test func aProgramThatIsNotThereIsNamed() throws {
        let bench = try Workbench()
        let executor = try bench.executor(.command(CommandRun(arguments: ["/no/such/program"])))
        let failure = try #require(bench.ask(executor).failure)
        #expect(failure.message.contains("/no/such/program") && !failure.isRetryable)
        try expectNothingLeft(bench)
    }

    @Test func aCommandThatHangsIsToldToEndAndMayTidyUp() throws {
        let bench = try Workbench()
        let executor = try shell(bench, "trap 'echo tidied >&2; exit 0' TERM; while :; do sleep 0.02; done")
        let start = SystemClock().now
        let failure = try bench.ask(executor, milliseconds: 1500).failure
        #expect(failure?.reason == .timeout && failure?.isRetryable == true)
        #expect(SystemClock().now - start < .seconds(3))
        bench.turn { !bench.reports.list.isEmpty }
        let report = try #require(bench.reports.list.last)
        #expect(report.wasStopped && String(decoding: report.errors, as: UTF8.self).hasSuffix("tidied\n"))
        try expectNothingLeft(bench)
    }

    @Test func aCommandThatDoesNotListenIsKilled() throws {
        let bench = try Workbench()
        let executor = try shell(bench, "trap '' TERM; while :; do sleep 0.02; done", grace: .milliseconds(200))
        #expect(try bench.ask(executor, milliseconds: 200).failure?.reason == .timeout)
        #expect(bench.reports.list.isEmpty)
        bench.turn(seconds: 5) { !bench.reports.list.isEmpty }
        #expect(bench.reports.list.last?.ending == .signalled(SIGKILL))
        try expectNothingLeft(bench)
    }

    @Test func grandchildrenEndWithTheCommandWhereverTheyHide() throws {
        let bench = try Workbench()
        let executor = try shell(
            bench,
            """
            sleep 100 &
            setsid sleep 100 &
            setsid sh -c 'sleep 100 & setsid sleep 100 & nohup sleep 100' > /dev/null 2>&1 &
            sleep 0.2
            """)
        #expect(try bench.ask(executor).success == HookResult(.pass))
        try expectNothingLeft(bench)
    }

    @Test func aFloodOfOutputIsReadAndDropped() throws {
        let bench = try Workbench()
        let before = residentKilobytes()
        let executor = try shell(bench, "head -c 100000000 /dev/zero; echo done >&2; echo warn > $PORTCULLIS_RESULT")
        #expect(try bench.ask(executor, milliseconds: 30_000).success == HookResult(.warn))
        let report = try #require(bench.reports.list.last)
        #expect(report.output.count == 16 << 10 && report.droppedBytes == 100_000_000 - (16 << 10))
        #expect(String(decoding: report.errors, as: UTF8.self) == "done\n")
        #expect(residentKilobytes() - before < 16 << 10)
        try expectNothingLeft(bench)
    }

    @Test func givingUpAndClosingLeaveNothing() throws {
        let bench = try Workbench()
        let executor = try shell(bench, "sleep 100", grace: .milliseconds(100))
        var outcomes = 0
        let invocation = try Sample.invocation(bench.loop, milliseconds: 60_000)
        let given = executor.start(invocation) { _ in outcomes += 1 }
        let end = SystemClock().now + .milliseconds(300)
        bench.turn { SystemClock().now > end }
        given.cancel()
        bench.turn { bench.reports.list.count == 1 }
        #expect(outcomes == 0)
        let closed = executor.start(invocation) { if $0.failure?.reason == .error { outcomes += 1 } }
        let early = executor.start(invocation) { if $0.failure?.reason == .error { outcomes += 1 } }
        early.cancel()
        let later = SystemClock().now + .milliseconds(300)
        bench.turn { SystemClock().now > later }
        executor.close()
        #expect(outcomes == 1)
        bench.turn { bench.reports.list.count == 2 }
        #expect(try bench.ask(executor).failure?.message.contains("not in use") == true)
        try expectNothingLeft(bench)
        #expect(bench.loop.timerCount == 0 && bench.loop.sourceCount == 0)
        withExtendedLifetime((closed, early)) {}
    }

    /// The scheduling policies of the kernel: 0 is the usual one, 5 that of who has the processors while nobody else wants them.
    @Test func programsThatFailAgainAndAgainStandBehind() throws {
        let bench = try Workbench()
        let broken = try bench.write("broken", "")
        let executor = try shell(bench, "read -r line < /proc/self/stat; echo \"$line\"; ! [ -e \(broken) ]")
        func policies(_ count: Int) throws -> [Substring?] {
            let before = bench.reports.list.count
            for _ in 0..<count { _ = try bench.ask(executor) }
            return bench.reports.list[before...].map { report in
                let words = String(decoding: report.output, as: UTF8.self).split(separator: " ")
                return words.count > 40 ? words[40] : nil
            }
        }
        #expect(try policies(10) == ["0", "0", "0", "5", "5", "5", "5", "5", "0", "5"])
        try WholeFile.remove(broken)
        #expect(try policies(3) == ["5", "0", "0"])
    }

    @Test func aFolderIsThereBeforeItIsAskedFor() throws {
        let bench = try Workbench()
        let executor = try shell(bench, "pwd; ls -A; [ -e ../secrets ] || echo pass > $PORTCULLIS_RESULT")
        func work() throws -> String {
            #expect(try bench.ask(executor).success == HookResult(.pass))
            return String(decoding: try #require(bench.reports.list.last).output, as: UTF8.self)
        }
        func spare() throws -> [String] {
            try expectNothingLeft(bench)
            return try FileManager.default.contentsOfDirectory(atPath: bench.scratch)
        }
        var last = try work()
        for _ in 0..<3 {
            let waiting = try spare()
            #expect(waiting.count == 1)
            let now = try work()
            #expect(now != last && now == "\(bench.scratch)/\(waiting[0])/work\n")
            last = now
        }
        // Somebody who cleans up what is temporary takes the spare one, then all of it.
        try FileManager.default.removeItem(atPath: "\(bench.scratch)/\(try spare()[0])/invocation.json")
        _ = try work()
        #expect(try spare().count == 1)
        try FileManager.default.removeItem(atPath: bench.scratch)
        _ = try work()
        try expectNothingLeft(bench)
    }

    @Test func manyAtOnceLeaveNoDescriptors() throws {
        let bench = try Workbench()
        let executor = try shell(bench, "cat > /dev/null; echo pass > $PORTCULLIS_RESULT")
        _ = try bench.ask(executor)
        let before = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
        var outcomes: [Result<HookResult, HookFailure>] = []
        let attempts = try (0..<80).map { _ in
            executor.start(try Sample.invocation(bench.loop, milliseconds: 60_000)) { outcomes.append($0) }
        }
        bench.turn(seconds: 60) { outcomes.count == 80 }
        #expect(outcomes.count { $0.success == HookResult(.pass) } == 64)
        #expect(outcomes.count { $0.failure?.reason == .overload } == 16)
        try expectNothingLeft(bench)
        #expect(try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count <= before + 4)
        withExtendedLifetime(attempts) {}
    }

    static let folders: [(make: String, complaint: String)] = [
        ("ln -s /etc/passwd d/l", "leads out of the folder: /etc/passwd"),
        ("ln -s ../../x d/l", "leads out"),
        ("mkdir d/a; ln -s .. d/a/up; ln -s up/../../x d/a/l", "leads out"),
        ("mkfifo d/p", "not a file"),
        ("mkdir -p d/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17", "nested too deeply"),
        ("for i in $(seq 2100); do : > d/$i; done", "more than 2000 files"),
        ("truncate -s 70M d/big", "more than 64 MiB"),
    ]

    @Test(arguments: folders) func aFolderThatCannotBeCopiedIsRefused(make: String, complaint: String) throws {
        let bench = try Workbench()
        #expect(sh("cd \(bench.folder.path) && mkdir d && \(make)") == 0)
        var run = CommandRun(arguments: ["/bin/true"])
        run.directory = "d"
        let problem = ExecutorFactory.problem(.command(run), folder: bench.folder.path)
        #expect(
            problem?.path == "command.directory" && problem?.message.contains(complaint) == true,
            "\(String(describing: problem))")
        // The folder may become so later; then it is the run that fails.
        #expect(sh("cd \(bench.folder.path) && mv d e && mkdir d") == 0)
        let executor = try bench.executor(.command(run))
        #expect(sh("cd \(bench.folder.path) && rmdir d && mv e d") == 0)
        let failure = try bench.ask(executor).failure
        #expect(
            failure?.reason == .error && failure?.message.contains(complaint) == true, "\(failure?.message ?? "passed")"
        )
        try expectNothingLeft(bench)
    }

    @Test func aMountedConfigMapIsCopiedWithItsLinks() throws {
        let bench = try Workbench()
        #expect(
            sh(
                """
                cd \(bench.folder.path) && mkdir -p d/..2026 && printf '#!/bin/sh\\ncat list > $PORTCULLIS_RESULT\\n' > d/..2026/run.sh
                chmod 755 d/..2026/run.sh; echo deny > d/..2026/list; ln -s ..2026 d/..data
                ln -s ..data/run.sh d/run.sh; ln -s ..data/list d/list
                """) == 0)
        var run = CommandRun(arguments: ["./run.sh"])
        run.directory = "d"
        #expect(try bench.ask(try bench.executor(.command(run))).success == HookResult(.deny))
        try expectNothingLeft(bench)
    }

    @Test func whateverACommandLeavesBehindIsRemoved() throws {
        let bench = try Workbench()
        let script = """
            mkdir -p locked/in; echo x > locked/in/f; chmod 000 locked/in locked; ln -s /etc outside
            d=deep; i=0; while [ $i -lt 150 ]; do mkdir $d; cd $d; i=$((i+1)); done
            """
        #expect(try bench.ask(try shell(bench, script)).success == HookResult(.pass))
        try expectNothingLeft(bench)
        #expect(FileManager.default.fileExists(atPath: "/etc/passwd"))
    }

    @Test func copyingDoesNotHoldTheLoopUp() throws {
        let bench = try Workbench()
        #expect(
            sh("cd \(bench.folder.path) && mkdir d && for i in $(seq 1500); do head -c 20000 /dev/zero > d/$i; done")
                == 0)
        var run = CommandRun(arguments: ["/bin/true"])
        run.directory = "d"
        let executor = try bench.executor(.command(run))
        var outcome: Result<HookResult, HookFailure>?
        let attempt = executor.start(try Sample.invocation(bench.loop, milliseconds: 60_000)) { outcome = $0 }
        var turns = 0
        bench.turn {
            turns += 1
            return outcome != nil
        }
        // The loop turned while 30 MB were copied: were it held up, it would have turned a few times only.
        #expect(outcome?.success == HookResult(.pass) && turns > 8)
        withExtendedLifetime(attempt) {}
        try expectNothingLeft(bench)
    }

    private func sh(_ script: String) -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", script]
        guard (try? process.run()) != nil else { return -1 }
        process.waitUntilExit()
        return process.terminationStatus
    }
}
