/* Checks the decoder without Python, so that it also runs under sanitizers, emulators and other architectures.
 *
 * decoder_check         every kernel against the portable one on random matrices, then for each kernel a line
 *                       "NAME CHECKSUM" of the sound of three hits; exit status 1 when kernels differ
 * decoder_check time    for each kernel the microseconds per batch
 */
#define _POSIX_C_SOURCE 199309L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "decoder.h"
#include "fastmath.h"
#include "grain.h"
#include "kernels.h"

enum { EMBEDDING = 32, LATENT = 32, HIDDEN = 192, WIDTH = 256, CONDITION = 8, ATOMS = 64, HOP = 256, GRAIN = 2 * HOP };

static uint64_t state = 1;

static uint32_t random_bits(void) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 32);
}

static float random_float(float size) { return ((float)(random_bits() >> 8) / 8388608.0f - 1.0f) * size; }

static void *some(size_t count, size_t size) {
    void *memory = calloc(count, size);
    if (!memory) exit(3);
    return memory;
}

static float *random_floats(int count, float size) {
    float *values = some((size_t)count, sizeof *values);
    for (int i = 0; i < count; i++) values[i] = random_float(size);
    return values;
}

static gd_layer random_layer(int rows, int columns, float size) {
    int8_t *weight = some((size_t)(rows * columns), 1);
    float *scale = some((size_t)rows, sizeof *scale);
    for (int i = 0; i < rows * columns; i++) weight[i] = (int8_t)((int)(random_bits() % 255) - 127);
    for (int i = 0; i < rows; i++) scale[i] = size / 127.0f;
    return (gd_layer){rows, columns, weight, scale, NULL, random_floats(rows, 0.1f)};
}

static gd_layer random_dense(int rows, int columns, float size) {
    return (gd_layer){rows, columns, NULL, NULL, random_floats(rows * columns, size), random_floats(rows, 0.1f)};
}

static void free_layer(gd_layer *layer) {
    free((void *)layer->weight);
    free((void *)layer->scale);
    free((void *)layer->dense);
    free((void *)layer->bias);
}

static gd_model random_model(void) {
    gd_model m = {.embedding = EMBEDDING, .latent = LATENT, .condition = CONDITION, .hidden = HIDDEN};
    m.atoms = ATOMS;
    m.hop = HOP;
    m.slot_octaves = 0.3f;
    m.gates = random_dense(3 * HIDDEN, EMBEDDING + CONDITION, 0.3f);
    m.first = random_dense(HIDDEN, EMBEDDING + CONDITION, 0.3f);
    m.recurrent = random_layer(3 * HIDDEN, HIDDEN, 0.15f);
    m.path = random_layer(LATENT, HIDDEN, 0.2f);
    m.lens = random_dense(WIDTH, CONDITION, 0.3f);
    m.inner = random_layer(WIDTH, LATENT, 0.4f);
    m.outer = random_layer(WIDTH, WIDTH, 0.15f);
    m.spectrum = random_layer(GD_BANDS + 2 * GD_OSCILLATORS, WIDTH, 0.4f);
    m.attack = random_layer(ATOMS, WIDTH, 0.2f);
    m.atom_waves = random_floats(ATOMS * GRAIN, 0.5f);
    m.noise = random_floats(GD_SEGMENTS * GD_BANDS * GRAIN, 0.5f);
    float *power = some(GD_BANDS, sizeof *power), *hz = some(GD_BANDS, sizeof *hz);
    float *slots = some(GD_OSCILLATORS, sizeof *slots), *window = some(GRAIN, sizeof *window);
    for (int b = 0; b < GD_BANDS; b++) power[b] = 0.01f, hz[b] = 100.0f * (float)(b + 1);
    for (int k = 0; k < GD_OSCILLATORS; k++) slots[k] = 40.0f * (float)(k * k + 1);
    for (int i = 0; i < GRAIN; i++) window[i] = gd_sine(((float)i + 0.5f) / (2.0f * GRAIN));
    m.band_power = power, m.band_hz = hz, m.slot_hz = slots, m.window = window;
    return m;
}

