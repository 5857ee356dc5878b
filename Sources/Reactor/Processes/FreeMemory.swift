internal import CSystem

/// Memory that the allocator keeps although nobody uses it.
public enum FreeMemory {
    /// Gives it back to the kernel. That takes about a millisecond for every few megabytes, and other threads that
    /// allocate may have to wait as long, so it is for quiet moments after a storm.
    public static func giveBack() { system_give_memory_back() }
}
