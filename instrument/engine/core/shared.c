#include "shared.h"

#include <string.h>

uint64_t gd_shared_size(void) { return sizeof(gd_shared); }

int gd_push(gd_shared *shared, const gd_event *event) {
    uint32_t pushed = atomic_load_explicit(&shared->pushed, memory_order_relaxed);
    uint32_t taken = atomic_load_explicit(&shared->taken, memory_order_acquire);
    if (pushed - taken >= GD_EVENTS) return 0;
    shared->events[pushed & (GD_EVENTS - 1)] = *event;
    atomic_store_explicit(&shared->pushed, pushed + 1, memory_order_release);
    return 1;
}

uint32_t gd_room(const gd_shared *shared) {
    uint32_t pushed = atomic_load_explicit(&shared->pushed, memory_order_relaxed);
    uint32_t taken = atomic_load_explicit(&shared->taken, memory_order_acquire);
    uint32_t used = pushed - taken;
    return used >= GD_EVENTS ? 0 : GD_EVENTS - used;
}

uint32_t gd_waiting(gd_shared *shared) {
    uint32_t pushed = atomic_load_explicit(&shared->pushed, memory_order_acquire);
    uint32_t waiting = pushed - atomic_load_explicit(&shared->taken, memory_order_relaxed);
    if (waiting <= GD_EVENTS) return waiting;
    gd_take(shared, waiting); /* the memory was scribbled on: nothing in it can be believed, begin anew */
    return 0;
}

const gd_event *gd_peek(const gd_shared *shared, uint32_t index) {
    uint32_t taken = atomic_load_explicit(&shared->taken, memory_order_relaxed);
    return &shared->events[(taken + index) & (GD_EVENTS - 1)];
}

void gd_take(gd_shared *shared, uint32_t count) {
    uint32_t taken = atomic_load_explicit(&shared->taken, memory_order_relaxed);
    atomic_store_explicit(&shared->taken, taken + count, memory_order_release);
}

/* A sequence lock: the words are atomic, so that a torn reading is noticed and never undefined. */
void gd_telemetry_publish(gd_shared *shared, const gd_telemetry *telemetry) {
    uint64_t words[GD_TELEMETRY_WORDS];
    memcpy(words, telemetry, sizeof words);
    uint32_t version = atomic_load_explicit(&shared->version, memory_order_relaxed);
    atomic_store_explicit(&shared->version, version + 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    for (uint32_t i = 0; i < GD_TELEMETRY_WORDS; i++)
        atomic_store_explicit(&shared->telemetry[i], words[i], memory_order_relaxed);
    atomic_store_explicit(&shared->version, version + 2, memory_order_release);
}

void gd_telemetry_read(const gd_shared *shared, gd_telemetry *out) {
    uint64_t words[GD_TELEMETRY_WORDS];
    uint32_t before, after;
    /* Bounded: a writer that died half way must not hang its reader. */
    for (int tries = 0; tries < 100000; tries++) {
        before = atomic_load_explicit(&shared->version, memory_order_acquire);
        for (uint32_t i = 0; i < GD_TELEMETRY_WORDS; i++)
            words[i] = atomic_load_explicit(&shared->telemetry[i], memory_order_relaxed);
        atomic_thread_fence(memory_order_acquire);
        after = atomic_load_explicit(&shared->version, memory_order_relaxed);
        if (before == after && !(before & 1)) break;
    }
    memcpy(out, words, sizeof words);
}
