/* Noise, attack and oscillators of a grain, and what tilt and tune do to them. */
#include "grain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fastmath.h"
#include "kernels.h"

#define HIGHEST 0.45f /* of the rate: oscillators above are silent */
#define TILT_HZ 400.0
#define LOWEST_PITCH 1.0f
#define HIGHEST_PITCH 20000.0f
#define DB 0.115129255f /* natural logarithm of one dB of gain */
#define RISING 0.3f     /* of its amplitude after a hop, an oscillator that begins had less before it */
#define FALLING 0.5f    /* of its amplitude before a hop, one that ends has less after it */
#define GLIDE 1.23f     /* ratio of frequencies, some 0.3 octaves: so far a partial may glide within a hop */
#define SKEW 32         /* between rows, so that those read together do not share a cache set */

/* Waves kept as 16-bit numbers with one scale a row: half the cache, errors some 90 dB below the row. */
typedef struct {
    int stride;
    const float *scale;
    const int16_t *waves;
    void *memory;
} wave_table;

struct gd_waves {
    int hop, grain, atom_count;
    float rate_hz;
    float window[2][GD_GRAIN]; /* of any grain; of grain 0, which begins at once */
    float whole[GD_GRAIN];     /* ones: the attack has no window */
    float band_power[GD_BANDS], band_hz[GD_BANDS];
    float slot_hz[GD_OSCILLATORS];
    float band_octaves[GD_BANDS], slot_octaves[GD_OSCILLATORS]; /* above TILT_HZ */
    wave_table noise[GD_SEGMENTS], atoms;
};

static int pack(wave_table *to, const float *waves, int rows, int count) {
    size_t stride = (size_t)count + SKEW;
    char *memory = calloc((size_t)rows + 1, sizeof(float) + stride * sizeof(int16_t));
    if (!memory) return 0;
    float *scale = (float *)(void *)memory;
    int16_t *to_wave = (int16_t *)(void *)(scale + rows);
    *to = (wave_table){(int)stride, scale, to_wave, memory};
    for (int r = 0; r < rows; r++, waves += count, to_wave += stride) {
        float peak = 0.0f;
        for (int i = 0; i < count; i++) peak = fmaxf(peak, fabsf(waves[i]));
        scale[r] = peak / 32767.0f;
        for (int i = 0; i < count && peak > 0.0f; i++) to_wave[i] = (int16_t)lrintf(waves[i] / peak * 32767.0f);
    }
    return 1;
}

static void fill(gd_waves *waves, const gd_model *model) {
    for (int i = 0; i < waves->grain; i++) {
        waves->window[0][i] = model->window[i];
        waves->window[1][i] = i < model->hop ? 1.0f : model->window[i];
        waves->whole[i] = 1.0f;
    }
    memcpy(waves->band_power, model->band_power, sizeof waves->band_power);
    memcpy(waves->band_hz, model->band_hz, sizeof waves->band_hz);
    memcpy(waves->slot_hz, model->slot_hz, sizeof waves->slot_hz);
    for (int b = 0; b < GD_BANDS; b++) waves->band_octaves[b] = (float)log2(model->band_hz[b] / TILT_HZ);
    for (int k = 0; k < GD_OSCILLATORS; k++) waves->slot_octaves[k] = (float)log2(model->slot_hz[k] / TILT_HZ);
}

gd_waves *gd_waves_new(const gd_model *model, double rate_hz) {
    if (model->hop < 1 || 2 * model->hop > GD_GRAIN || !(rate_hz > 0.0)) return NULL;
    if (model->atoms < 0 || model->atoms > GD_ATOMS) return NULL;
    gd_waves *waves = calloc(1, sizeof *waves);
    if (!waves) return NULL;
    waves->hop = model->hop;
    waves->grain = 2 * model->hop;
    waves->atom_count = model->atoms;
    waves->rate_hz = (float)rate_hz;
    fill(waves, model);
    int packed = pack(&waves->atoms, model->atom_waves, model->atoms, waves->grain);
    for (int s = 0; s < GD_SEGMENTS && packed; s++)
        packed = pack(&waves->noise[s], model->noise + (size_t)(s * GD_BANDS * waves->grain), GD_BANDS, waves->grain);
    if (packed) return waves;
    gd_waves_free(waves);
    return NULL;
}

void gd_waves_free(gd_waves *waves) {
    if (!waves) return;
    free(waves->atoms.memory);
    for (int s = 0; s < GD_SEGMENTS; s++) free(waves->noise[s].memory);
    free(waves);
}

static float within(float x, float low, float high) {
    x = x > low ? x : low; /* in this order a NaN becomes `low` */
    return x < high ? x : high;
}

static float tilt_gain(float tilt, float octaves) { return gd_exp(gd_limit(tilt * octaves, 24.0f) * DB); }

