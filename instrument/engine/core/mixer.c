#include "mixer.h"

#include <math.h>
#include <string.h>

#define FADE_S 0.005
#define THRESHOLD 0.70794578f   /* -3 dBFS: below it the limiter does nothing */
#define RELEASE_S 0.08
#define LET_GO 1e-5f            /* a smaller reduction is none */
#define LOUDEST 1e9f            /* beyond it a sample is a defect */
#define PEAK_FALL_S 0.17        /* to 1/e: 20 dB in 0.4 s */
#define SQUARE_S 0.1
#define SQRT_2 1.41421356f
#define PI_4 0.785398163f

static void ramp_start(gd_ramp *ramp, float left, float right, int32_t frames) {
    float target[2] = {left, right};
    for (int side = 0; side < 2; side++) {
        float now = ramp->target[side] - ramp->step[side] * (float)ramp->left;
        ramp->target[side] = target[side];
        ramp->step[side] = frames ? (target[side] - now) / (float)frames : 0.0f;
    }
    ramp->left = frames;
}

static void ramp_pass(gd_ramp *ramp, int32_t frames) {
    ramp->left = ramp->left > frames ? ramp->left - frames : 0;
}

static float larger(float a, float b) { return a > b ? a : b; }

/* The largest magnitude. As bits: for magnitudes the order is the same, integers have a vector maximum, and what is
 * no number comes out largest. */
static float loudest(const float *values, int32_t count) {
    int32_t most = 0;
    for (int32_t i = 0; i < count; i++) {
        int32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        bits &= INT32_MAX;
        most = bits > most ? bits : most;
    }
    float peak;
    memcpy(&peak, &most, sizeof peak);
    return peak;
}

static float sum_of_squares(const float *values, int32_t count) {
    float lanes[8] = {0.0f}, sum = 0.0f;
    for (; count >= 8; values += 8, count -= 8)
        for (int lane = 0; lane < 8; lane++) lanes[lane] += values[lane] * values[lane];
    for (int32_t i = 0; i < count; i++) sum += values[i] * values[i];
    for (int lane = 0; lane < 8; lane++) sum += lanes[lane];
    return sum;
}

/* Gain of the i-th frame from here. Worked out from the end, so that blocks do not matter. */
static float ramp_at(const gd_ramp *ramp, int side, int32_t i) {
    int32_t left = ramp->left - i;
    return left > 0 ? ramp->target[side] - ramp->step[side] * (float)left : ramp->target[side];
}

void gd_mixer_start(gd_mixer *mixer, double rate_hz) {
    memset(mixer, 0, sizeof *mixer);
    mixer->rate_hz = rate_hz;
    mixer->fade_frames = (int32_t)lround(FADE_S * rate_hz);
    mixer->release = (float)exp(-1.0 / (RELEASE_S * rate_hz));
    ramp_start(&mixer->master, 1.0f, 1.0f, 0);
    for (int track = 0; track < GD_TRACKS; track++) {
        mixer->tracks[track].gain = 1.0f;
        ramp_start(&mixer->tracks[track].ramp, 1.0f, 1.0f, 0);
    }
}

/* Bring a track's two gains to where level, pan and mute want them: at once where it is silent. */
static void aim(gd_mixer *mixer, int32_t index, int64_t frame) {
    gd_track *track = &mixer->tracks[index];
    float pan = fminf(fmaxf(track->pan + track->offset, -1.0f), 1.0f);
    float level = track->muted ? 0.0f : track->gain * SQRT_2;
    float left = pan == 0.0f ? level / SQRT_2 : level * cosf((pan + 1.0f) * PI_4);
    float right = pan == 0.0f ? level / SQRT_2 : level * sinf((pan + 1.0f) * PI_4);
    int32_t frames = gd_mixer_sounds(mixer, index, frame) ? mixer->fade_frames : 0;
    ramp_start(&track->ramp, fmaxf(left, 0.0f), right, frames);
}

void gd_mixer_set(gd_mixer *mixer, const gd_event *event, int64_t frame) {
    float gain = event->values[GD_GAIN];
    int sounds = 0;
    if (event->track < 0) {
        for (int32_t i = 0; i < GD_TRACKS; i++) sounds |= gd_mixer_sounds(mixer, i, frame);
        ramp_start(&mixer->master, gain, gain, sounds ? mixer->fade_frames : 0);
        return;
    }
    gd_track *track = &mixer->tracks[event->track];
    track->gain = gain;
    track->pan = event->values[GD_PAN];
    track->muted = event->values[GD_MUTE] >= 0.5f;
    aim(mixer, event->track, frame);
}

void gd_mixer_place(gd_mixer *mixer, int32_t track, float offset, int64_t frame) {
    if (mixer->tracks[track].offset == offset) return;
    mixer->tracks[track].offset = offset;
    aim(mixer, track, frame);
}

void gd_mixer_silence(gd_mixer *mixer) {
    for (int track = 0; track < GD_TRACKS; track++) {
        memset(mixer->tracks[track].tail, 0, sizeof mixer->tracks[track].tail);
        mixer->tracks[track].tail_end = 0;
    }
}

