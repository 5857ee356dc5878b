internal import Glibc
internal import Reactor

/// The folders of commands that run, and spare ones for those to come.
///
/// Making a folder is the disk's doing and takes as long as the disk has other things to do. So one is made whenever a run is
/// over: as many as have run at the same time are kept, empty, each for one run that need not wait.
public final class CommandFolders: Sendable {
    private static let spareMax = 16

    private struct State {
        var spare: [CommandFolder] = []
        var inUse = 0
        var mostInUse = 0
    }

    private let parent: String
    private let state = Guarded(State())

    /// Folders in `parent`.
    init(in parent: String) { self.parent = parent }

    /// A folder for one run, which is over when `release` is called.
    func take(_ plan: CommandPlan, invocation: [UInt8], isWanted: () -> Bool) throws(HookFailure) -> CommandFolder {
        let spare = state.withLock { state in
            state.inUse += 1
            state.mostInUse = min(max(state.mostInUse, state.inUse), Self.spareMax)
            return state.spare.popLast()
        }
        do throws(HookFailure) {
            if let spare {
                if spare.isWhole { return try spare.filled(plan, invocation: invocation, isWanted: isWanted) }
                // Whoever cleans up what is temporary has been at one that waited for days.
                spare.remove()
            }
            return try make().filled(plan, invocation: invocation, isWanted: isWanted)
        } catch {
            release()
            throw error
        }
    }

    /// A run is over: a spare folder is made unless there are enough.
    func release() {
        let isWanted = state.withLock { state in
            state.inUse -= 1
            return state.spare.count < state.mostInUse
        }
        guard isWanted, let folder = try? make() else { return }
        state.withLock { $0.spare.append(folder) }
    }

    private func make() throws(HookFailure) -> CommandFolder {
        do throws(SystemError) {
            do throws(SystemError) { return try CommandFolder.make(in: parent) } catch {
                guard error.code == ENOENT else { throw error }
                try WholeFile.makeDirectory(parent, mode: 0o700)
                return try CommandFolder.make(in: parent)
            }
        } catch {
            throw HookFailure(.error, error.description, isRetryable: true)
        }
    }
}
