/* Where blocks come from: PortAudio's callback, the silent one beside it, and the null device. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "denormals.h"
#include "engine.h"
#include "telemetry.h"

#define PRIORITY 60                     /* below a JACK server's 70 */
#define UNDERFLOW 0x4ul                 /* paOutputUnderflow */
#define CONTINUE 0                      /* paContinue */
#define STACK 65536                     /* more than rendering takes */
#define LONGEST_LAG_NS 100000000        /* the null device catches up with less, skips more */

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now); /* from the vDSO: no system call */
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Once, in a thread's first block: its stack is there in full, and it becomes a real-time thread where it is not
 * one yet and may be. */
static void become_realtime(void) {
    volatile char stack[STACK];
    for (size_t i = 0; i < sizeof stack; i += 4096) stack[i] = 0;
    int policy = sched_getscheduler(0);
    if (policy != SCHED_OTHER && policy != SCHED_BATCH) return;
    struct sched_param parameters = {.sched_priority = PRIORITY};
    sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &parameters);
}

typedef void fill(gd_engine *engine, float *out, uint32_t frames);

static int call(gd_engine *engine, void *output, unsigned long frames, unsigned long status, fill *filled) {
    int64_t began = now_ns();
    gd_float_mode mode = gd_flush_denormals();
    if (!engine->scheduled) {
        engine->scheduled = 1;
        become_realtime();
    }
    if (frames > 0 && frames <= UINT32_MAX) {
        filled(engine, output, (uint32_t)frames);
        int64_t took = now_ns() - began;
        gd_telemetry_block(&engine->telemetry, began, took, (uint32_t)frames, (status & UNDERFLOW) != 0);
    }
    gd_engine_report(engine);
    gd_restore_denormals(mode);
    return CONTINUE;
}

int gd_callback(const void *input, void *output, unsigned long frames, const void *time_info,
                unsigned long status, void *user_data) {
    (void)input, (void)time_info;
    return call(user_data, output, frames, status, gd_engine_block);
}

int gd_silent_callback(const void *input, void *output, unsigned long frames, const void *time_info,
                       unsigned long status, void *user_data) {
    (void)input, (void)time_info;
    return call(user_data, output, frames, status, gd_engine_skip);
}

static void sleep_until(int64_t when_ns) {
    struct timespec when = {when_ns / 1000000000, when_ns % 1000000000};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL) == EINTR) continue;
}

static void *null_run(void *argument) {
    gd_engine *engine = argument;
    gd_null *null = &engine->null;
    int64_t start = now_ns();
    double period_ns = null->block_frames * 1e9 / engine->plan.rate_hz;
    for (int64_t block = 0; atomic_load(&null->running); block++) {
        unsigned long status = 0;
        int64_t when = start + (int64_t)((double)block * period_ns), now = now_ns();
        if (now - when > LONGEST_LAG_NS) { /* as a sound card does: what was not played in time is lost */
            start = when = now;
            block = 0;
            status = UNDERFLOW;
        }
        if (when > now) sleep_until(when);
        call(engine, null->block, null->block_frames, status, null->silent ? gd_engine_skip : gd_engine_block);
    }
    return NULL;
}

int gd_null_start(gd_engine *engine, uint32_t block_frames, int silent) {
    gd_null *null = &engine->null;
    if (atomic_load(&null->running) || block_frames < 1 || block_frames > 65536) return 0;
    null->block = calloc(2 * (size_t)block_frames, sizeof(float));
    if (!null->block) return 0;
    null->block_frames = block_frames;
    null->silent = silent;
    engine->scheduled = 0;
    atomic_store(&null->running, 1);
    if (pthread_create(&null->thread, NULL, null_run, engine) == 0) return 1;
    atomic_store(&null->running, 0);
    free(null->block);
    null->block = NULL;
    return 0;
}

void gd_null_stop(gd_engine *engine) {
    gd_null *null = &engine->null;
    if (!atomic_load(&null->running)) return;
    atomic_store(&null->running, 0);
    pthread_join(null->thread, NULL);
    free(null->block);
    null->block = NULL;
}
