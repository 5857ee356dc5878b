import CEL
import Glibc
import Testing

/// Results that were computed with the reference implementation, each folded into one number.
@Suite struct ReferenceVectorTests {
    static let environment = Environment.standard()

    static func run(_ text: String, _ evaluator: inout Evaluator) throws -> Value {
        evaluator.run(try environment.plan(try environment.compile(text).get()))
    }

    /// Lists of more than twelve elements are not sorted stably, and zones have their changes of clocks.
    static let vectors: [(String, UInt64)] = [
        ("lists.range(13).sortBy(i, i % 3)", 4802450355984741138),
        ("lists.range(13).sortBy(i, (i * 7919) % 13)", 178892439887531388),
        ("lists.range(13).sortBy(i, 13 - i)", 9739887911980855878),
        ("lists.range(13).sortBy(i, i < 40 ? i : 100 - i)", 27130606997161158),
        ("lists.range(13).sortBy(i, 0)", 27130606997161158),
        ("lists.range(13).sortBy(i, [3, 1, 2][i % 3] * 10 + i % 2)", 3405742545549217248),
        ("lists.range(50).sortBy(i, i % 3)", 6799533852268016915),
        ("lists.range(50).sortBy(i, (i * 7919) % 13)", 149783117985339101),
        ("lists.range(50).sortBy(i, 50 - i)", 5078398841747310855),
        ("lists.range(50).sortBy(i, i < 40 ? i : 100 - i)", 17131923655504860591),
        ("lists.range(50).sortBy(i, 0)", 17131679588414959641),
        ("lists.range(50).sortBy(i, [3, 1, 2][i % 3] * 10 + i % 2)", 17744000334444152299),
        ("lists.range(64).sortBy(i, i % 3)", 12141063052209377204),
        ("lists.range(64).sortBy(i, (i * 7919) % 13)", 3655027514684636614),
        ("lists.range(64).sortBy(i, 64 - i)", 15487533911970462688),
        ("lists.range(64).sortBy(i, i < 40 ? i : 100 - i)", 843946716657868760),
        ("lists.range(64).sortBy(i, 0)", 7996254201273892896),
        ("lists.range(64).sortBy(i, [3, 1, 2][i % 3] * 10 + i % 2)", 2455447688665984316),
        ("lists.range(257).sortBy(i, i % 3)", 2689590109760121412),
        ("lists.range(257).sortBy(i, (i * 7919) % 13)", 14170896957705338940),
        ("lists.range(257).sortBy(i, 257 - i)", 8909738269630984320),
        ("lists.range(257).sortBy(i, i < 40 ? i : 100 - i)", 8729252221778837156),
        ("lists.range(257).sortBy(i, 0)", 14491427267988754560),
        ("lists.range(257).sortBy(i, [3, 1, 2][i % 3] * 10 + i % 2)", 7507930916573582312),
        ("lists.range(1000).sortBy(i, i % 3)", 8090260489075067558),
        ("lists.range(1000).sortBy(i, (i * 7919) % 13)", 17792326814786276872),
        ("lists.range(1000).sortBy(i, 1000 - i)", 16177271117900716940),
        ("lists.range(1000).sortBy(i, i < 40 ? i : 100 - i)", 2078479066661913204),
        ("lists.range(1000).sortBy(i, 0)", 10422651670965598708),
        ("lists.range(1000).sortBy(i, [3, 1, 2][i % 3] * 10 + i % 2)", 16266809562866744132),
        (
            "lists.range(400).map(i, timestamp(i * 10000007 - 500000000))"
                + ".map(t, (t.getDayOfYear('America/New_York') * 24 + t.getHours('America/New_York')) * 60 + t.getMinutes('America/New_York'))",
            5400068077089876958
        ),
        (
            "lists.range(400).map(i, timestamp(i * 10000007 - 500000000))"
                + ".map(t, (t.getDayOfYear('Europe/Berlin') * 24 + t.getHours('Europe/Berlin')) * 60 + t.getMinutes('Europe/Berlin'))",
            12112689273643061450
        ),
        (
            "lists.range(400).map(i, timestamp(i * 10000007 - 500000000))"
                + ".map(t, (t.getDayOfYear('Australia/Sydney') * 24 + t.getHours('Australia/Sydney')) * 60 + t.getMinutes('Australia/Sydney'))",
            17838247488011018058
        ),
        (
            "lists.range(400).map(i, timestamp(i * 10000007 - 500000000))"
                + ".map(t, (t.getDayOfYear('Asia/Kolkata') * 24 + t.getHours('Asia/Kolkata')) * 60 + t.getMinutes('Asia/Kolkata'))",
            18055305638672053450
        ),
        (
            "lists.range(400).map(i, timestamp(i * 10000007 - 500000000))"
                + ".map(t, (t.getDayOfYear('America/St_Johns') * 24 + t.getHours('America/St_Johns')) * 60 + t.getMinutes('America/St_Johns'))",
            3600943696977416166
        ),
        (
            "lists.range(400).map(i, timestamp(i * 10000007 - 500000000))"
                + ".map(t, (t.getDayOfYear('Pacific/Chatham') * 24 + t.getHours('Pacific/Chatham')) * 60 + t.getMinutes('Pacific/Chatham'))",
            5512115413910988558
        ),
        (
            "lists.range(400).map(i, timestamp(i * 10000007 - 500000000))"
                + ".map(t, (t.getDayOfYear('Europe/Dublin') * 24 + t.getHours('Europe/Dublin')) * 60 + t.getMinutes('Europe/Dublin'))",
            11073821508946410758
        ),
        (
            "lists.range(400).map(i, timestamp(i * 10000007 - 500000000))"
                + ".map(t, (t.getDayOfYear('UTC') * 24 + t.getHours('UTC')) * 60 + t.getMinutes('UTC'))",
            14939495136992574154
        ),
        (
            "lists.range(400).map(i, timestamp(i * 10000007 - 500000000))"
                + ".map(t, (t.getDayOfYear('-03:30') * 24 + t.getHours('-03:30')) * 60 + t.getMinutes('-03:30'))",
            10390479119494416298
        ),
        (
            "lists.range(400).map(i, timestamp(i * 10000007 - 500000000))"
                + ".map(t, (t.getDayOfYear('+14:00') * 24 + t.getHours('+14:00')) * 60 + t.getMinutes('+14:00'))",
            4423905067558060746
        ),
    ]

