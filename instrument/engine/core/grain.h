/* From what the network says about a grain to sound: filtered noise, the attack's atoms, oscillators.
 *
 * gd_waves_new and gd_waves_free allocate and belong off the audio path; everything else here is bounded and
 * allocates nothing. All functions add to `out`, and give the same bits however a hop is cut into spans.
 */
#ifndef GD_GRAIN_H
#define GD_GRAIN_H

#include "decoder.h"

typedef struct gd_waves gd_waves; /* noise, atoms, window and centres at the device's rate; owns its copies */

/* What tilt and tune do to every grain of a sound; computed once per sound event, plain data. */
typedef struct {
    float tune;                        /* frequency ratio of the bands */
    float ratios[GD_OSCILLATORS];      /* of an oscillator's frequency to the decoder's; tune included */
    float bands[GD_BANDS];             /* tilt as linear gains */
    float oscillators[GD_OSCILLATORS];
    float share[GD_BANDS];             /* a tuned band reads band from[b] and this share of the way to the next */
    uint8_t from[GD_BANDS];
} gd_tone;

/* The 16 oscillators of one voice over one hop, plain data; zeroed memory is silent. */
typedef struct {
    float phase[GD_OSCILLATORS];                                    /* turns at the hop's first frame, 0 to 1 */
    float amplitude[GD_OSCILLATORS], amplitude_end[GD_OSCILLATORS]; /* go linearly over the hop */
    float hz[GD_OSCILLATORS], hz_end[GD_OSCILLATORS];
} gd_oscillators;

/* One grain's place in the noise. */
typedef struct {
    uint32_t segment, shift; /* shift in frames, < grain */
    float sign;
} gd_draw;

/* NULL when a size is out of bounds or memory is short. */
gd_waves *gd_waves_new(const gd_model *model, double rate_hz);
void gd_waves_free(gd_waves *waves);

/* tilt: dB per octave around 400 Hz, clipped at +-24 dB; tune: frequency ratio, 0 means 1, kept in 1/16 .. 16;
 * pitch_hz: oscillators take its harmonics for centres, kept in 1 .. 20000; 0 or less: they stay in their slots. */
void gd_tone_set(const gd_waves *waves, gd_tone *tone, float tilt, float tune, float pitch_hz);
/* Apply a tone to a decoded grain, in place; silences oscillators above 0.45 of the rate. */
void gd_tone_apply(const gd_waves *waves, const gd_tone *tone, gd_grain *grain);
/* Mean square of what noise and oscillators of a grain will sound like. */
float gd_grain_power(const gd_waves *waves, const gd_grain *grain);

/* The next draw of a hit; `state` starts as the event's seed. One per grain, grain 0 included. */
gd_draw gd_draw_next(const gd_waves *waves, uint64_t *state);
/* Add one grain of noise, 2 * hop frames. first: grain 0, whose first half is not windowed. */
void gd_noise_add(const gd_waves *waves, const gd_grain *grain, gd_draw draw, int first, float *out);
/* Add the attack of grain 0, 2 * hop frames. */
void gd_attack_add(const gd_waves *waves, const gd_grain *grain, float *out);

/* Grain 0: constant at its amplitudes and frequencies, phases 0. */
void gd_oscillators_start(gd_oscillators *voice, const gd_grain *grain);
/* The next hop: phases go on to where the last hop ended, then from its end to this grain's values. */
void gd_oscillators_next(const gd_waves *waves, gd_oscillators *voice, const gd_grain *grain);
/* Add frames [from, to) of the hop; out[0] is frame `from`. */
void gd_oscillate(const gd_waves *waves, const gd_oscillators *voice, int from, int to, float *out);

#endif
