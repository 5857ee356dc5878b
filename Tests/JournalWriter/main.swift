// Writes entries as fast as they are acknowledged, and says which, until somebody ends it.
//
//     JournalWriter FOLDER always|never FIRST
//
// On its output: `have ID NUMBER` for each entry that was found, `damaged BYTES`, `begin`, and then `safe ID NUMBER` for each
// that was acknowledged. An entry whose content is not what its number says is `wrong ID`.
import Dispatch
import Glibc
import Hooks
import Reactor

/// What an entry of that number holds: up to 20 kilobytes that no other one has.
func content(_ number: UInt64) -> [UInt8] {
    var state = number &* 0x9E37_79B9_7F4A_7C15 | 1
    let length = Int(state >> 7 % 20_000)
    return Array("\(number) ".utf8)
        + (0..<length).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1
            return UInt8(ascii: "a") + UInt8(state >> 59 % 26)
        }
}

func say(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    // One call for one line: a pipe takes it whole or not at all.
    _ = unsafe bytes.withUnsafeBytes { unsafe write(STDOUT_FILENO, $0.baseAddress, $0.count) }
}

func tell(_ entries: [Entry]) {
    for entry in entries {
        let digits = entry.json.prefix { $0 != 0x20 }
        let number = UInt64(String(decoding: digits, as: UTF8.self)) ?? .max
        let isRight = entry.json == content(number)
        say(isRight ? "have \(entry.summary.id) \(number)" : "wrong \(entry.summary.id)")
    }
}

let arguments = CommandLine.arguments
guard arguments.count == 4, let first = UInt64(arguments[3]) else {
    say("JournalWriter FOLDER always|never FIRST")
    exit(2)
}
var options = EntryOptions()
options.journal.sync = arguments[2] == "always" ? .always : .never
options.journal.segmentBytesMax = 256 << 10
options.journal.bytesMax = 8 << 20
options.entriesMax = 300
let log: EntryLog
do {
    log = try EntryLog(arguments[1], options, clock: SystemClock())
} catch {
    say("failed \(error)")
    exit(1)
}
var filter = EntryFilter()
filter.limit = 1_000
let listed = DispatchSemaphore(value: 0)
log.list(filter) { result in
    do { tell(try result.get()) } catch { say("failed \(error)") }
    listed.signal()
}
listed.wait()
say("damaged \(log.recovery.damagedBytes)")
say("begin")
let room = DispatchSemaphore(value: 8)
for number in first... {
    room.wait()
    log.add(hook: "h", bytes: 100, { content(number) }) { result in
        if case .success(let id) = result { say("safe \(id) \(number)") }
        room.signal()
    }
}