/* Where a tuned band finds its gain: between two bands; above the highest it falls to nothing over one band's width. */
static void place(const gd_waves *waves, gd_tone *tone) {
    const float *hz = waves->band_hz;
    float above = 2.0f * hz[GD_BANDS - 1] - hz[GD_BANDS - 2];
    for (int b = 0, from = 0; b < GD_BANDS; b++) {
        float wanted = hz[b] / tone->tune;
        while (from < GD_BANDS - 1 && hz[from + 1] <= wanted) from++;
        float next = from < GD_BANDS - 1 ? hz[from + 1] : above;
        tone->from[b] = (uint8_t)from;
        tone->share[b] = within((wanted - hz[from]) / (next - hz[from]), 0.0f, 1.0f);
    }
}

/* From a slot's centre to where oscillator k is centred instead. */
static float ratio_of(const gd_waves *waves, int k, float tune, float pitch_hz) {
    if (!(pitch_hz > 0.0f)) return tune;
    double centre_hz = (double)(k + 1) * (double)within(pitch_hz, LOWEST_PITCH, HIGHEST_PITCH);
    return (float)(tune * centre_hz / waves->slot_hz[k]);
}

void gd_tone_set(const gd_waves *waves, gd_tone *tone, float tilt, float tune, float pitch_hz) {
    tone->tune = tune == 0.0f ? 1.0f : within(tune, 1.0f / 16.0f, 16.0f);
    tilt = gd_limit(tilt, 24.0f);
    for (int b = 0; b < GD_BANDS; b++) tone->bands[b] = tilt_gain(tilt, waves->band_octaves[b]);
    for (int k = 0; k < GD_OSCILLATORS; k++) {
        tone->ratios[k] = ratio_of(waves, k, tone->tune, pitch_hz);
        tone->oscillators[k] = tilt_gain(tilt, waves->slot_octaves[k] + (float)log2((double)tone->ratios[k]));
    }
    place(waves, tone);
}

void gd_tone_apply(const gd_waves *waves, const gd_tone *tone, gd_grain *grain) {
    float bands[GD_BANDS + 1];
    memcpy(bands, grain->bands, sizeof grain->bands);
    bands[GD_BANDS] = 0.0f;
    for (int b = 0; b < GD_BANDS; b++) {
        float here = bands[tone->from[b]], next = bands[tone->from[b] + 1];
        grain->bands[b] = (here + tone->share[b] * (next - here)) * tone->bands[b];
    }
    for (int k = 0; k < GD_OSCILLATORS; k++) {
        grain->hz[k] *= tone->ratios[k];
        int audible = grain->hz[k] <= HIGHEST * waves->rate_hz;
        grain->amplitudes[k] = audible ? grain->amplitudes[k] * tone->oscillators[k] : 0.0f;
    }
}

float gd_grain_power(const gd_waves *waves, const gd_grain *grain) {
    float power = 0.0f;
    for (int b = 0; b < GD_BANDS; b++) power += grain->bands[b] * grain->bands[b] * waves->band_power[b];
    for (int k = 0; k < GD_OSCILLATORS; k++) power += 0.5f * grain->amplitudes[k] * grain->amplitudes[k];
    return power;
}

/* SplitMix64. */
gd_draw gd_draw_next(const gd_waves *waves, uint64_t *state) {
    uint64_t r = *state += 0x9E3779B97F4A7C15u;
    r = (r ^ (r >> 30)) * 0xBF58476D1CE4E5B9u;
    r = (r ^ (r >> 27)) * 0x94D049BB133111EBu;
    r ^= r >> 31;
    uint32_t shift = (uint32_t)(((r >> 32) * (uint64_t)waves->grain) >> 32);
    return (gd_draw){(uint32_t)(r & 3), shift, r & 4 ? -1.0f : 1.0f};
}

/* Up to GD_WOVEN rows, turned by `shift` frames, into sum; rows missing to GD_WOVEN count nothing. */
static void weave(const gd_waves *waves, const int16_t **rows, float *gains, int count, uint32_t shift, float *sum) {
    const gd_loops *loops = gd_kernel_in_use()->loops;
    const int16_t *turned[GD_WOVEN];
    uint32_t head = (uint32_t)waves->grain - shift;
    for (int r = count; r < GD_WOVEN; r++) {
        rows[r] = rows[0];
        gains[r] = 0.0f;
    }
    for (int r = 0; r < GD_WOVEN; r++) turned[r] = rows[r] + shift;
    loops->weave(sum, (int)head, turned, gains);
    if (shift) loops->weave(sum + head, (int)shift, rows, gains);
}

