/* Plays random events through the core without Python, so that it runs under sanitizers, an interposer or a seal.
 *
 * core_check play SECONDS      blocks of random size, every sample checked
 * core_check watched SECONDS   the audio callback, watched by interpose.c (LD_PRELOAD)
 * core_check sealed SECONDS    the audio callback where the kernel kills whatever makes a system call (seccomp)
 * core_check threads SECONDS   the null device, a thread that pushes and one that reads telemetry
 * core_check NAME              calls what must not be called while rendering, to show that it is noticed: malloc,
 *                              calloc, free, pthread_mutex_lock, clock_nanosleep, write; getppid behind the seal
 */
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <math.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "graindrum.h"

enum { E = 32, Z = 32, H = 192, M = 256, C = 8, HOP = 256, RATE = 48000, POOL = 1 << 20, LONGEST = 4096 };

void interpose_watch(int on) __attribute__((weak)); /* from interpose.c, when that is loaded */

static uint64_t state = 1;
static float floats[POOL], block[2 * LONGEST];
static int8_t bytes[POOL];
static gd_tape *tape; /* everything below records to it now and then */
static float taped[(GD_TRACKS + 1) * GD_STRETCH * 2];

static uint32_t draw(uint32_t below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((state >> 33) % below);
}

static float number(float size) { return ((float)draw(1 << 20) / (float)(1 << 19) - 1.0f) * size; }

static float *numbers(int count, float size) {
    float *values = floats + draw((uint32_t)(POOL - count));
    for (int i = 0; i < count; i++) values[i] = number(size);
    return values;
}

/* Layers share one pool and overlap in it: what they say does not matter here, only that it sounds. */
static gd_layer quantised(int rows, int columns) {
    return (gd_layer){rows, columns, bytes + draw((uint32_t)(POOL - rows * columns)), NULL, NULL, NULL};
}

static gd_layer dense(int rows, int columns) {
    return (gd_layer){rows, columns, NULL, NULL, numbers(rows * columns, 0.3f), numbers(rows, 0.1f)};
}

static gd_engine *engine_new(gd_shared *shared) {
    gd_model m = {E, Z, C, H, GD_ATOMS, HOP, dense(3 * H, E + C), dense(H, E + C), quantised(3 * H, H),
                  quantised(Z, H), dense(M, C), quantised(M, Z), quantised(M, M),
                  quantised(GD_BANDS + 2 * GD_OSCILLATORS, M), quantised(GD_ATOMS, M), NULL, NULL, NULL, NULL,
                  NULL, NULL, 0.3f};
    gd_layer *layers[] = {&m.recurrent, &m.path, &m.inner, &m.outer, &m.spectrum, &m.attack};
    float *scale = malloc(sizeof(float) * 3 * H), *bias = malloc(sizeof(float) * 3 * H), hz[GD_BANDS], slots[16];
    float power[GD_BANDS], window[2 * HOP];
    for (int i = 0; i < POOL; i++) bytes[i] = (int8_t)((int)draw(255) - 127);
    for (int i = 0; i < 3 * H; i++) scale[i] = 0.15f / 127.0f, bias[i] = number(0.1f) - 1.0f;
    for (int i = 0; i < 6; i++) layers[i]->scale = scale, layers[i]->bias = bias;
    for (int b = 0; b < GD_BANDS; b++) hz[b] = 100.0f * (float)(b + 1), power[b] = 0.01f;
    for (int k = 0; k < GD_OSCILLATORS; k++) slots[k] = 40.0f * (float)(k * k + 1);
    for (int i = 0; i < 2 * HOP; i++) window[i] = sinf(3.14159265f * ((float)i + 0.5f) / (2.0f * HOP));
    m.atom_waves = numbers(GD_ATOMS * 2 * HOP, 0.1f);
    m.noise = numbers(GD_SEGMENTS * GD_BANDS * 2 * HOP, 0.2f);
    m.band_power = power, m.band_hz = hz, m.slot_hz = slots, m.window = window;
    gd_engine *engine = gd_engine_new(&m, RATE, shared, 64);
    float path[64 * Z];
    for (int i = 0; i < 64 * Z; i++) path[i] = number(1.0f);
    if (!engine || !gd_path_set(engine, 3, path, 64)) exit(3);
    gd_engine_tape(engine, tape);
    free(scale);
    free(bias);
    return engine;
}

