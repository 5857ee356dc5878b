// The kernel's interfaces that the Swift overlay of the C library leaves out, and the few macros and variadic functions
// that Swift cannot call.
#ifndef PORTCULLIS_CSYSTEM_H
#define PORTCULLIS_CSYSTEM_H

#include <errno.h>
#include <fcntl.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// `syscall` is variadic, and not every C library wraps this call.
static inline int system_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

static inline int system_pidfd_kill(int pidfd) { return (int)syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, 0, 0); }

static inline int system_set_niceness(pid_t pid, int niceness) { return setpriority(PRIO_PROCESS, (id_t)pid, niceness); }
static inline int system_set_group_niceness(pid_t group, int niceness) { return setpriority(PRIO_PGRP, (id_t)group, niceness); }

// Declared under _GNU_SOURCE only.
#ifndef SCHED_BATCH
#define SCHED_BATCH 3
#define SCHED_IDLE 5
#endif

// A process that uses the processors up: it never takes the place of one that is running, and has no say about its turns.
static inline int system_set_batch(pid_t pid) {
    struct sched_param none = {.sched_priority = 0};
    return (int)syscall(SYS_sched_setscheduler, pid, SCHED_BATCH, &none);
}

// A process that has the processors only while nobody else wants them, and leaves at once.
static inline int system_set_idle(pid_t pid) {
    struct sched_param none = {.sched_priority = 0};
    return (int)syscall(SYS_sched_setscheduler, pid, SCHED_IDLE, &none);
}

// The C library has a wrapper under _GNU_SOURCE only, if at all.
struct system_schedule {
    unsigned size, policy;
    unsigned long long flags;
    int niceness;
    unsigned priority;
    unsigned long long runtime, deadline, period;
};

// Has this thread ask for short turns, so that it gets a processor soon after it wakes up; what it starts inherits that or
// not. Kernels before 6.12 take no notice.
static inline int system_take_short_turns(unsigned long long nanoseconds, int is_inherited) {
    struct system_schedule schedule = {0};
    if (syscall(SYS_sched_getattr, 0, &schedule, sizeof schedule, 0) != 0) return -1;
    if (!is_inherited) schedule.flags |= 1; // SCHED_FLAG_RESET_ON_FORK
    schedule.runtime = nanoseconds;
    return (int)syscall(SYS_sched_setattr, 0, &schedule, 0);
}

// Moves what a pipe holds to another file without copying it; declared by the C library under _GNU_SOURCE only.
static inline ssize_t system_move(int from, int to, size_t most) {
    return syscall(SYS_splice, from, NULL, to, NULL, most, 2 /* SPLICE_F_NONBLOCK */);
}

// `prctl` is variadic. The kernel keeps fifteen bytes of a thread's name.
static inline int system_name_thread(const char *name) { return prctl(PR_SET_NAME, (unsigned long)name, 0, 0, 0); }

// The kernel sends the signal when the thread that started this process has ended.
static inline int system_signal_with_parent(int signal) { return prctl(PR_SET_PDEATHSIG, (unsigned long)signal, 0, 0, 0); }

// How many processors this process may run on; at least one. The kernel fills a set of one bit each.
static inline int system_processor_count(void) {
    unsigned long set[128];
    long bytes = syscall(SYS_sched_getaffinity, 0, sizeof set, set);
    int count = 0;
    for (long word = 0; word < bytes / (long)sizeof set[0]; word++) count += __builtin_popcountl(set[word]);
    return count > 0 ? count : 1;
}

// What the allocator holds and nobody uses goes back to the kernel; other C libraries do that by themselves.
static inline void system_give_memory_back(void) {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

// Macros with casts in them are not imported.
static inline int system_exited(int status) { return WIFEXITED(status); }
static inline int system_exit_code(int status) { return WEXITSTATUS(status); }
static inline int system_signal_of(int status) { return WTERMSIG(status); }

// SIG_IGN is a cast function pointer.
static inline void system_ignore_sigpipe(void) { signal(SIGPIPE, SIG_IGN); }

// These are of GNU: their headers declare them only under _GNU_SOURCE, which changes types that the Swift overlay of the
// C library has imported without it.
extern int accept4(int listener, struct sockaddr *address, socklen_t *length, int flags);
extern int pipe2(int ends[2], int flags);
extern const char *strerrordesc_np(int code);

static inline int system_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }
static inline const char *system_error_text(int code) { return strerrordesc_np(code); }