static void free_model(gd_model *m) {
    gd_layer *layers[] = {&m->gates, &m->first, &m->recurrent, &m->path,  &m->lens,
                          &m->inner, &m->outer, &m->spectrum,  &m->attack};
    for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++) free_layer(layers[i]);
    const float *waves[] = {m->atom_waves, m->noise, m->band_power, m->band_hz, m->slot_hz, m->window};
    for (size_t i = 0; i < sizeof waves / sizeof waves[0]; i++) free((void *)waves[i]);
}

/* What one voice needs, as the engine's voices have it. */
typedef struct {
    gd_neural neural;
    gd_oscillators oscillators;
    gd_tone tone;
    uint64_t seed;
    float overlap[GRAIN];
} voice;

typedef struct {
    gd_network *network;
    gd_waves *waves;
    gd_scratch scratch;
    voice voices[GD_VOICES];
    gd_grain grains[GD_VOICES];
} machine;

static void start(machine *m, int count) {
    state = 7;
    for (int v = 0; v < count; v++) {
        voice *to = &m->voices[v];
        memset(to, 0, sizeof *to);
        float embedding[EMBEDDING], condition[CONDITION] = {0};
        for (int i = 0; i < EMBEDDING; i++) embedding[i] = random_float(2.0f);
        condition[v % CONDITION] = 1.0f;
        gd_neural_start(m->network, &to->neural, embedding, condition);
        gd_tone_set(m->waves, &to->tone, 3.0f * (float)(v % 3 - 1), v % 2 ? 1.0f : 1.3f, 110.0f * (float)(v % 4));
        to->seed = (uint64_t)v;
    }
}

/* One hop of `count` voices; out: (count, HOP). */
static void play(machine *m, int count, int hop, float *out) {
    gd_neural *neural[GD_VOICES] = {NULL};
    const float *none[GD_VOICES] = {NULL};
    uint8_t first[GD_VOICES] = {0};
    for (int v = 0; v < count; v++) neural[v] = &m->voices[v].neural, first[v] = hop == 0;
    gd_decode(m->network, neural, none, none, first, m->grains, count, &m->scratch);
    for (int v = 0; v < count; v++) {
        voice *to = &m->voices[v];
        gd_tone_apply(m->waves, &to->tone, &m->grains[v]);
        memmove(to->overlap, to->overlap + HOP, HOP * sizeof(float));
        memset(to->overlap + HOP, 0, HOP * sizeof(float));
        gd_noise_add(m->waves, &m->grains[v], gd_draw_next(m->waves, &to->seed), hop == 0, to->overlap);
        if (hop == 0) {
            gd_attack_add(m->waves, &m->grains[v], to->overlap);
            gd_oscillators_start(&to->oscillators, &m->grains[v]);
        } else {
            gd_oscillators_next(m->waves, &to->oscillators, &m->grains[v]);
        }
        memcpy(out + v * HOP, to->overlap, HOP * sizeof(float));
        gd_oscillate(m->waves, &to->oscillators, 0, HOP, out + v * HOP);
    }
}

static uint64_t checksum(uint64_t sum, const void *data, size_t size) { /* FNV-1a */
    for (const unsigned char *byte = data; size--; byte++) sum = (sum ^ *byte) * 1099511628211u;
    return sum;
}

static uint64_t sound(machine *m) {
    float out[3 * HOP];
    uint64_t sum = 14695981039346656037u;
    start(m, 3);
    for (int hop = 0; hop < 100; hop++) {
        play(m, 3, hop, out);
        sum = checksum(sum, out, sizeof out);
        sum = checksum(sum, m->grains, 3 * sizeof m->grains[0]);
    }
    return sum;
}

static gd_product *product_of(const char *name) {
    gd_kernel_select(name);
    return gd_kernel_in_use()->product;
}

