/* The pool of voices: which slot a hit takes, who is let go, and the batch of grains due in a segment. */
#include "engine.h"

#include <math.h>
#include <string.h>

#define RESTRUCK_S 0.03 /* fade of what a hit of the same track chokes */

/* Free a voice's slot; its last 5 ms go to its track's tail, so that nothing clicks. */
static void let_go(gd_engine *engine, gd_voice *voice) {
    float sound[GD_TAIL];
    int32_t frames = engine->mixer.fade_frames;
    gd_voice_release(&engine->plan, voice, sound, frames);
    gd_mixer_tail(&engine->mixer, voice->track, engine->telemetry.frame, sound, frames);
    engine->mixer.tracks[voice->track].voices--;
}

/* What fades out is missed least. */
static int quieter(const gd_voice *a, const gd_voice *b) {
    int fades_a = a->age >= a->fade_from, fades_b = b->age >= b->fade_from;
    if (fades_a != fades_b) return fades_a;
    return a->power != b->power ? a->power < b->power : a->age > b->age;
}

/* A free slot, or that of a voice that fades out, or of the quietest one; of equally quiet ones the oldest. */
static gd_voice *vacancy(gd_engine *engine) {
    gd_voice *least = &engine->voices[0];
    for (int i = 0; i < GD_VOICES; i++) {
        gd_voice *voice = &engine->voices[i];
        if (!voice->playing) return voice;
        if (quieter(voice, least)) least = voice;
    }
    let_go(engine, least);
    engine->telemetry.stolen_voices++;
    return least;
}

/* A hit fades what sounds of its choke group. */
static void choke(gd_engine *engine, int32_t track, int32_t group) {
    int32_t frames = (int32_t)lround(RESTRUCK_S * engine->plan.rate_hz);
    for (int i = 0; i < GD_VOICES; i++) {
        gd_voice *voice = &engine->voices[i];
        if (!voice->playing || voice->group != group) continue;
        if (voice->track == track && voice->age > 0)
            gd_voice_fade(voice, frames);
        else
            let_go(engine, voice);
    }
}

static void hit(gd_engine *engine, const gd_event *event) {
    int32_t group = (int32_t)event->values[GD_CHOKE_GROUP];
    if (event->path >= 0 && engine->path_grains[event->path] == 0) {
        engine->telemetry.dropped_events++;
        return;
    }
    if (group) choke(engine, event->track, group);
    gd_voice *voice = vacancy(engine);
    gd_mixer_place(&engine->mixer, event->track, event->values[GD_PAN], engine->telemetry.frame);
    gd_voice_start(&engine->plan, voice, event);
    engine->mixer.tracks[event->track].voices++;
    engine->telemetry.hits++;
    engine->telemetry.last_id = event->id;
}

void gd_pool_apply(gd_engine *engine, const gd_event *event) {
    if (event->kind == GD_HIT) {
        hit(engine, event);
        return;
    }
    for (int i = 0; i < GD_VOICES; i++) {
        gd_voice *voice = &engine->voices[i];
        int meant = event->track == -1 || voice->track == event->track;
        if (!voice->playing || !meant) continue;
        if (event->kind == GD_SOUND) gd_voice_turn(&engine->plan, voice, event);
        if (event->kind == GD_CHOKE) let_go(engine, voice);
    }
}

void gd_pool_reset(gd_engine *engine) {
    for (int i = 0; i < GD_VOICES; i++) engine->voices[i].playing = 0;
    for (int i = 0; i < GD_TRACKS; i++) engine->mixer.tracks[i].voices = 0;
    gd_mixer_silence(&engine->mixer);
}

/* Whether another grain follows, when one is due. A path says itself where it ends: after a silence in it, it may
 * sound again. */
static int goes_on(const gd_engine *engine, const gd_voice *voice) {
    if (voice->path < 0) return voice->quiet < GD_QUIET_GRAINS;
    return (uint32_t)voice->grains < engine->path_grains[voice->path];
}

static const float *latent_of(const gd_engine *engine, const gd_voice *voice) {
    if (voice->path < 0) return NULL;
    size_t grain = (size_t)voice->path * engine->path_room + (size_t)voice->grains;
    return engine->paths + grain * (size_t)engine->latent;
}

/* Decode, as one batch, the next grain of every voice that needs one within `frames`. grains[i] points to that of
 * voice i, or is NULL. */
static void decode(gd_engine *engine, int32_t frames, gd_grain **grains) {
    gd_neural *neural[GD_VOICES];
    const float *paths[GD_VOICES], *offsets[GD_VOICES];
    uint8_t first[GD_VOICES];
    int count = 0;
    for (int i = 0; i < GD_VOICES; i++) {
        gd_voice *voice = &engine->voices[i];
        grains[i] = NULL;
        if (!voice->playing || gd_voice_due(&engine->plan, voice) >= frames || !goes_on(engine, voice)) continue;
        grains[i] = &engine->grains[count];
        neural[count] = &voice->neural;
        paths[count] = latent_of(engine, voice);
        offsets[count] = voice->latent;
        first[count++] = voice->grains == 0;
    }
    if (count) gd_decode(engine->plan.network, neural, paths, offsets, first, engine->grains, count, &engine->scratch);
}

/* Play one voice through a segment, over the start of its next grain where that lies within. */
static void play(gd_engine *engine, gd_voice *voice, gd_grain *grain, float *bus, int32_t frames) {
    int32_t due = gd_voice_due(&engine->plan, voice);
    if (due >= frames) {
        gd_voice_play(&engine->plan, voice, bus, frames);
        return;
    }
    gd_voice_play(&engine->plan, voice, bus, due);
    if (grain) {
        if (!gd_voice_next(&engine->plan, voice, grain)) engine->telemetry.fault = 2;
    } else {
        gd_voice_finish(&engine->plan, voice);
    }
    if (voice->playing) gd_voice_play(&engine->plan, voice, bus + due, frames - due);
}

void gd_pool_play(gd_engine *engine, float *out, int32_t frames) {
    gd_grain *grains[GD_VOICES];
    float bus[GD_HOP];
    decode(engine, frames, grains);
    for (int32_t track = 0; track < GD_TRACKS; track++) {
        if (!gd_mixer_sounds(&engine->mixer, track, engine->telemetry.frame)) {
            gd_mixer_rest(&engine->mixer, track, frames);
            continue;
        }
        memset(bus, 0, (size_t)frames * sizeof(float));
        for (int i = 0; i < GD_VOICES; i++) {
            gd_voice *voice = &engine->voices[i];
            if (!voice->playing || voice->track != track) continue;
            play(engine, voice, grains[i], bus, frames);
            if (!voice->playing) engine->mixer.tracks[track].voices--;
        }
        gd_mixer_add(&engine->mixer, track, engine->telemetry.frame, bus, out, frames);
        gd_recorder_track(&engine->recorder, track, engine->mixer.heard);
    }
}
