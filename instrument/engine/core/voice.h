/* One sounding hit: the state that streams from grain to grain, and how it is played, turned and let go. */
#ifndef GD_VOICE_H
#define GD_VOICE_H

#include "grain.h"

#define GD_HOP (GD_GRAIN / 2)           /* longest hop */
#define GD_QUIET_GRAINS 8               /* so many grains below GD_QUIET in a row end a voice */
#define GD_QUIET 1e-8f                  /* mean square */

typedef struct {
    int playing;                        /* 0: this slot of the pool is free; all else is then meaningless */
    int32_t track, group, path;         /* group 0: none; path -1: none */
    int32_t grains, quiet;              /* grains so far; of them the last ones in a row that were inaudible */
    int32_t position;                   /* frames played of the current hop; at hop the next grain is due */
    int64_t age;                        /* frames played */
    int64_t end;                        /* age at which the voice is over: its length, or earlier when it finishes */
    int64_t length, fade_from;          /* ages at which the fade at the end has ended and begins */
    float gain, fade_step;
    double level, decay;                /* the extra decay: where it is, and its factor per frame */
    float power;                        /* mean square of the newest grain as it is played */
    uint64_t noise;                     /* state of the hit's generator */
    float latent[GD_LATENT];            /* offset */
    gd_tone tone;
    gd_oscillators oscillators;
    gd_neural neural;
    float overlap[GD_GRAIN];            /* this hop's noise and attack, then what they leave to the next */
} gd_voice;

/* What all voices share. */
typedef struct {
    gd_network *network;
    gd_waves *waves;
    int32_t hop;
    double rate_hz;
} gd_plan;

void gd_voice_start(const gd_plan *plan, gd_voice *voice, const gd_event *hit);
void gd_voice_turn(const gd_plan *plan, gd_voice *voice, const gd_event *sound);

/* Frames until the voice needs its next grain or is over, whichever is first: INT32_MAX if over first. */
int32_t gd_voice_due(const gd_plan *plan, const gd_voice *voice);
/* Begin the next hop with a grain; 0 when the grain is no sound (not finite): the voice finishes instead. */
int gd_voice_next(const gd_plan *plan, gd_voice *voice, gd_grain *grain);
/* Begin the last hop: no new grain, what sounds falls silent within the hop. */
void gd_voice_finish(const gd_plan *plan, gd_voice *voice);
/* Add up to `frames` frames to `out`, not beyond the hop or the end; frees the slot at its end. */
void gd_voice_play(const gd_plan *plan, gd_voice *voice, float *out, int32_t frames);
/* Fade the voice out within `frames` frames; one that fades already goes on as it was. */
void gd_voice_fade(gd_voice *voice, int32_t frames);
/* Write the voice's last `frames` frames, fading, to `out` and free its slot at once. */
void gd_voice_release(const gd_plan *plan, gd_voice *voice, float *out, int32_t frames);

#endif