    @Test(arguments: vectors)
    func agreesWithTheReference(text: String, expected: UInt64) throws {
        var evaluator = Evaluator()
        let list = try Self.run(text, &evaluator)
        var sum: UInt64 = 0
        var cursor = ValueCursor(list)
        while let (_, element) = cursor.next(&evaluator) { sum = sum &* 31 &+ UInt64(bitPattern: element.intValue) }
        #expect(sum == expected)
    }

    static let formats: [(String, String)] = [
        ("'%.2f'.format([-0.001])", "-0.00"), ("'%f'.format([-0.0])", "0.000000"), ("'%.0f'.format([2.5])", "2"),
        ("'%.1f'.format([1234567.89])", "1,234,567.9"), ("'%.20e'.format([-1.5])", "      -1.500000×10⁰⁰"),
        ("'%.3e'.format([double('-Infinity')])", " -∞"), ("'%e'.format([0.000123456])", "1.234560×10⁻⁰⁴"),
        ("'%.256f'.format([0.5])", "0.5"), ("'%s'.format([['a\\n', 1.5]])", "[\"a\\n\", 1.500000]"),
        ("'%x'.format(['é'])", "c3a9"), ("'%X %o %b'.format([-255, 8, -5])", "-FF 10 -101"),
    ]

    @Test(arguments: formats)
    func formatsAsTheOlderLibraryDoes(text: String, expected: String) throws {
        var environment = Environment()
        environment.add(.standard)
        environment.add(.strings(version: 2))
        var evaluator = Evaluator()
        let value = evaluator.run(try environment.plan(try environment.compile(text).get()))
        #expect(value.kind == .string && value.text == expected, "\(value.isError ? value.errorMessage : value.text)")
    }

    @Test(arguments: [
        "lists.range(3000).map(x, lists.range(3000)).flatten().size() > 0",
        "lists.range(1000000).map(x, -x).sort().size() > 0",
        "lists.range(100000).map(x, string(x)).distinct().size() > 0",
        "lists.range(100000).map(x, string(x)).join(',').replace('1', '22').split('').size() > 0",
        "sets.contains(lists.range(100000), lists.range(100000))",
    ])
    func stopsInsideOfFunctions(text: String) throws {
        var evaluator = Evaluator(limits: .init(arenaBytes: 256 << 20))
        // By the thread's own time: other tests run beside this one.
        let deadline = Self.ownTime() + 20_000_000
        evaluator.isTimeUp = { Self.ownTime() >= deadline }
        let value = try Self.run(text, &evaluator)
        #expect(value.isError && evaluator.stop == .deadline)
        let late = Self.ownTime() - deadline
        #expect(late < 200_000_000, "stopped \(late) ns late")
    }

    private static func ownTime() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}
