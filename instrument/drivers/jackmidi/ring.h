/* Messages from one thread to one other, and a heap of those that wait for their time. Nothing here waits or allocates. */
#ifndef GRAINDRUM_RING_H
#define GRAINDRUM_RING_H

#include <stdatomic.h>

#include "jackmidi.h"

typedef struct {
    _Atomic uint32_t pushed, taken; /* counted on for ever */
    jm_message messages[JM_MESSAGES];
} jm_ring;

typedef struct {
    uint32_t count;
    jm_message messages[JM_MESSAGES]; /* the earliest first, each before its children 2i + 1 and 2i + 2 */
} jm_heap;

/* Where the producer writes next, NULL when full; then ring_push makes it the consumer's. */
jm_message *ring_slot(jm_ring *ring);
void ring_push(jm_ring *ring);
const jm_message *ring_peek(jm_ring *ring); /* the consumer's oldest, or NULL; then ring_take gives its place back */
void ring_take(jm_ring *ring);

int heap_full(const jm_heap *heap);
void heap_add(jm_heap *heap, const jm_message *message); /* not when full */
void heap_drop_first(jm_heap *heap);                     /* not when empty */

#endif