static float wild(float size) {
    static const float odd[] = {0.0f, 1e6f, -1e6f, 1e38f, -1e38f, 1e-42f};
    uint32_t pick = draw(200);
    if (pick == 0) return NAN;
    if (pick == 1) return -INFINITY;
    return pick < 8 ? odd[pick - 2] : number(size);
}

static gd_event event(int64_t now) {
    gd_event e;
    memset(&e, 0, sizeof e);
    uint32_t pick = draw(1000);
    e.kind = pick < 700 ? GD_HIT : pick < 800 ? GD_SOUND : pick < 880 ? GD_CHOKE : pick < 960 ? GD_TRACK : GD_CANCEL;
    if (pick == 999) e.kind = GD_RESET;
    if (pick == 998) e.kind = draw(100);
    if (pick > 990 && pick < 998) e.kind = GD_RECORD, e.id = draw(3);
    e.frame = now + draw(20000) - 200;
    e.track = (int32_t)draw(18) - 1;
    e.path = draw(8) == 0 ? 3 : -1;
    e.source = draw(2);
    e.seed = ((uint64_t)draw(1u << 30) << 30) | draw(1u << 30);
    for (int i = 0; i < E; i++) e.embedding[i] = wild(1.0f), e.latent[i] = wild(0.2f);
    e.condition[draw(C)] = 1.0f;
    e.values[GD_GAIN] = fabsf(wild(1.0f));
    e.values[GD_PAN] = wild(1.0f);
    e.values[GD_TILT] = wild(3.0f);
    e.values[GD_DECAY_S] = draw(2) ? 0.0f : wild(2.0f);
    e.values[GD_TUNE] = draw(2) ? 1.0f : wild(2.0f);
    e.values[GD_CHOKE_GROUP] = draw(4) ? 0.0f : (float)draw(3);
    e.values[GD_PITCH_HZ] = draw(2) ? 0.0f : draw(8) ? wild(2000.0f) : wild(1e30f);
    e.values[GD_LENGTH_S] = draw(3) ? 0.0f : number(0.5f) + 0.5f;
    return e;
}

/* Read what was recorded, of either take, now and then. */
static uint64_t listen(void) {
    gd_stretch stretch;
    uint64_t frames = 0;
    for (uint32_t take = 1; take < 3; take++)
        while (gd_tape_read(tape, take, &stretch, taped)) {
            frames += stretch.frames;
            const float *master = taped + 2 * GD_STRETCH * GD_TRACKS;
            for (uint32_t i = 0; i < 2 * stretch.frames; i++)
                if (!(fabsf(master[i]) <= 1.0f)) fprintf(stderr, "recorded %g\n", (double)master[i]), exit(1);
        }
    return frames;
}

static void check(uint32_t frames) {
    for (uint32_t i = 0; i < 2 * frames; i++)
        if (!(fabsf(block[i]) <= 1.0f)) fprintf(stderr, "sample %g\n", (double)block[i]), exit(1);
}

static void play(gd_engine *engine, gd_shared *shared, int64_t frames) {
    for (int64_t now = 0; now < frames;) {
        uint32_t size = draw(4) ? draw(LONGEST) + 1 : draw(64) + 1;
        for (uint32_t i = size / 512 + draw(2); i-- > 0;) {
            gd_event e = event(now);
            gd_push(shared, &e);
        }
        gd_render(engine, block, size);
        check(size);
        if (draw(40) == 0) listen();
        now += size;
    }
}

/* As PortAudio calls it; the first block, in which the thread sees to its priority, is not `inside`. */
static void call_back(gd_engine *engine, gd_shared *shared, int64_t frames, void (*inside)(int)) {
    gd_callback(NULL, block, 128, NULL, 0, engine);
    for (int64_t now = 128; now < frames; now += 128) {
        if (draw(4) == 0) {
            gd_event e = event(now);
            gd_push(shared, &e);
        }
        inside(1);
        gd_callback(NULL, block, 128, NULL, draw(50) == 0 ? 4 : 0, engine);
        inside(0);
        if (draw(2000) == 0) listen();
    }
}

static void watch(int on) {
    if (!interpose_watch) exit(4);
    interpose_watch(on);
}

static void nothing(int on) { (void)on; }

/* From here on only exit is left. (Strict mode would forbid reading the time stamp counter as well.) */
static void seal(void) {
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };
    struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) exit(5);
}

