#include "voice.h"

#include <math.h>
#include <string.h>

#define LONGEST_S 4.0       /* of a hit that says no length */
#define END_FADE_S 0.02
#define LOUDEST 1e12f       /* mean square beyond which a grain is a defect */

static double decay_of(const gd_plan *plan, float decay_s) {
    if (decay_s <= 0.0f) return 1.0;
    return exp(log(1e-3) / ((double)decay_s * plan->rate_hz)); /* -60 dB is a factor of 1e-3 */
}

static void set_length(const gd_plan *plan, gd_voice *voice, float length_s) {
    double seconds = length_s > 0.0f ? (double)length_s : LONGEST_S;
    int64_t fade = llround(END_FADE_S * plan->rate_hz);
    int64_t length = llround(seconds * plan->rate_hz);
    if (length < 1) length = 1;
    if (fade > length) fade = length;
    voice->end = voice->length = length;
    voice->fade_from = length - fade;
    voice->fade_step = 1.0f / (float)fade;
}

static void set_tone(const gd_plan *plan, gd_voice *voice, const gd_event *event) {
    const float *values = event->values;
    gd_tone_set(plan->waves, &voice->tone, values[GD_TILT], values[GD_TUNE], values[GD_PITCH_HZ]);
}

void gd_voice_start(const gd_plan *plan, gd_voice *voice, const gd_event *hit) {
    voice->playing = 1;
    voice->track = hit->track;
    voice->group = (int32_t)hit->values[GD_CHOKE_GROUP];
    voice->path = hit->path;
    voice->grains = voice->quiet = 0;
    voice->position = plan->hop;
    voice->age = 0;
    voice->gain = hit->values[GD_GAIN];
    voice->level = 1.0;
    voice->decay = decay_of(plan, hit->values[GD_DECAY_S]);
    voice->power = INFINITY; /* unknown yet: the last to be stolen */
    voice->noise = hit->seed;
    set_length(plan, voice, hit->values[GD_LENGTH_S]);
    memcpy(voice->latent, hit->latent, sizeof voice->latent);
    memset(voice->overlap, 0, sizeof voice->overlap);
    set_tone(plan, voice, hit);
    gd_neural_start(plan->network, &voice->neural, hit->embedding, hit->condition);
}

void gd_voice_turn(const gd_plan *plan, gd_voice *voice, const gd_event *sound) {
    voice->decay = decay_of(plan, sound->values[GD_DECAY_S]);
    memcpy(voice->latent, sound->latent, sizeof voice->latent);
    set_tone(plan, voice, sound);
    gd_neural_turn(plan->network, &voice->neural, sound->embedding, sound->condition);
}

int32_t gd_voice_due(const gd_plan *plan, const gd_voice *voice) {
    int32_t left = plan->hop - voice->position;
    return voice->age + left < voice->end ? left : INT32_MAX;
}

/* What the last grain leaves to this hop becomes the hop's own. */
static void advance(const gd_plan *plan, gd_voice *voice) {
    size_t hop = (size_t)plan->hop;
    memcpy(voice->overlap, voice->overlap + hop, hop * sizeof(float));
    memset(voice->overlap + hop, 0, hop * sizeof(float));
    voice->position = 0;
}

int gd_voice_next(const gd_plan *plan, gd_voice *voice, gd_grain *grain) {
    int first = voice->grains == 0;
    gd_tone_apply(plan->waves, &voice->tone, grain);
    float loudness = voice->gain * (float)voice->level;
    voice->power = gd_grain_power(plan->waves, grain) * loudness * loudness;
    if (!(voice->power < LOUDEST)) {
        gd_voice_finish(plan, voice);
        return 0;
    }
    voice->quiet = voice->power < GD_QUIET ? voice->quiet + 1 : 0;
    advance(plan, voice);
    gd_noise_add(plan->waves, grain, gd_draw_next(plan->waves, &voice->noise), first, voice->overlap);
    if (first) {
        gd_attack_add(plan->waves, grain, voice->overlap);
        gd_oscillators_start(&voice->oscillators, grain);
    } else {
        gd_oscillators_next(plan->waves, &voice->oscillators, grain);
    }
    voice->grains++;
    return 1;
}

void gd_voice_finish(const gd_plan *plan, gd_voice *voice) {
    if (voice->grains == 0) {
        voice->playing = 0;
        return;
    }
    gd_grain silence;
    memset(&silence, 0, sizeof silence);
    memcpy(silence.hz, voice->oscillators.hz_end, sizeof silence.hz);
    gd_oscillators_next(plan->waves, &voice->oscillators, &silence);
    advance(plan, voice);
    if (voice->end > voice->age + plan->hop) voice->end = voice->age + plan->hop;
}

/* Multiply by gain, decay and the fade at the end. Every factor follows from the frame's age alone or is carried
 * from frame to frame, so that it does not matter in how many pieces a hop is played. */
static void shape(gd_voice *voice, const float *sound, float *out, int32_t frames) {
    if (voice->decay == 1.0 && voice->age + frames <= voice->fade_from) {
        float factor = voice->gain * (float)voice->level;
        for (int32_t i = 0; i < frames; i++) out[i] += sound[i] * factor;
        return;
    }
    for (int32_t i = 0; i < frames; i++) {
        float factor = voice->gain * (float)voice->level;
        float fade = (float)(voice->length - voice->age - i) * voice->fade_step;
        if (voice->age + i >= voice->fade_from) factor *= fade;
        out[i] += sound[i] * factor;
        voice->level *= voice->decay;
    }
}

void gd_voice_play(const gd_plan *plan, gd_voice *voice, float *out, int32_t frames) {
    float sound[GD_HOP];
    if (frames > plan->hop - voice->position) frames = plan->hop - voice->position;
    if (frames > voice->end - voice->age) frames = (int32_t)(voice->end - voice->age);
    if (frames > 0) {
        memcpy(sound, voice->overlap + voice->position, (size_t)frames * sizeof(float));
        gd_oscillate(plan->waves, &voice->oscillators, voice->position, voice->position + frames, sound);
        shape(voice, sound, out, frames);
        voice->position += frames;
        voice->age += frames;
    }
    if (voice->age >= voice->end) voice->playing = 0;
}

void gd_voice_fade(gd_voice *voice, int32_t frames) {
    if (voice->age >= voice->fade_from) return;
    if (frames > voice->length - voice->age) frames = (int32_t)(voice->length - voice->age);
    voice->fade_from = voice->age;
    voice->fade_step = 1.0f / (float)frames;
    voice->length = voice->age + frames;
    if (voice->end > voice->length) voice->end = voice->length;
}

void gd_voice_release(const gd_plan *plan, gd_voice *voice, float *out, int32_t frames) {
    memset(out, 0, (size_t)frames * sizeof(float));
    for (int32_t done = 0; done < frames && voice->playing;) {
        if (voice->position == plan->hop) {
            gd_voice_finish(plan, voice);
            continue;
        }
        int64_t before = voice->age;
        gd_voice_play(plan, voice, out + done, frames - done);
        done += (int32_t)(voice->age - before);
    }
    for (int32_t i = 0; i < frames; i++) out[i] *= ((float)(frames - i) - 0.5f) / (float)frames;
    voice->playing = 0;
}