/* out += window * sum of factor * gains[r] * row r. */
static void add(const gd_waves *waves, const wave_table *table, const float *gains, int count, gd_draw draw,
                const float *window, float *out) {
    float sum[GD_GRAIN], scaled[GD_WOVEN];
    const int16_t *rows[GD_WOVEN];
    int waiting = 0, any = 0;
    memset(sum, 0, (size_t)waves->grain * sizeof(float));
    for (int r = 0; r < count; r++) {
        if (gains[r] == 0.0f) continue;
        rows[waiting] = table->waves + (size_t)r * (size_t)table->stride;
        scaled[waiting++] = gains[r] * (draw.sign * table->scale[r]);
        any = 1;
        if (waiting < GD_WOVEN) continue;
        weave(waves, rows, scaled, waiting, draw.shift, sum);
        waiting = 0;
    }
    if (waiting) weave(waves, rows, scaled, waiting, draw.shift, sum);
    if (any) gd_kernel_in_use()->loops->window(out, sum, window, waves->grain);
}

void gd_noise_add(const gd_waves *waves, const gd_grain *grain, gd_draw draw, int first, float *out) {
    const wave_table *segment = &waves->noise[draw.segment % GD_SEGMENTS];
    draw.shift %= (uint32_t)waves->grain;
    add(waves, segment, grain->bands, GD_BANDS, draw, waves->window[first != 0], out);
}

void gd_attack_add(const gd_waves *waves, const gd_grain *grain, float *out) {
    add(waves, &waves->atoms, grain->atoms, waves->atom_count, (gd_draw){0, 0, 1.0f}, waves->whole, out);
}

void gd_oscillators_start(gd_oscillators *voice, const gd_grain *grain) {
    memset(voice->phase, 0, sizeof voice->phase);
    memcpy(voice->amplitude, grain->amplitudes, sizeof voice->amplitude);
    memcpy(voice->amplitude_end, grain->amplitudes, sizeof voice->amplitude_end);
    memcpy(voice->hz, grain->hz, sizeof voice->hz);
    memcpy(voice->hz_end, grain->hz, sizeof voice->hz_end);
}

/* Whose phase and frequency oscillator k goes on with: mostly its own. A partial that glides out of its slot is
 * taken up by the next: one that rises while its louder neighbour falls, near it in frequency, continues the
 * neighbour's sine, so that the glide has no seam. */
static int source_of(const gd_oscillators *voice, int k) {
    const float *level = voice->amplitude, *end = voice->amplitude_end;
    int found = k;
    if (!(level[k] < RISING * end[k])) return k;
    for (int j = k - 1; j <= k + 1; j += 2) {
        if (j < 0 || j >= GD_OSCILLATORS) continue;
        float from_hz = voice->hz[j], to_hz = voice->hz_end[k];
        int near = to_hz < GLIDE * from_hz && from_hz < GLIDE * to_hz;
        if (near && end[j] < FALLING * level[j] && level[j] > level[found]) found = j;
    }
    return found;
}

static void take_up(gd_oscillators *voice) {
    float phase[GD_OSCILLATORS], hz[GD_OSCILLATORS];
    for (int k = 0; k < GD_OSCILLATORS; k++) {
        int source = source_of(voice, k);
        phase[k] = voice->phase[source];
        hz[k] = voice->hz[source];
    }
    memcpy(voice->phase, phase, sizeof phase);
    memcpy(voice->hz, hz, sizeof hz);
}

void gd_oscillators_next(const gd_waves *waves, gd_oscillators *voice, const gd_grain *grain) {
    for (int k = 0; k < GD_OSCILLATORS; k++) {
        double turns = 0.5 * waves->hop * ((double)voice->hz[k] + voice->hz_end[k]) / waves->rate_hz;
        double phase = voice->phase[k] + turns;
        voice->phase[k] = (float)(phase - (double)(int64_t)phase);
    }
    memcpy(voice->amplitude, voice->amplitude_end, sizeof voice->amplitude);
    memcpy(voice->hz, voice->hz_end, sizeof voice->hz);
    memcpy(voice->amplitude_end, grain->amplitudes, sizeof voice->amplitude_end);
    memcpy(voice->hz_end, grain->hz, sizeof voice->hz_end);
    take_up(voice);
}

void gd_oscillate(const gd_waves *waves, const gd_oscillators *voice, int from, int to, float *out) {
    const gd_loops *loops = gd_kernel_in_use()->loops;
    float per_frame = 1.0f / waves->rate_hz, per_hop = 1.0f / (float)waves->hop;
    for (int k = 0; k < GD_OSCILLATORS; k++) {
        if (voice->amplitude[k] == 0.0f && voice->amplitude_end[k] == 0.0f) continue;
        gd_sweep sweep = {
            .phase = voice->phase[k],
            .turns = voice->hz[k] * per_frame,
            .bend = (voice->hz_end[k] - voice->hz[k]) * (0.5f * per_hop * per_frame),
            .amplitude = voice->amplitude[k],
            .slope = (voice->amplitude_end[k] - voice->amplitude[k]) * per_hop,
        };
        loops->sweep(out, from, to, &sweep);
    }
}
