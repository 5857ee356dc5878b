import Hooks
import Policies
import Reactor
import Testing

@Suite struct VerdictCacheTests {
    final class Told: @unchecked Sendable {
        var ends: [String] = []
        var isThere = true

        func follower(_ name: String) -> VerdictCache.Follower {
            VerdictCache.Follower { [self] end in
                guard isThere else { return false }
                switch end {
                case .verdict(let result): ends.append("\(name): \(result.verdict)")
                case .failure(let failure): ends.append("\(name): \(failure.reason.name)")
                case .takeOver: ends.append("\(name): take over")
                }
                return true
            }
        }
    }

    static func cache(_ change: (inout CacheSettings) -> Void = { _ in }) -> VerdictCache {
        var settings = CacheSettings(key: "object")
        settings.timeToLive = .seconds(60)
        settings.staleFor = .seconds(600)
        change(&settings)
        return VerdictCache(settings)
    }

    static func at(_ seconds: Int64) -> Instant { Instant(nanoseconds: 0) + .seconds(seconds) }
    static func key(_ name: String) -> [UInt8] { Array(name.utf8) }

    static func find(_ cache: VerdictCache, _ name: String, at time: Instant, _ told: Told = Told()) -> String {
        switch cache.find(key(name), at: time, told.follower(name)).0 {
        case .verdict(let result): "\(result.verdict)"
        case .lead: "lead"
        case .follow: "follow"
        }
    }

    @Test func keepsAVerdictForItsTime() {
        let cache = Self.cache()
        #expect(Self.find(cache, "a", at: Self.at(0)) == "lead")
        cache.land(Self.key("a"), .verdict(HookResult(.deny)), at: Self.at(1))
        #expect(Self.find(cache, "a", at: Self.at(61)) == "deny")
        #expect(Self.find(cache, "b", at: Self.at(61)) == "lead")
        #expect(Self.find(cache, "a", at: Self.at(62)) == "lead")
    }

    @Test func staleVerdictsCountForALongerTime() {
        let cache = Self.cache()
        _ = Self.find(cache, "a", at: Self.at(0))
        cache.land(Self.key("a"), .verdict(HookResult(.pass)), at: Self.at(0))
        #expect(cache.stale(Self.key("a"), at: Self.at(600))?.verdict == .pass)
        #expect(cache.stale(Self.key("a"), at: Self.at(601)) == nil)
        #expect(cache.load.entries == 0)
    }

    @Test func oneAsksAndTheOthersAreTold() {
        let cache = Self.cache()
        let told = Told()
        #expect(Self.find(cache, "a", at: Self.at(0)) == "lead")
        #expect(Self.find(cache, "a", at: Self.at(0), told) == "follow")
        #expect(Self.find(cache, "a", at: Self.at(0), told) == "follow")
        cache.land(Self.key("a"), .verdict(HookResult(.warn)), at: Self.at(1))
        #expect(told.ends == ["a: warn", "a: warn"] && cache.load.flights == 0)
    }

    @Test func failuresAreToldAndNotKept() {
        let cache = Self.cache()
        let told = Told()
        _ = Self.find(cache, "a", at: Self.at(0))
        _ = Self.find(cache, "a", at: Self.at(0), told)
        cache.land(Self.key("a"), .failure(HookFailure(.error, "no")), at: Self.at(1))
        #expect(told.ends == ["a: error"])
        #expect(Self.find(cache, "a", at: Self.at(1)) == "lead")
    }

    @Test func whoHasNoTimeLeftHandsTheCallOn() {
        let cache = Self.cache()
        let (gone, told) = (Told(), Told())
        gone.isThere = false
        _ = Self.find(cache, "a", at: Self.at(0))
        _ = Self.find(cache, "a", at: Self.at(0), gone)
        _ = Self.find(cache, "a", at: Self.at(0), told)
        cache.land(Self.key("a"), .takeOver, at: Self.at(1))
        #expect(told.ends == ["a: take over"] && cache.load.flights == 1)
        cache.land(Self.key("a"), .takeOver, at: Self.at(1))
        #expect(cache.load.flights == 0)
    }

    @Test func makesRoomByWhatWasNotWantedTheLongest() {
        let cache = Self.cache { $0.entriesMax = 2 }
        for name in ["a", "b"] {
            _ = Self.find(cache, name, at: Self.at(0))
            cache.land(Self.key(name), .verdict(HookResult(.pass)), at: Self.at(0))
        }
        #expect(Self.find(cache, "a", at: Self.at(1)) == "pass")
        _ = Self.find(cache, "c", at: Self.at(1))
        cache.land(Self.key("c"), .verdict(HookResult(.pass)), at: Self.at(1))
        #expect(Self.find(cache, "a", at: Self.at(2)) == "pass")
        #expect(Self.find(cache, "b", at: Self.at(2)) == "lead")
    }

    @Test func holdsNoMoreBytesThanItMay() {
        let cache = Self.cache { $0.bytesMax = 10_000 }
        for number in 0..<1000 {
            var result = HookResult(.deny)
            result.message = String(repeating: "x", count: number % 200)
            _ = Self.find(cache, "\(number)", at: Self.at(0))
            cache.land(Self.key("\(number)"), .verdict(result), at: Self.at(0))
            #expect(cache.load.bytes <= 10_000)
        }
        #expect(cache.load.entries > 10)
        var huge = HookResult(.deny)
        huge.message = String(repeating: "x", count: 20_000)
        _ = Self.find(cache, "huge", at: Self.at(0))
        cache.land(Self.key("huge"), .verdict(huge), at: Self.at(0))
        #expect(Self.find(cache, "huge", at: Self.at(0)) == "lead")
    }
}
