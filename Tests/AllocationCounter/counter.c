// Counts allocations and retains exactly, by standing in front of the C allocator (this program's malloc wins over the
// C library's) and of the Swift runtime's entry points. Counting is per thread, so that a test
// runner's other threads do not blur a figure. Under a sanitizer, which brings its own allocator, only the Swift
// runtime's calls are counted.
#define _GNU_SOURCE
#include "AllocationCounter.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define PORTCULLIS_SANITIZED 1
#endif
#endif

static _Thread_local bool counting;
static _Thread_local struct portcullis_counts counts;

static inline void count(size_t bytes) {
    if (counting) {
        counts.allocations += 1;
        counts.bytes += bytes;
    }
}

#ifndef PORTCULLIS_SANITIZED
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

void *malloc(size_t size) {
    count(size);
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
    count(number * size);
    return __libc_calloc(number, size);
}

void *realloc(void *block, size_t size) {
    count(size);
    return __libc_realloc(block, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    count(size);
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size) {
    count(size);
    void *fresh = __libc_memalign(alignment, size);
    if (fresh == NULL) return ENOMEM;
    *block = fresh;
    return 0;
}
#endif

// The Swift runtime's entry points, counted on the way to the real ones further down the link order. (The hooks that the
// runtime keeps for instruments do not serve: they hand on immortal objects with their mark already stripped.)
#define FORWARD(result, name, parameters, arguments, effect)                  \
    result name parameters {                                                  \
        static result(*real) parameters;                                      \
        if (real == NULL) real = (result(*) parameters)dlsym(RTLD_NEXT, #name); \
        if (counting) effect;                                                 \
        return real arguments;                                                \
    }

FORWARD(void *, swift_allocObject, (const void *type, size_t size, size_t mask), (type, size, mask), counts.objects += 1)
// To retain nothing is no retain: what captures nothing is passed on as a null.
FORWARD(void *, swift_retain, (void *object), (object), counts.retains += object != NULL)
FORWARD(void *, swift_retain_n, (void *object, uint32_t times), (object, times), counts.retains += times)
FORWARD(void *, swift_tryRetain, (void *object), (object), counts.retains += object != NULL)
FORWARD(void *, swift_bridgeObjectRetain, (void *object), (object), counts.retains += object != NULL)
FORWARD(void *, swift_bridgeObjectRetain_n, (void *object, int times), (object, times), counts.retains += (uint64_t)times)

void portcullis_count_begin(void) {
    counts = (struct portcullis_counts){0};
    counting = true;
}

struct portcullis_counts portcullis_count_end(void) {
    counting = false;
    return counts;
}
