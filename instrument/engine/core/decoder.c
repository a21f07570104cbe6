/* The network: weights repacked for the kernels, the hit's constants, and the grains of a batch of voices. */
#include "decoder.h"

#include <stdlib.h>
#include <string.h>

#include "fastmath.h"
#include "kernels.h"

#define LN_2 0.693147181f
#define WHOLE_ATTACK 2.5e-4f /* gain of a grain's loudest part, -72 dB, from which on its attack is whole */
#define LIMIT 64.0f /* of embeddings, conditions and latents: they come from outside */

enum { GATES, FIRST, RECURRENT, PATH, LENS, INNER, OUTER, SPECTRUM, ATTACK, LAYERS };

/* W x + b. */
typedef struct {
    int rows, columns;
    gd_matrix matrix;         /* when int8 */
    const float *dense;       /* when not: (columns, rows), else NULL */
    const float *scale, *bias;
    void *memory;             /* of all of the above */
} packed_layer;

struct gd_network {
    int embedding, latent, condition, hidden, width, atoms;
    float reach;
    float slot_hz[GD_OSCILLATORS];
    float nothing[GD_HIDDEN]; /* zeros: the second layer has no lens */
    packed_layer layers[LAYERS];
};

static size_t round_up(size_t count, size_t unit) { return (count + unit - 1) / unit * unit; }

static void pack_dense(float *to, const gd_layer *from) {
    for (int32_t r = 0; r < from->rows; r++)
        for (int32_t c = 0; c < from->columns; c++)
            to[(size_t)c * (size_t)from->rows + (size_t)r] = from->dense[(size_t)r * (size_t)from->columns + (size_t)c];
}

static void pack_int8(int8_t *to, int32_t *offset, size_t quads, const gd_layer *from) {
    for (int32_t row = 0; row < from->rows; row++) {
        const int8_t *weight = from->weight + (size_t)row * (size_t)from->columns;
        int8_t *packed = to + ((size_t)(row / GD_ROWS) * quads * GD_ROWS + (size_t)(row % GD_ROWS)) * GD_QUAD;
        int32_t sum = 0;
        for (int32_t c = 0; c < from->columns; c++) {
            packed[(size_t)(c / GD_QUAD) * GD_ROWS * GD_QUAD + (size_t)(c % GD_QUAD)] = weight[c];
            sum += weight[c];
        }
        offset[row] = -128 * sum;
    }
}

/* One aligned piece of memory for a layer: weights, offsets, scales, bias. Padding is zero. */
static int pack(packed_layer *to, const gd_layer *from) {
    size_t rows = round_up((size_t)from->rows, GD_ROWS), columns = round_up((size_t)from->columns, GD_COLUMNS);
    size_t weights = rows * columns * (from->weight ? sizeof(int8_t) : sizeof(float));
    size_t size = weights + 3 * rows * sizeof(float);
    char *memory = aligned_alloc(64, round_up(size, 64));
    if (!memory) return 0;
    memset(memory, 0, round_up(size, 64));
    int32_t *offset = (int32_t *)(void *)(memory + weights);
    float *scale = (float *)(void *)(offset + rows), *bias = scale + rows;
    *to = (packed_layer){.rows = from->rows, .columns = from->columns, .scale = scale, .bias = bias, .memory = memory};
    if (from->bias) memcpy(bias, from->bias, (size_t)from->rows * sizeof(float));
    if (from->weight) {
        to->matrix = (gd_matrix){(int)(rows / GD_ROWS), (int)(columns / GD_QUAD), (int8_t *)memory, offset};
        memcpy(scale, from->scale, (size_t)from->rows * sizeof(float));
        pack_int8((int8_t *)memory, offset, columns / GD_QUAD, from);
    } else {
        to->dense = (float *)(void *)memory;
        pack_dense((float *)(void *)memory, from);
    }
    return 1;
}

static int fits(const gd_layer *layer, int32_t rows, int32_t columns) {
    int whole = layer->weight ? layer->scale != NULL : layer->dense != NULL;
    return whole && layer->rows == rows && layer->columns == columns;
}

static int fits_dense(const gd_layer *layer, int32_t rows, int32_t columns) {
    return !layer->weight && fits(layer, rows, columns);
}

