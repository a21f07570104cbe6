#include "engine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "denormals.h"

/* Write to every page, so that none is missing when it is first needed: while rendering. */
static void touch(void *zeroed, size_t size) {
    volatile char *bytes = zeroed;
    for (size_t i = 0; i < size; i += 4096) bytes[i] = 0;
}

static gd_engine *make(const gd_model *model, double rate_hz, uint32_t path_grains) {
    gd_engine *engine = calloc(1, sizeof *engine);
    if (!engine) return NULL;
    touch(engine, sizeof *engine);
    engine->plan.network = gd_network_new(model);
    engine->plan.waves = gd_waves_new(model, rate_hz);
    engine->plan.hop = model->hop;
    engine->plan.rate_hz = rate_hz;
    engine->latent = model->latent;
    engine->path_room = path_grains;
    engine->paths = calloc((size_t)GD_PATHS * path_grains + 1, sizeof(float) * (size_t)model->latent);
    return engine;
}

gd_engine *gd_engine_new(const gd_model *model, double rate_hz, gd_shared *shared, uint32_t path_grains) {
    if (!model || !shared || !(rate_hz >= 8000.0 && rate_hz <= 200000.0)) return NULL;
    if (model->hop < 1 || model->hop > GD_HOP || model->latent < 1 || model->latent > GD_LATENT) return NULL;
    if (lround(0.005 * rate_hz) > GD_TAIL || path_grains > 1000000) return NULL;
    gd_engine *engine = make(model, rate_hz, path_grains);
    if (!engine) return NULL;
    if (!engine->plan.network || !engine->plan.waves || !engine->paths) {
        gd_engine_free(engine);
        return NULL;
    }
    engine->shared = shared;
    engine->telemetry.rate_hz = rate_hz;
    gd_mixer_start(&engine->mixer, rate_hz);
    gd_pending_clear(&engine->pending);
    gd_engine_report(engine);
    return engine;
}

void gd_engine_free(gd_engine *engine) {
    if (!engine) return;
    gd_null_stop(engine);
    gd_network_free(engine->plan.network);
    gd_waves_free(engine->plan.waves);
    free(engine->paths);
    free(engine);
}

void gd_engine_tape(gd_engine *engine, gd_tape *tape) { engine->recorder.tape = tape; }

int gd_path_set(gd_engine *engine, int32_t slot, const float *latents, uint32_t grains) {
    if (slot < 0 || slot >= GD_PATHS || grains < 1 || grains > engine->path_room) return 0;
    for (int i = 0; i < GD_VOICES; i++)
        if (engine->voices[i].playing && engine->voices[i].path == slot) return 0;
    size_t latent = (size_t)engine->latent;
    float *path = engine->paths + (size_t)slot * engine->path_room * latent;
    for (size_t i = 0; i < grains * latent; i++) path[i] = isfinite(latents[i]) ? latents[i] : 0.0f;
    engine->path_grains[slot] = grains;
    return 1;
}

/* Take all that waits in the ring, at most GD_EVENTS; what acts at once acts here. */
static void take_events(gd_engine *engine) {
    uint32_t count = gd_waiting(engine->shared);
    for (uint32_t i = 0; i < count; i++) {
        gd_event event = *gd_peek(engine->shared, i);
        if (!gd_event_sanitise(&event)) {
            engine->telemetry.dropped_events++;
        } else if (event.kind == GD_CANCEL) {
            gd_pending_cancel(&engine->pending, &event);
        } else if (event.kind == GD_RESET) {
            gd_pending_clear(&engine->pending);
            gd_pool_reset(engine);
        } else {
            if (event.kind == GD_HIT && event.frame < engine->telemetry.frame) engine->telemetry.late_events++;
            if (!gd_pending_add(&engine->pending, &event)) engine->telemetry.dropped_events++;
        }
    }
    if (count) gd_take(engine->shared, count);
}

static void apply_due(gd_engine *engine) {
    while (gd_pending_next(&engine->pending) <= engine->telemetry.frame) {
        const gd_event *event = gd_pending_pop(&engine->pending);
        if (event->kind == GD_TRACK)
            gd_mixer_set(&engine->mixer, event, engine->telemetry.frame);
        else if (event->kind == GD_RECORD)
            gd_recorder_set(&engine->recorder, event->id, (uint32_t)event->seed);
        else
            gd_pool_apply(engine, event);
    }
}

/* Up to the next event, apply it, go on: so events act at their frame and the size of a block does not matter. */
void gd_engine_block(gd_engine *engine, float *out, uint32_t frames) {
    take_events(engine);
    for (uint32_t done = 0; done < frames;) {
        apply_due(engine);
        int64_t segment = gd_pending_next(&engine->pending) - engine->telemetry.frame;
        if (segment > engine->plan.hop) segment = engine->plan.hop;
        if (segment > frames - done) segment = frames - done;
        float *place = out + 2 * (size_t)done;
        memset(place, 0, 2 * (size_t)segment * sizeof(float));
        gd_recorder_begin(&engine->recorder, engine->telemetry.frame, (uint32_t)segment);
        gd_pool_play(engine, place, (int32_t)segment);
        gd_mixer_finish(&engine->mixer, place, (int32_t)segment);
        gd_recorder_end(&engine->recorder, place);
        engine->telemetry.frame += segment;
        done += (uint32_t)segment;
    }
    engine->telemetry.blocks++;
    engine->telemetry.block_frames = frames;
}

void gd_engine_skip(gd_engine *engine, float *out, uint32_t frames) {
    gd_take(engine->shared, gd_waiting(engine->shared));
    memset(out, 0, 2 * (size_t)frames * sizeof(float));
    engine->telemetry.frame += frames;
    engine->telemetry.blocks++;
    engine->telemetry.block_frames = frames;
}

void gd_engine_report(gd_engine *engine) {
    gd_telemetry *telemetry = &engine->telemetry;
    gd_mixer *mixer = &engine->mixer;
    telemetry->voices = 0;
    for (int i = 0; i < GD_TRACKS; i++) {
        telemetry->voices += (uint32_t)mixer->tracks[i].voices;
        telemetry->track_peak[i] = mixer->tracks[i].peak;
        telemetry->track_rms[i] = sqrtf(mixer->tracks[i].square);
    }
    telemetry->master_peak[0] = mixer->peak[0];
    telemetry->master_peak[1] = mixer->peak[1];
    telemetry->limiter_db = 20.0f * log10f(1.0f - mixer->deepest);
    mixer->deepest = mixer->reduction;
    if (mixer->fault) telemetry->fault = 1;
    gd_telemetry_publish(engine->shared, telemetry);
}

void gd_render(gd_engine *engine, float *out, uint32_t frames) {
    gd_float_mode mode = gd_flush_denormals();
    gd_engine_block(engine, out, frames);
    gd_engine_report(engine);
    gd_restore_denormals(mode);
}