/* Random bytes, the extremes often: every kernel must give the sums of plain loops. */
static int product_differs(const char *name, int rows, int columns, int count) {
    enum { STRIDE = GD_HIDDEN };
    int groups = (rows + GD_ROWS - 1) / GD_ROWS, quads = (columns + GD_COLUMNS - 1) / GD_COLUMNS * 2, differs = 0;
    size_t size = (size_t)(groups * quads * GD_ROWS * GD_QUAD);
    int8_t *weight = aligned_alloc(64, size), *x = some((size_t)(count * STRIDE), 1);
    int32_t *offset = aligned_alloc(64, (size_t)groups * GD_ROWS * 4), *sums = some((size_t)(count * groups * GD_ROWS), 4);
    if (!weight || !offset) exit(3);
    for (size_t i = 0; i < size; i++) weight[i] = (int8_t)(random_bits() % 3 ? random_bits() : 0x80);
    for (int i = 0; i < count * STRIDE; i++) x[i] = (int8_t)(random_bits() % 3 ? (int)(random_bits() % 255) - 127 : -127);
    for (int row = 0; row < groups * GD_ROWS; row++) {
        offset[row] = 0;
        for (int c = 0; c < quads * GD_QUAD; c++)
            offset[row] -= 128 * weight[((row / GD_ROWS * quads + c / 4) * GD_ROWS + row % GD_ROWS) * 4 + c % 4];
    }
    gd_matrix matrix = {groups, quads, weight, offset};
    product_of(name)(&matrix, x, STRIDE, sums, groups * GD_ROWS, count);
    for (int v = 0; v < count; v++)
        for (int row = 0; row < groups * GD_ROWS; row++) {
            int32_t sum = 0;
            for (int c = 0; c < quads * GD_QUAD; c++)
                sum += weight[((row / GD_ROWS * quads + c / 4) * GD_ROWS + row % GD_ROWS) * 4 + c % 4] * x[v * STRIDE + c];
            differs |= sum != sums[v * groups * GD_ROWS + row];
        }
    free(weight), free(x), free(offset), free(sums);
    return differs;
}

static int check(machine *m) {
    static const int shapes[][2] = {{576, 192}, {32, 192}, {256, 32}, {256, 256}, {96, 256}, {1, 1}, {33, 9}, {512, 512}};
    int failed = 0;
    uint64_t expected = 0;
    for (int k = 0; gd_kernel_name(k); k++) {
        const char *name = gd_kernel_name(k);
        for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++)
            for (int count = 1; count <= 9; count++)
                if (product_differs(name, shapes[s][0], shapes[s][1], count)) {
                    printf("%s: wrong sums for %d x %d, %d voices\n", name, shapes[s][0], shapes[s][1], count);
                    failed = 1;
                }
        gd_kernel_select(name);
        uint64_t sum = sound(m);
        printf("%s %016llx\n", name, (unsigned long long)sum);
        if (k == 0) expected = sum;
        failed |= sum != expected;
    }
    return failed;
}

static double now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e6 * (double)t.tv_sec + 1e-3 * (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b) { return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b); }

/* Median of many batches: a shared machine interrupts some of them. */
static void measure(machine *m, int count) {
    enum { ROUNDS = 2000 };
    static double decode[ROUNDS], whole[ROUNDS];
    float *out = some((size_t)(count * HOP), sizeof *out);
    gd_neural *neural[GD_VOICES] = {NULL};
    const float *none[GD_VOICES] = {NULL};
    uint8_t first[GD_VOICES] = {0};
    start(m, count);
    for (int v = 0; v < count; v++) neural[v] = &m->voices[v].neural;
    for (int round = 0; round < ROUNDS; round++) {
        double from = now_us();
        gd_decode(m->network, neural, none, none, first, m->grains, count, &m->scratch);
        double middle = now_us();
        play(m, count, 1, out);
        decode[round] = middle - from, whole[round] = now_us() - middle;
    }
    qsort(decode, ROUNDS, sizeof(double), ascending);
    qsort(whole, ROUNDS, sizeof(double), ascending);
    printf("%-10s %2d voices: network %6.1f us, whole grain %6.1f us (p99 %6.1f)\n", gd_kernel(), count,
           decode[ROUNDS / 2], whole[ROUNDS / 2], whole[ROUNDS * 99 / 100]);
    free(out);
}

int main(int argc, char **argv) {
    machine *m = some(1, sizeof *m);
    gd_model model = random_model();
    m->network = gd_network_new(&model);
    m->waves = gd_waves_new(&model, 48000.0);
    free_model(&model);
    if (!m->network || !m->waves) return 3;
    int failed = 0;
    if (argc > 1 && !strcmp(argv[1], "time")) {
        for (int k = 0; gd_kernel_name(k); k++)
            for (int count = 1; count <= 10; count += count == 8 ? 2 : 7)
                if (gd_kernel_select(gd_kernel_name(k))) measure(m, count);
    } else {
        failed = check(m);
    }
    gd_network_free(m->network);
    gd_waves_free(m->waves);
    free(m);
    return failed;
}