// `open` and `fcntl` are variadic.
static inline int system_open(const char *path, int flags, mode_t mode) { return open(path, flags, mode); }
static inline int system_open_at(int folder, const char *name, int flags) { return openat(folder, name, flags); }
static inline int system_set_nonblocking(int descriptor) {
    int flags = fcntl(descriptor, F_GETFL);
    return flags < 0 ? -1 : fcntl(descriptor, F_SETFL, flags | O_NONBLOCK);
}

// An event as the kernel lays it out, without the union that makes the C library's type unsafe to hold.
#if defined(__x86_64__)
struct __attribute__((packed)) system_event {
#else
struct system_event {
#endif
    unsigned events;
    unsigned long long data;
};
_Static_assert(sizeof(struct system_event) == sizeof(struct epoll_event), "the layout of the kernel's events");

static inline int system_epoll_control(int epoll, int operation, int descriptor, unsigned events, unsigned long long data) {
    struct epoll_event event = {.events = events, .data = {.u64 = data}};
    return epoll_ctl(epoll, operation, descriptor, &event);
}
static inline int system_epoll_wait(int epoll, struct system_event *events, int count, int milliseconds) {
    return epoll_wait(epoll, (struct epoll_event *)events, count, milliseconds);
}

// A socket address without its casts: an IPv4 address is in the last 32 bits of `low`, an IPv6 address in both halves.
struct system_address {
    unsigned long long high;
    unsigned long long low;
    unsigned scope;
    unsigned short port;
    unsigned char is_v4;
};

static inline socklen_t system_pack_address(struct system_address from, struct sockaddr_storage *to) {
    memset(to, 0, sizeof *to);
    if (from.is_v4) {
        struct sockaddr_in *v4 = (struct sockaddr_in *)to;
        v4->sin_family = AF_INET;
        v4->sin_port = htons(from.port);
        v4->sin_addr.s_addr = htonl((unsigned)from.low);
        return sizeof *v4;
    }
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)to;
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(from.port);
    v6->sin6_scope_id = from.scope;
    for (int i = 0; i < 8; i++) {
        v6->sin6_addr.s6_addr[i] = (unsigned char)(from.high >> (56 - 8 * i));
        v6->sin6_addr.s6_addr[8 + i] = (unsigned char)(from.low >> (56 - 8 * i));
    }
    return sizeof *v6;
}

static inline struct system_address system_unpack_address(const struct sockaddr_storage *from) {
    struct system_address to = {0, 0, 0, 0, 0};
    if (from->ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)from;
        to.is_v4 = 1;
        to.port = ntohs(v4->sin_port);
        to.low = ntohl(v4->sin_addr.s_addr);
    } else if (from->ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)from;
        to.port = ntohs(v6->sin6_port);
        to.scope = v6->sin6_scope_id;
        for (int i = 0; i < 8; i++) {
            to.high = to.high << 8 | v6->sin6_addr.s6_addr[i];
            to.low = to.low << 8 | v6->sin6_addr.s6_addr[8 + i];
        }
    }
    return to;
}

static inline int system_socket(int is_v4, int type) {
    return socket(is_v4 ? AF_INET : AF_INET6, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}
static inline int system_bind(int descriptor, struct system_address address) {
    struct sockaddr_storage storage;
    socklen_t length = system_pack_address(address, &storage);
    return bind(descriptor, (struct sockaddr *)&storage, length);
}
static inline int system_connect(int descriptor, struct system_address address) {
    struct sockaddr_storage storage;
    socklen_t length = system_pack_address(address, &storage);
    return connect(descriptor, (struct sockaddr *)&storage, length);
}
static inline int system_accept(int listener, struct system_address *peer) {
    struct sockaddr_storage storage;
    socklen_t length = sizeof storage;
    int descriptor = accept4(listener, (struct sockaddr *)&storage, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor >= 0) *peer = system_unpack_address(&storage);
    return descriptor;
}
static inline int system_local_address(int descriptor, struct system_address *address) {
    struct sockaddr_storage storage;
    socklen_t length = sizeof storage;
    int outcome = getsockname(descriptor, (struct sockaddr *)&storage, &length);
    if (outcome == 0) *address = system_unpack_address(&storage);
    return outcome;
}
static inline int system_set_option(int descriptor, int level, int option, int value) {
    return setsockopt(descriptor, level, option, &value, sizeof value);
}
static inline int system_pending_error(int descriptor) {
    int error = 0;
    socklen_t length = sizeof error;
    return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
}

static inline unsigned long long system_nanoseconds(int clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (unsigned long long)time.tv_sec * 1000000000ull + (unsigned long long)time.tv_nsec;
}

#endif
