#pragma once
#include <stdint.h>

/// What one thread has asked of the memory system since it last said `portcullis_count_begin`.
struct portcullis_counts {
    uint64_t allocations;  ///< malloc, calloc, realloc and aligned requests, Swift objects among them
    uint64_t bytes;        ///< the bytes those requests asked for
    uint64_t objects;      ///< Swift heap objects
    uint64_t retains;      ///< Swift retains (releases come in pairs with these)
};

/// Starts counting on this thread, from zero.
void portcullis_count_begin(void);

/// Stops counting on this thread and returns what was seen.
struct portcullis_counts portcullis_count_end(void);
