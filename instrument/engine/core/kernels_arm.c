/* The matrix kernels for 64-bit ARM: plain NEON (Cortex-A72) and the dot product of Armv8.2 (Cortex-A76). */
#if defined(__aarch64__)
#include <arm_neon.h>
#include <stddef.h>
#include <string.h>

#include "kernels.h"

#define INLINE static inline __attribute__((always_inline))
#if defined(__clang__)
#define DOTPROD __attribute__((target("dotprod")))
#else
#define DOTPROD __attribute__((target("arch=armv8.2-a+dotprod")))
#endif

INLINE int8x8_t quad_twice(const int8_t *x) {
    int32_t quad;
    memcpy(&quad, x, sizeof quad);
    return vreinterpret_s8_s32(vdup_n_s32(quad));
}

/* registers * 4 rows of `voices` voices; both are constants where this is inlined. Two quads are
 * added in 16 bits, which holds 2 * 127 * 128; each lane then holds half a row's sum. */
INLINE void rows_neon(const int8_t *weight, int quads, const int8_t *x, int stride, int32_t *sums, int sums_stride,
                      const int voices, const int registers) {
    int32x4_t low[4][4], high[4][4];
    for (int v = 0; v < voices; v++)
        for (int i = 0; i < registers; i++) low[v][i] = high[v][i] = vdupq_n_s32(0);
    for (int q = 0; q < quads; q += 2, weight += 2 * GD_ROWS * GD_QUAD)
        for (int i = 0; i < registers; i++) {
            int8x16_t here = vld1q_s8(weight + 16 * i), next = vld1q_s8(weight + GD_ROWS * GD_QUAD + 16 * i);
            for (int v = 0; v < voices; v++) {
                int8x8_t a = quad_twice(x + v * stride + q * GD_QUAD);
                int8x8_t b = quad_twice(x + v * stride + (q + 1) * GD_QUAD);
                int16x8_t pair = vmlal_s8(vmull_s8(vget_low_s8(here), a), vget_low_s8(next), b);
                low[v][i] = vpadalq_s16(low[v][i], pair);
                pair = vmlal_s8(vmull_s8(vget_high_s8(here), a), vget_high_s8(next), b);
                high[v][i] = vpadalq_s16(high[v][i], pair);
            }
        }
    for (int v = 0; v < voices; v++)
        for (int i = 0; i < registers; i++)
            vst1q_s32(sums + v * sums_stride + 4 * i, vpaddq_s32(low[v][i], high[v][i]));
}

DOTPROD INLINE void rows_dotprod(const int8_t *weight, int quads, const int8_t *x, int stride, int32_t *sums,
                                 int sums_stride, const int voices, const int registers) {
    int32x4_t parts[4][8];
    for (int v = 0; v < voices; v++)
        for (int i = 0; i < registers; i++) parts[v][i] = vdupq_n_s32(0);
    for (int q = 0; q < quads; q++, weight += GD_ROWS * GD_QUAD) {
        int8x16_t input[4];
        for (int v = 0; v < voices; v++) {
            int8x8_t twice = quad_twice(x + v * stride + q * GD_QUAD);
            input[v] = vcombine_s8(twice, twice);
        }
        for (int i = 0; i < registers; i++) {
            int8x16_t rows = vld1q_s8(weight + 16 * i);
            for (int v = 0; v < voices; v++) parts[v][i] = vdotq_s32(parts[v][i], rows, input[v]);
        }
    }
    for (int v = 0; v < voices; v++)
        for (int i = 0; i < registers; i++) vst1q_s32(sums + v * sums_stride + 4 * i, parts[v][i]);
}

/* As many rows a pass as leave every sum in a register. */
static void group_neon(const int8_t *weight, int quads, const int8_t *x, int stride, int32_t *sums, int sums_stride,
                       int voices) {
    int step = voices == 1 ? 16 : voices == 2 ? 8 : 4;
    for (int r = 0; r < GD_ROWS; r += step, weight += step * GD_QUAD, sums += step) {
        if (voices == 1) rows_neon(weight, quads, x, stride, sums, sums_stride, 1, 4);
        if (voices == 2) rows_neon(weight, quads, x, stride, sums, sums_stride, 2, 2);
        if (voices == 3) rows_neon(weight, quads, x, stride, sums, sums_stride, 3, 1);
        if (voices == 4) rows_neon(weight, quads, x, stride, sums, sums_stride, 4, 1);
    }
}

DOTPROD static void group_dotprod(const int8_t *weight, int quads, const int8_t *x, int stride, int32_t *sums,
                                  int sums_stride, int voices) {
    int step = voices < 3 ? 32 : 16;
    for (int r = 0; r < GD_ROWS; r += step, weight += step * GD_QUAD, sums += step) {
        if (voices == 1) rows_dotprod(weight, quads, x, stride, sums, sums_stride, 1, 8);
        if (voices == 2) rows_dotprod(weight, quads, x, stride, sums, sums_stride, 2, 8);
        if (voices == 3) rows_dotprod(weight, quads, x, stride, sums, sums_stride, 3, 4);
        if (voices == 4) rows_dotprod(weight, quads, x, stride, sums, sums_stride, 4, 4);
    }
}

#define PRODUCT(name, group)                                                                                        \
    void name(const gd_matrix *matrix, const int8_t *inputs, int inputs_stride, int32_t *sums, int sums_stride,     \
              int count) {                                                                                          \
        const int8_t *weight = matrix->weight;                                                                      \
        for (int g = 0; g < matrix->groups; g++, weight += matrix->quads * GD_ROWS * GD_QUAD, sums += GD_ROWS)      \
            for (int v = 0; v < count; v += 4)                                                                      \
                group(weight, matrix->quads, inputs + v * inputs_stride, inputs_stride, sums + v * sums_stride,     \
                      sums_stride, count - v < 4 ? count - v : 4);                                                  \
    }

PRODUCT(gd_product_neon, group_neon)
PRODUCT(gd_product_dotprod, group_dotprod)
#else
typedef int gd_nothing_for_arm; /* ISO C wants a declaration in every file */
#endif
