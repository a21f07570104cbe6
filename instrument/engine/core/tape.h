/* What is heard, on its way to a recording: a ring of stretches, written by the callback, read by another process. */
#ifndef GD_TAPE_H
#define GD_TAPE_H

#include <stdalign.h>
#include <stdatomic.h>

#include "graindrum.h"

_Static_assert((GD_TAPE & (GD_TAPE - 1)) == 0, "the ring's size is a power of two");

/* A stretch lies in the ring as a gd_stretch, then its sounding tracks in order, then the master: each (frames, 2).
 * Counters run freely, in floats, and wrap; each side writes only its own. */
struct gd_tape {
    alignas(64) _Atomic uint32_t written;   /* by the recorder */
    _Atomic uint32_t take;                  /* that is being recorded; 0: none */
    _Atomic uint64_t lost;                  /* frames of the newest take that found no room */
    alignas(64) _Atomic uint32_t read;      /* by the reader */
    alignas(64) float ring[GD_TAPE];
};

/* The recorder's side, plain data; without a tape it does nothing. */
typedef struct {
    gd_tape *tape;
    uint32_t take, tracks;                  /* 0: no take; bits of the tracks it takes in */
    uint32_t channels;                      /* of a stretch in which all of them sound */
    uint32_t at;                            /* where the stretch at hand goes on */
    int open, short_of_room;                /* there is room for it; there was none for the last */
    gd_stretch stretch;
} gd_recorder;

/* Begin take `take` of the master and `tracks`, or end the one that runs (0). */
void gd_recorder_set(gd_recorder *recorder, uint32_t take, uint32_t tracks);
/* One stretch: its first frame and length, at most GD_GRAIN / 2; tracks in order; the master, which ends it. */
void gd_recorder_begin(gd_recorder *recorder, int64_t frame, uint32_t frames);
void gd_recorder_track(gd_recorder *recorder, int32_t track, const float *sound);
void gd_recorder_end(gd_recorder *recorder, const float *master);

#endif