static int sound(const gd_model *m) {
    int32_t hidden = m->hidden, width = m->inner.rows, input = m->embedding + m->condition;
    if (m->embedding < 1 || m->embedding > GD_EMBEDDING || m->latent < 1 || m->latent > GD_LATENT) return 0;
    if (m->condition < 1 || m->condition > GD_CONDITION || m->atoms < 0 || m->atoms > GD_ATOMS) return 0;
    if (hidden < 1 || hidden > GD_HIDDEN || width < 1 || width > GD_HIDDEN || !m->slot_hz) return 0;
    return fits_dense(&m->gates, 3 * hidden, input) && fits_dense(&m->first, hidden, input) &&
           fits_dense(&m->lens, width, m->condition) && fits(&m->recurrent, 3 * hidden, hidden) &&
           fits(&m->path, m->latent, hidden) && fits(&m->inner, width, m->latent) && fits(&m->outer, width, width) &&
           fits(&m->spectrum, GD_BANDS + 2 * GD_OSCILLATORS, width) &&
           (m->atoms == 0 || fits(&m->attack, m->atoms, width));
}

void gd_network_free(gd_network *network) {
    if (!network) return;
    for (int i = 0; i < LAYERS; i++) free(network->layers[i].memory);
    free(network);
}

gd_network *gd_network_new(const gd_model *model) {
    if (!sound(model)) return NULL;
    const gd_layer *from[LAYERS] = {&model->gates, &model->first, &model->recurrent, &model->path,  &model->lens,
                                    &model->inner, &model->outer, &model->spectrum,  &model->attack};
    gd_network *network = calloc(1, sizeof *network);
    if (!network) return NULL;
    network->embedding = model->embedding;
    network->latent = model->latent;
    network->condition = model->condition;
    network->hidden = model->hidden;
    network->width = model->inner.rows;
    network->atoms = model->atoms;
    network->reach = model->slot_octaves * LN_2;
    memcpy(network->slot_hz, model->slot_hz, sizeof network->slot_hz);
    for (int i = 0; i < (model->atoms ? LAYERS : ATTACK); i++)
        if (!pack(&network->layers[i], from[i])) {
            gd_network_free(network);
            return NULL;
        }
    return network;
}

static void limit(const float *from, int count, float *to) {
    for (int i = 0; i < count; i++) to[i] = gd_limit(from[i], LIMIT);
}

static void dense(const packed_layer *layer, const float *x, float *out) {
    gd_kernel_in_use()->loops->dense(layer->dense, layer->rows, layer->columns, layer->bias, x, out);
}

void gd_neural_turn(const gd_network *network, gd_neural *voice, const float *embedding, const float *condition) {
    float input[GD_EMBEDDING + GD_CONDITION];
    limit(embedding, network->embedding, input);
    limit(condition, network->condition, input + network->embedding);
    dense(&network->layers[GATES], input, voice->gates);
    dense(&network->layers[LENS], input + network->embedding, voice->lens);
}

void gd_neural_start(const gd_network *network, gd_neural *voice, const float *embedding, const float *condition) {
    float input[GD_EMBEDDING + GD_CONDITION];
    limit(embedding, network->embedding, input);
    limit(condition, network->condition, input + network->embedding);
    dense(&network->layers[FIRST], input, voice->state);
    for (int i = 0; i < network->hidden; i++) voice->state[i] = gd_tanh(voice->state[i]);
    gd_neural_turn(network, voice, embedding, condition);
}

/* W x + b for `count` vectors x, to scratch->values. */
static void apply(const packed_layer *layer, const float *const *x, int count, gd_scratch *scratch) {
    const gd_kernel_set *kernel = gd_kernel_in_use();
    if (layer->dense) {
        for (int v = 0; v < count; v++) dense(layer, x[v], scratch->values[v]);
        return;
    }
    int padded = layer->matrix.quads * GD_QUAD;
    for (int v = 0; v < count; v++)
        scratch->scales[v] = kernel->loops->quantise(x[v], layer->columns, padded, scratch->quantised[v]);
    kernel->product(&layer->matrix, scratch->quantised[0], GD_HIDDEN, scratch->sums[0], 3 * GD_HIDDEN, count);
    for (int v = 0; v < count; v++)
        kernel->loops->rescale(scratch->sums[v], layer->scale, layer->bias, scratch->scales[v], layer->rows,
                               scratch->values[v]);
}

