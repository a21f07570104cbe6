/* Events that wait for their frame: a bounded heap, first by frame, then by arrival. */
#ifndef GD_EVENTS_H
#define GD_EVENTS_H

#include "graindrum.h"

typedef struct {
    int64_t frame;
    uint64_t arrival;
    uint32_t slot;      /* of the event in `store` */
} gd_waiter;

typedef struct {
    uint32_t count;
    uint64_t arrivals;
    gd_waiter heap[GD_PENDING];
    uint32_t vacant[GD_PENDING];    /* the slots of `store` in use are the first `count` of these */
    gd_event store[GD_PENDING];
} gd_pending;

void gd_pending_clear(gd_pending *pending);
int gd_pending_add(gd_pending *pending, const gd_event *event);    /* 0: full */
int64_t gd_pending_next(const gd_pending *pending);                /* frame of the first; INT64_MAX: none */
const gd_event *gd_pending_pop(gd_pending *pending);               /* valid until the next add */
void gd_pending_cancel(gd_pending *pending, const gd_event *cancel);

/* Make every number of an event finite and bounded; 0 when the event makes no sense at all.
 * This is the edge: nothing behind it checks an event again. */
int gd_event_sanitise(gd_event *event);

#endif
