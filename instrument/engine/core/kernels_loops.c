/* The element-wise loops, written once and compiled once more for AVX2: same operations, same bits. */
#include "fastmath.h"
#include "kernels.h"

#define BODY static inline __attribute__((always_inline)) void

static inline __attribute__((always_inline)) float quantise(const float *restrict x, int count, int padded,
                                                            int8_t *restrict out) {
    int32_t largest = 0; /* as bits: for magnitudes the order is the same, and integers have a vector maximum */
    for (int i = 0; i < count; i++) {
        int32_t magnitude = gd_bits(x[i]) & INT32_MAX;
        largest = magnitude > largest ? magnitude : largest;
    }
    float peak = gd_float(largest), inverse = peak > 0.0f ? 127.0f / peak : 0.0f;
    for (int i = 0; i < count; i++) out[i] = (int8_t)(gd_bits(x[i] * inverse + GD_ROUNDER) - GD_ROUNDER_BITS);
    for (int i = count; i < padded; i++) out[i] = 0;
    return peak / 127.0f;
}

BODY rescale(const int32_t *restrict sums, const float *restrict row_scale, const float *restrict bias, float scale,
             int count, float *restrict out) {
    for (int i = 0; i < count; i++) out[i] = (float)sums[i] * (scale * row_scale[i]) + bias[i];
}

/* Columns in turn, so that the order of a row's sum is fixed; weights lie column by column. */
BODY dense(const float *restrict weight, int rows, int columns, const float *restrict bias, const float *restrict x,
           float *restrict out) {
    for (int i = 0; i < rows; i++) out[i] = 0.0f;
    for (int c = 0; c < columns; c++) {
        const float *column = weight + (size_t)c * (size_t)rows, factor = x[c];
        for (int i = 0; i < rows; i++) out[i] += column[i] * factor;
    }
    for (int i = 0; i < rows; i++) out[i] += bias[i];
}

BODY leaky(const float *restrict x, const float *restrict add, int count, float *restrict out) {
    for (int i = 0; i < count; i++) {
        float sum = x[i] + add[i], less = 0.1f * sum;
        out[i] = sum > less ? sum : less;
    }
}

BODY recur(float *restrict state, const float *restrict input, const float *restrict recurrent, int hidden) {
    const float *input_u = input + hidden, *recurrent_u = recurrent + hidden;
    const float *input_n = input_u + hidden, *recurrent_n = recurrent_u + hidden;
    for (int i = 0; i < hidden; i++) {
        float r = gd_sigmoid(input[i] + recurrent[i]);
        float u = gd_sigmoid(input_u[i] + recurrent_u[i]);
        float n = gd_tanh(input_n[i] + r * recurrent_n[i]);
        state[i] = (1.0f - u) * n + u * state[i];
    }
}

/* The network speaks in natural logarithms; what it puts at or below -11 (-96 dB) is silence. */
BODY gains(const float *restrict logs, int count, float *restrict out) {
    for (int i = 0; i < count; i++) out[i] = logs[i] < 4.0f ? logs[i] : 4.0f;
    for (int i = 0; i < count; i++) out[i] = gd_exp(out[i]);
    for (int i = 0; i < count; i++) out[i] = logs[i] > -11.0f ? out[i] : 0.0f;
}

/* reach: natural logarithm of the largest ratio to the centre. */
BODY bend(const float *restrict x, const float *restrict centre_hz, float reach, int count, float *restrict hz) {
    for (int i = 0; i < count; i++) hz[i] = centre_hz[i] * gd_exp(reach * gd_tanh(x[i]));
}

BODY weave(float *restrict out, int count, const int16_t *const *rows, const float *gain) {
    const int16_t *restrict a = rows[0], *restrict b = rows[1], *restrict c = rows[2], *restrict d = rows[3];
    const int16_t *restrict e = rows[4], *restrict f = rows[5], *restrict g = rows[6], *restrict h = rows[7];
    float ga = gain[0], gb = gain[1], gc = gain[2], gd = gain[3];
    float ge = gain[4], gf = gain[5], gg = gain[6], gh = gain[7];
    for (int i = 0; i < count; i++) {
        float sum = out[i] + ga * (float)a[i];
        sum += gb * (float)b[i];
        sum += gc * (float)c[i];
        sum += gd * (float)d[i];
        sum += ge * (float)e[i];
        sum += gf * (float)f[i];
        sum += gg * (float)g[i];
        out[i] = sum + gh * (float)h[i];
    }
}

BODY window(float *restrict out, const float *restrict x, const float *restrict shape, int count) {
    for (int i = 0; i < count; i++) out[i] += x[i] * shape[i];
}

BODY sweep(float *restrict out, int from, int to, const gd_sweep *s) {
    float phase = s->phase, turns = s->turns, bent = s->bend, amplitude = s->amplitude, slope = s->slope;
    int count = to - from;
    for (int i = 0; i < count; i++) {
        float n = (float)(from + i);
        out[i] += (amplitude + slope * n) * gd_sine(phase + n * (turns + bent * n));
    }
}

#define LOOPS(set, attribute)                                                                                      \
    attribute static float set##_quantise(const float *x, int n, int padded, int8_t *out) {                        \
        return quantise(x, n, padded, out);                                                                        \
    }                                                                                                              \
    attribute static void set##_rescale(const int32_t *sums, const float *rows, const float *bias, float s, int n, \
                                        float *out) {                                                              \
        rescale(sums, rows, bias, s, n, out);                                                                      \
    }                                                                                                              \
    attribute static void set##_dense(const float *w, int rows, int columns, const float *bias, const float *x,    \
                                      float *out) {                                                                \
        dense(w, rows, columns, bias, x, out);                                                                     \
    }                                                                                                              \
    attribute static void set##_leaky(const float *x, const float *add, int n, float *out) { leaky(x, add, n, out); } \
    attribute static void set##_recur(float *h, const float *in, const float *back, int n) { recur(h, in, back, n); } \
    attribute static void set##_gains(const float *logs, int n, float *out) { gains(logs, n, out); }               \
    attribute static void set##_bend(const float *x, const float *centre, float reach, int n, float *hz) {         \
        bend(x, centre, reach, n, hz);                                                                             \
    }                                                                                                              \
    attribute static void set##_weave(float *out, int n, const int16_t *const *rows, const float *g) {             \
        weave(out, n, rows, g);                                                                                    \
    }                                                                                                              \
    attribute static void set##_window(float *out, const float *x, const float *shape, int n) {                    \
        window(out, x, shape, n);                                                                                  \
    }                                                                                                              \
    attribute static void set##_sweep(float *out, int from, int to, const gd_sweep *s) { sweep(out, from, to, s); } \
    const gd_loops gd_loops_##set = {set##_quantise, set##_rescale, set##_dense,  set##_leaky,  set##_recur,       \
                                     set##_gains,    set##_bend,    set##_weave, set##_window, set##_sweep};

LOOPS(plain, )
#if defined(__x86_64__)
LOOPS(avx2, __attribute__((target("avx2"))))
#endif
