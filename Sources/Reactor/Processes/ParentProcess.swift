internal import CSystem
internal import Glibc

/// The process that started this one.
public enum ParentProcess {
    /// Has this process get SIGTERM when the one of that number has ended; false where it has ended already.
    public static func follow(_ id: Int32) -> Bool {
        // Asked afterwards: a parent that ends before the kernel knows sends nothing.
        system_signal_with_parent(SIGTERM) == 0 && getppid() == id
    }
}
