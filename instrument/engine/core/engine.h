/* The engine's whole state. Made and freed by one thread; then rendering belongs to the audio thread alone. */
#ifndef GD_ENGINE_H
#define GD_ENGINE_H

#include <pthread.h>
#include <stdatomic.h>

#include "events.h"
#include "mixer.h"
#include "shared.h"
#include "tape.h"
#include "voice.h"

/* The null device: a thread with a clock in place of a sound card. */
typedef struct {
    pthread_t thread;
    atomic_int running;
    uint32_t block_frames;
    int silent;
    float *block;
} gd_null;

struct gd_engine {
    gd_plan plan;
    gd_shared *shared;
    gd_telemetry telemetry;             /* .frame is the engine's clock */
    gd_mixer mixer;
    gd_recorder recorder;
    gd_voice voices[GD_VOICES];
    gd_pending pending;
    float *paths;                       /* (GD_PATHS, path_room, latent) */
    uint32_t path_room, path_grains[GD_PATHS];
    int32_t latent;
    gd_grain grains[GD_VOICES];         /* of this segment's batch */
    gd_scratch scratch;
    int scheduled;                      /* the callback's thread has seen to its priority */
    gd_null null;
};

/* Take events from the ring, render, leave telemetry to the caller. */
void gd_engine_block(gd_engine *engine, float *out, uint32_t frames);
/* Pass `frames` frames in silence; events are thrown away. */
void gd_engine_skip(gd_engine *engine, float *out, uint32_t frames);
/* Bring the telemetry up to date and publish it. */
void gd_engine_report(gd_engine *engine);

/* pool.c: what an event does to the voices. */
void gd_pool_apply(gd_engine *engine, const gd_event *event);
void gd_pool_reset(gd_engine *engine);
/* Decode for every voice that comes to a grain within `frames`, then play all of them into `out`, added. */
void gd_pool_play(gd_engine *engine, float *out, int32_t frames);

#endif