static int pushing = 1;

static void *push_many(void *shared) {
    for (int64_t now = 0; __atomic_load_n(&pushing, __ATOMIC_RELAXED); now += 50) {
        gd_event e = event(now);
        gd_push(shared, &e);
        usleep(500);
    }
    return NULL;
}

static void *read_many(void *shared) {
    gd_telemetry t;
    for (uint64_t blocks = 0; __atomic_load_n(&pushing, __ATOMIC_RELAXED); blocks = t.blocks) {
        gd_telemetry_read(shared, &t);
        if (t.blocks < blocks || t.frame != (int64_t)t.blocks * 64) exit(1); /* torn */
        usleep(100);
    }
    return NULL;
}

static void *listen_often(void *heard) {
    while (__atomic_load_n(&pushing, __ATOMIC_RELAXED)) {
        *(uint64_t *)heard += listen();
        usleep(1000);
    }
    return NULL;
}

static void threads(gd_engine *engine, gd_shared *shared, int seconds) {
    pthread_t pusher, reader, listener;
    gd_event record = {.kind = GD_RECORD, .id = 1, .seed = UINT64_MAX};
    uint64_t heard = 0;
    gd_push(shared, &record);
    if (!gd_null_start(engine, 64, 0) || gd_null_start(engine, 64, 0)) exit(1);
    pthread_create(&pusher, NULL, push_many, shared);
    pthread_create(&reader, NULL, read_many, shared);
    pthread_create(&listener, NULL, listen_often, &heard);
    sleep((unsigned)seconds);
    __atomic_store_n(&pushing, 0, __ATOMIC_RELAXED);
    pthread_join(pusher, NULL);
    pthread_join(reader, NULL);
    pthread_join(listener, NULL);
    gd_null_stop(engine);
    if (!heard) exit(1);
}

static void misbehave(const char *how) {
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    static void *volatile kept;
    struct timespec moment = {0, 1};
    kept = malloc(10);
    if (!strcmp(how, "getppid")) {
        seal();
        syscall(SYS_getppid);
    }
    watch(1);
    if (!strcmp(how, "malloc")) kept = malloc(10);
    if (!strcmp(how, "calloc")) kept = calloc(10, 1);
    if (!strcmp(how, "free")) free(kept);
    if (!strcmp(how, "pthread_mutex_lock")) pthread_mutex_lock(&mutex);
    if (!strcmp(how, "clock_nanosleep")) clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, NULL);
    if (!strcmp(how, "write") && write(2, "", 0)) watch(0);
    exit(6); /* it was not noticed */
}

int main(int count, char **arguments) {
    const char *mode = count > 1 ? arguments[1] : "play";
    int seconds = count > 2 ? atoi(arguments[2]) : 10;
    gd_shared *shared = aligned_alloc(64, (gd_shared_size() + 63) & ~(uint64_t)63);
    tape = aligned_alloc(64, (gd_tape_size() + 63) & ~(uint64_t)63);
    if (!shared || !tape) return 3;
    memset(shared, 0, gd_shared_size());
    memset(tape, 0, gd_tape_size());
    gd_engine *engine = engine_new(shared);
    gd_telemetry t;
    if (!strcmp(mode, "play")) play(engine, shared, (int64_t)seconds * RATE);
    else if (!strcmp(mode, "watched")) call_back(engine, shared, (int64_t)seconds * RATE, watch);
    else if (!strcmp(mode, "threads")) threads(engine, shared, seconds);
    else if (!strcmp(mode, "sealed")) {
        gd_callback(NULL, block, 128, NULL, 0, engine);
        seal();
        call_back(engine, shared, (int64_t)seconds * RATE, nothing);
        gd_telemetry_read(shared, &t);
        syscall(SYS_exit, t.hits > 0 && t.fault == 0 ? 0 : 1);
    } else misbehave(mode);
    gd_telemetry_read(shared, &t);
    printf("{\"frames\": %lld, \"hits\": %llu, \"stolen\": %llu, \"dropped\": %llu, \"xruns\": %llu, \"fault\": %u}\n",
           (long long)t.frame, (unsigned long long)t.hits, (unsigned long long)t.stolen_voices,
           (unsigned long long)t.dropped_events, (unsigned long long)t.xruns, t.fault);
    gd_engine_free(engine);
    free(shared);
    free(tape);
    return t.fault != 0;
}
