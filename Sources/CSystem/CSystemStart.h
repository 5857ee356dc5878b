// Starting a program with its limits and its niceness set before its first instruction, which `posix_spawn` has no words for.
#ifndef PORTCULLIS_CSYSTEM_START_H
#define PORTCULLIS_CSYSTEM_START_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "CSystem.h"

// Declared under _GNU_SOURCE only, like the flags. By its other name ThreadSanitizer does not take it for a fork, which would
// leave the child memory of its own.
#ifdef __GLIBC__
extern int __clone(int (*body)(void *), void *stack, int flags, void *argument, ...);
#define system_clone __clone
#else
extern int clone(int (*body)(void *), void *stack, int flags, void *argument, ...);
#define system_clone clone
#endif

#define SYSTEM_START_LIMITS_MAX 8

struct system_start_limit {
    int resource;
    unsigned long long most;
};

struct system_start {
    // Where the program may be, in order, and a null pointer.
    char *const *programs;
    char *const *arguments;
    char *const *environment;
    // A null pointer: this process's own.
    const char *directory;
    int streams[3];
    int niceness;
    // Whether it has the processors only while nobody else wants them.
    int is_last;
    // Whether it is killed when the thread that started it ends.
    int ends_with_thread;
    // How short its turns at a processor are, in nanoseconds; 0: as the system has them.
    unsigned long long turn;
    int limit_count;
    struct system_start_limit limits[SYSTEM_START_LIMITS_MAX];
    // Why it did not start.
    volatile int error;
};

// A limit that is lower already stays as it is.
static inline long system_start_limit(const struct system_start_limit *limit) {
    unsigned long long old[2], new[2];
    long outcome = syscall(SYS_prlimit64, 0, limit->resource, NULL, old);
    if (outcome != 0) return outcome;
    new[0] = new[1] = limit->most < old[1] ? limit->most : old[1];
    return syscall(SYS_prlimit64, 0, limit->resource, new, NULL);
}

// Closes what has a number from three on; where the kernel cannot do that at once, one after the other.
static inline void system_start_close(void) {
    if (syscall(SYS_close_range, 3, ~0U, 0) == 0) return;
    unsigned long long limit[2] = {65536, 65536};
    syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, limit);
    for (unsigned long long number = 3; number < limit[0] && number < 1 << 20; number++) syscall(SYS_close, (int)number);
}

// Runs in the new process, which has this one's memory and whose parent's thread waits: bare system calls only.
__attribute__((no_sanitize("address", "thread"))) static inline int system_start_body(void *context) {
    struct system_start *start = (struct system_start *)context;
    // No handler of the parent's may run here. Zeros are the default action, however the kernel lays it out.
    unsigned long long usual[8] = {0};
    for (int number = 1; number <= 64; number++) syscall(SYS_rt_sigaction, number, usual, NULL, 8);
    long outcome = syscall(SYS_setpgid, 0, 0);
    for (int stream = 0; outcome >= 0 && stream < 3; stream++) {
        // Where it has its number already it must not be closed by what is about to become of this process.
        outcome = start->streams[stream] == stream
            ? syscall(SYS_fcntl, stream, F_SETFD, 0)
            : syscall(SYS_dup3, start->streams[stream], stream, 0);
    }
    if (outcome >= 0) system_start_close();
    if (outcome >= 0 && start->directory) outcome = syscall(SYS_chdir, start->directory);
    // The call itself, unlike its wrapper, returns twenty less the niceness.
    if (20 - syscall(SYS_getpriority, PRIO_PROCESS, 0) < start->niceness) {
        syscall(SYS_setpriority, PRIO_PROCESS, 0, start->niceness);
    }
    if (start->ends_with_thread) syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (start->is_last) system_set_idle(0);
    else if (start->turn > 0) system_take_short_turns(start->turn, 1);
    for (int index = 0; outcome >= 0 && index < start->limit_count; index++) {
        outcome = system_start_limit(&start->limits[index]);
    }
    if (outcome >= 0) {
        unsigned long long none = 0;
        syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, 8);
        int refused = 0;
        for (char *const *program = start->programs; *program; program++) {
            syscall(SYS_execve, *program, start->arguments, start->environment);
            // One that may not be run is the better reason than another that is not there.
            if (errno == EACCES) refused = 1;
            else if (errno != ENOENT && errno != ENOTDIR) break;
        }
        if (refused && (errno == ENOENT || errno == ENOTDIR)) errno = EACCES;
    }
    start->error = errno;
    syscall(SYS_exit_group, 127);
    return 127;
}

// Starts the program and returns its number, and a descriptor for it; -1 with the reason in `error`.
__attribute__((noinline, no_sanitize("address", "thread"))) static pid_t system_start(struct system_start *start, int *pidfd) {
    _Alignas(16) char stack[16384];
    unsigned long long all = ~0ULL, old = 0;
    start->error = 0;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &old, 8);
    // CLONE_VM, CLONE_PIDFD, CLONE_VFORK
    pid_t child = system_clone(system_start_body, stack + sizeof stack, 0x100 | 0x1000 | 0x4000 | SIGCHLD, start, pidfd);
    int error = child < 0 ? errno : start->error;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &old, NULL, 8);
    if (error == 0) return child;
    if (child > 0) {
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
        close(*pidfd);
    }
    start->error = error;
    return -1;
}

#endif
