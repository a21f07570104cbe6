#include "ring.h"

jm_message *ring_slot(jm_ring *ring) {
    uint32_t pushed = atomic_load_explicit(&ring->pushed, memory_order_relaxed);
    uint32_t taken = atomic_load_explicit(&ring->taken, memory_order_acquire);
    return pushed - taken < JM_MESSAGES ? &ring->messages[pushed & (JM_MESSAGES - 1)] : 0;
}

void ring_push(jm_ring *ring) { atomic_fetch_add_explicit(&ring->pushed, 1, memory_order_release); }

const jm_message *ring_peek(jm_ring *ring) {
    uint32_t pushed = atomic_load_explicit(&ring->pushed, memory_order_acquire);
    uint32_t taken = atomic_load_explicit(&ring->taken, memory_order_relaxed);
    return pushed != taken ? &ring->messages[taken & (JM_MESSAGES - 1)] : 0;
}

void ring_take(jm_ring *ring) { atomic_fetch_add_explicit(&ring->taken, 1, memory_order_release); }

static int before(const jm_message *a, const jm_message *b) {
    return a->time_ns != b->time_ns ? a->time_ns < b->time_ns : a->order < b->order;
}

int heap_full(const jm_heap *heap) { return heap->count == JM_MESSAGES; }

void heap_add(jm_heap *heap, const jm_message *message) {
    uint32_t at = heap->count++;
    while (at > 0 && before(message, &heap->messages[(at - 1) / 2])) {
        heap->messages[at] = heap->messages[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap->messages[at] = *message;
}

void heap_drop_first(jm_heap *heap) {
    const jm_message *last = &heap->messages[--heap->count];
    uint32_t at = 0;
    for (uint32_t child = 1; child < heap->count; child = 2 * at + 1) {
        if (child + 1 < heap->count && before(&heap->messages[child + 1], &heap->messages[child])) child++;
        if (!before(&heap->messages[child], last)) break;
        heap->messages[at] = heap->messages[child];
        at = child;
    }
    heap->messages[at] = *last;
}