void gd_mixer_tail(gd_mixer *mixer, int32_t track, int64_t frame, const float *sound, int32_t frames) {
    gd_track *to = &mixer->tracks[track];
    for (int32_t i = 0; i < frames; i++) to->tail[(frame + i) & (GD_TAIL - 1)] += sound[i];
    if (to->tail_end < frame + frames) to->tail_end = frame + frames;
}

int gd_mixer_sounds(const gd_mixer *mixer, int32_t track, int64_t frame) {
    return mixer->tracks[track].voices > 0 || mixer->tracks[track].tail_end > frame;
}

/* `heard` is NULL for silence. */
static void meter(gd_mixer *mixer, gd_track *track, const float *heard, int32_t frames) {
    double passed_s = frames / mixer->rate_hz;
    float keep = (float)exp(-passed_s / SQUARE_S), fall = (float)exp(-passed_s / PEAK_FALL_S);
    float peak = heard ? loudest(heard, 2 * frames) : 0.0f;
    float square = heard ? sum_of_squares(heard, 2 * frames) / (2.0f * (float)frames) : 0.0f;
    if (!(square < LOUDEST)) square = 0.0f;
    track->peak = larger(peak, track->peak * fall);
    track->square = track->square * keep + square * (1.0f - keep);
}

void gd_mixer_add(gd_mixer *mixer, int32_t track, int64_t frame, float *bus, float *out, int32_t frames) {
    gd_track *from = &mixer->tracks[track];
    float *heard = mixer->heard;
    for (int32_t i = 0; i < frames && frame + i < from->tail_end; i++) {
        float *tail = &from->tail[(frame + i) & (GD_TAIL - 1)];
        bus[i] += *tail;
        *tail = 0.0f;
    }
    int32_t ramped = from->ramp.left < frames ? from->ramp.left : frames;
    float left = from->ramp.target[0], right = from->ramp.target[1];
    for (int32_t i = 0; i < ramped; i++) {
        heard[2 * i] = bus[i] * ramp_at(&from->ramp, 0, i);
        heard[2 * i + 1] = bus[i] * ramp_at(&from->ramp, 1, i);
    }
    for (int32_t i = ramped; i < frames; i++) {
        heard[2 * i] = bus[i] * left;
        heard[2 * i + 1] = bus[i] * right;
    }
    for (int32_t i = 0; i < 2 * frames; i++) out[i] += heard[i];
    ramp_pass(&from->ramp, frames);
    meter(mixer, from, heard, frames);
}

void gd_mixer_rest(gd_mixer *mixer, int32_t track, int32_t frames) {
    gd_track *resting = &mixer->tracks[track];
    ramp_pass(&resting->ramp, frames);
    if (resting->peak == 0.0f && resting->square == 0.0f) return;
    meter(mixer, resting, NULL, frames);
    if (resting->peak < 1e-6f) resting->peak = 0.0f;
    if (resting->square < 1e-12f) resting->square = 0.0f;
}

/* Where a level ends up: itself below the threshold, above it on a curve of the same slope that nears 1. */
static float limited(float level) {
    float over = (level - THRESHOLD) / (1.0f - THRESHOLD);
    return THRESHOLD + (1.0f - THRESHOLD) * (over / (1.0f + over));
}

/* One gain for both channels: down at once, back in RELEASE_S. */
static void limit(gd_mixer *mixer, float *frame) {
    float level = larger(fabsf(frame[0]), fabsf(frame[1]));
    if (!(fabsf(frame[0]) < LOUDEST && fabsf(frame[1]) < LOUDEST)) {
        frame[0] = frame[1] = 0.0f;
        mixer->fault = 1;
        return;
    }
    mixer->reduction = mixer->reduction < LET_GO ? 0.0f : mixer->reduction * mixer->release;
    if (level > THRESHOLD) mixer->reduction = larger(mixer->reduction, 1.0f - limited(level) / level);
    mixer->deepest = larger(mixer->deepest, mixer->reduction);
    for (int side = 0; side < 2; side++) {
        float sample = frame[side] * (1.0f - mixer->reduction);
        frame[side] = sample > 1.0f ? 1.0f : sample < -1.0f ? -1.0f : sample;
    }
}

static void fall_to(float *peak, float heard, float fall) { *peak = larger(heard, *peak * fall); }

void gd_mixer_finish(gd_mixer *mixer, float *out, int32_t frames) {
    int32_t ramped = mixer->master.left < frames ? mixer->master.left : frames;
    float target = mixer->master.target[0], fall = (float)exp(-frames / (mixer->rate_hz * PEAK_FALL_S));
    float left = 0.0f, right = 0.0f;
    for (int32_t i = 0; i < 2 * ramped; i++) out[i] *= ramp_at(&mixer->master, 0, i / 2);
    for (int32_t i = 2 * ramped; i < 2 * frames; i++) out[i] *= target;
    ramp_pass(&mixer->master, frames);
    /* Where nothing is to be limited the limiter would multiply by one. */
    if (mixer->reduction != 0.0f || !(loudest(out, 2 * frames) <= THRESHOLD))
        for (int32_t i = 0; i < frames; i++) limit(mixer, &out[2 * i]);
    for (int32_t i = 0; i < frames; i++) {
        left = larger(fabsf(out[2 * i]), left);
        right = larger(fabsf(out[2 * i + 1]), right);
    }
    fall_to(&mixer->peak[0], left, fall);
    fall_to(&mixer->peak[1], right, fall);
}
