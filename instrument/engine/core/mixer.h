/* From the voices' tracks to the two channels: ramped gains, tails of voices let go, meters, the limiter. */
#ifndef GD_MIXER_H
#define GD_MIXER_H

#include "voice.h"

#define GD_TAIL 512     /* ring of frames, longer than the longest fade, a power of two */

/* A pair of gains on a straight line to where they shall be. */
typedef struct {
    float target[2], step[2];
    int32_t left;                   /* frames until there */
} gd_ramp;

typedef struct {
    gd_ramp ramp;
    float gain, pan, offset;        /* offset: what its last hit adds to the pan */
    int muted;
    int32_t voices;                 /* playing on this track */
    int64_t tail_end;               /* first frame behind the tail */
    float tail[GD_TAIL];            /* frame f is at f & (GD_TAIL - 1) */
    float peak, square;             /* meters */
} gd_track;

typedef struct {
    gd_track tracks[GD_TRACKS];
    gd_ramp master;
    int32_t fade_frames;            /* 5 ms */
    double rate_hz;
    float reduction, release;       /* of the limiter: 1 - its gain now, and the factor per frame on its way back */
    float deepest;                  /* largest reduction since the meters were read */
    float peak[2];
    float heard[2 * GD_HOP];        /* the track added last, as it was added */
    int fault;                      /* a sample that was no number has been silenced */
} gd_mixer;

void gd_mixer_start(gd_mixer *mixer, double rate_hz);
/* Apply a GD_TRACK event. A silent track jumps, a sounding one ramps. */
void gd_mixer_set(gd_mixer *mixer, const gd_event *event, int64_t frame);
/* A hit of a track adds `offset` to its pan, until the next. Before the hit counts among the track's voices. */
void gd_mixer_place(gd_mixer *mixer, int32_t track, float offset, int64_t frame);
void gd_mixer_silence(gd_mixer *mixer);                                     /* forget all tails */
/* A fade of a voice let go, to sound from `frame` on. */
void gd_mixer_tail(gd_mixer *mixer, int32_t track, int64_t frame, const float *sound, int32_t frames);
/* Whether a track sounds at `frame`, by its voices or its tail. */
int gd_mixer_sounds(const gd_mixer *mixer, int32_t track, int64_t frame);
/* Add a track's voices (`bus`, mono) and tail to `out` (interleaved), and measure them. */
void gd_mixer_add(gd_mixer *mixer, int32_t track, int64_t frame, float *bus, float *out, int32_t frames);
/* Let a silent track's ramp and meters go on. */
void gd_mixer_rest(gd_mixer *mixer, int32_t track, int32_t frames);
/* Master gain, limiter and master meters, in place. */
void gd_mixer_finish(gd_mixer *mixer, float *out, int32_t frames);

#endif
