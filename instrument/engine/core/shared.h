/* The memory that control and engine share: a ring of events one way, telemetry the other. */
#ifndef GD_SHARED_H
#define GD_SHARED_H

#include <stdalign.h>
#include <stdatomic.h>

#include "graindrum.h"

#define GD_TELEMETRY_WORDS (sizeof(gd_telemetry) / sizeof(uint64_t))
_Static_assert(sizeof(gd_telemetry) % sizeof(uint64_t) == 0, "telemetry is copied in 64-bit words");
_Static_assert((GD_EVENTS & (GD_EVENTS - 1)) == 0, "the ring's size is a power of two");

/* Counters of the ring run freely and wrap; each side writes only its own. */
struct gd_shared {
    alignas(64) _Atomic uint32_t pushed;    /* written by the producer */
    alignas(64) _Atomic uint32_t taken;     /* written by the consumer */
    alignas(64) _Atomic uint32_t version;   /* of the telemetry; odd while it is being written */
    alignas(64) _Atomic uint64_t telemetry[GD_TELEMETRY_WORDS];
    alignas(64) gd_event events[GD_EVENTS];
};

/* Consumer's side. How many events wait; the i-th of them; give `count` of them back. */
uint32_t gd_waiting(gd_shared *shared);
const gd_event *gd_peek(const gd_shared *shared, uint32_t index);
void gd_take(gd_shared *shared, uint32_t count);

/* Make a reading visible to the other side. One writer. */
void gd_telemetry_publish(gd_shared *shared, const gd_telemetry *telemetry);

#endif