/* One recurrent step of the voices that have no path of their own; their latents to scratch. */
static void advance(const gd_network *network, gd_neural *const *voices, const float *const *paths, int count,
                    gd_scratch *scratch) {
    const gd_loops *loops = gd_kernel_in_use()->loops;
    const float *states[GD_BATCH];
    int member[GD_BATCH], members = 0;
    for (int v = 0; v < count; v++) {
        if (paths[v]) continue;
        states[members] = voices[v]->state;
        member[members++] = v;
    }
    apply(&network->layers[RECURRENT], states, members, scratch);
    for (int m = 0; m < members; m++)
        loops->recur(voices[member[m]]->state, voices[member[m]]->gates, scratch->values[m], network->hidden);
    apply(&network->layers[PATH], states, members, scratch);
    for (int m = 0; m < members; m++)
        memcpy(scratch->latents[member[m]], scratch->values[m], (size_t)network->latent * sizeof(float));
}

static void add_offset(const float *offset, int count, float *latent) {
    float limited[GD_LATENT];
    limit(offset, count, limited);
    for (int i = 0; i < count; i++) latent[i] += limited[i];
}

static void read_spectrum(const gd_network *network, const float *spectrum, gd_grain *out) {
    const gd_loops *loops = gd_kernel_in_use()->loops;
    loops->gains(spectrum, GD_BANDS, out->bands);
    loops->gains(spectrum + GD_BANDS, GD_OSCILLATORS, out->amplitudes);
    loops->bend(spectrum + GD_BANDS + GD_OSCILLATORS, network->slot_hz, network->reach, GD_OSCILLATORS, out->hz);
}

/* The attack fades out with the rest of its grain: its rounding alone would be heard where all else is silent. */
static void read_attack(const float *weights, int count, gd_grain *out) {
    float loudest = 0.0f;
    for (int b = 0; b < GD_BANDS; b++) loudest = out->bands[b] > loudest ? out->bands[b] : loudest;
    for (int o = 0; o < GD_OSCILLATORS; o++) loudest = out->amplitudes[o] > loudest ? out->amplitudes[o] : loudest;
    float share = loudest < WHOLE_ATTACK ? loudest / WHOLE_ATTACK : 1.0f;
    for (int a = 0; a < count; a++) out->atoms[a] = share * weights[a];
}

/* From scratch->latents to grains. */
static void unfold(const gd_network *network, gd_neural *const *voices, const uint8_t *first, gd_grain *out, int count,
                   gd_scratch *scratch) {
    const gd_loops *loops = gd_kernel_in_use()->loops;
    const float *x[GD_BATCH];
    int member[GD_BATCH], members = 0;
    for (int v = 0; v < count; v++) x[v] = scratch->latents[v];
    apply(&network->layers[INNER], x, count, scratch);
    for (int v = 0; v < count; v++) {
        loops->leaky(scratch->values[v], voices[v]->lens, network->width, scratch->hidden[v]);
        x[v] = scratch->hidden[v];
    }
    apply(&network->layers[OUTER], x, count, scratch);
    for (int v = 0; v < count; v++)
        loops->leaky(scratch->values[v], network->nothing, network->width, scratch->hidden[v]);
    apply(&network->layers[SPECTRUM], x, count, scratch);
    for (int v = 0; v < count; v++) {
        read_spectrum(network, scratch->values[v], &out[v]);
        memset(out[v].atoms, 0, sizeof out[v].atoms);
        if (!first[v] || !network->atoms) continue;
        x[members] = scratch->hidden[v];
        member[members++] = v;
    }
    if (members) apply(&network->layers[ATTACK], x, members, scratch);
    for (int m = 0; m < members; m++)
        read_attack(scratch->values[m], network->atoms, &out[member[m]]);
}

void gd_decode(const gd_network *network, gd_neural *const *voices, const float *const *paths,
               const float *const *offsets, const uint8_t *first, gd_grain *out, int count, gd_scratch *scratch) {
    for (int from = 0; from < count; from += GD_BATCH) {
        int batch = count - from < GD_BATCH ? count - from : GD_BATCH;
        advance(network, voices + from, paths + from, batch, scratch);
        for (int v = 0; v < batch; v++) {
            if (paths[from + v]) limit(paths[from + v], network->latent, scratch->latents[v]);
            if (offsets[from + v]) add_offset(offsets[from + v], network->latent, scratch->latents[v]);
        }
        unfold(network, voices + from, first + from, out + from, batch, scratch);
    }
}
