/* The matrix kernel for AVX2: weights and inputs widened to 16 bits, pairs multiplied and added by vpmaddwd. */
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "kernels.h"

#define AVX2 __attribute__((target("avx2")))
#define EIGHT 8 /* rows of one pass over a group: two registers of four rows by four columns */

AVX2 static inline __attribute__((always_inline)) __m256i quad_of(const int8_t *x) {
    int32_t quad;
    memcpy(&quad, x, sizeof quad);
    return _mm256_cvtepi8_epi16(_mm_set1_epi32(quad));
}

/* Eight rows for `voices` (a constant where this is inlined) voices. Each lane holds half a row's sum. */
AVX2 static inline __attribute__((always_inline)) void eight_rows(const int8_t *weight, int quads, const int8_t *x,
                                                                  int stride, int32_t *sums, int sums_stride,
                                                                  const int voices) {
    __m256i low[4], high[4];
    for (int v = 0; v < voices; v++) low[v] = high[v] = _mm256_setzero_si256();
    for (int q = 0; q < quads; q++, weight += GD_ROWS * GD_QUAD) {
        __m256i first = _mm256_cvtepi8_epi16(_mm_load_si128((const __m128i *)weight));
        __m256i second = _mm256_cvtepi8_epi16(_mm_load_si128((const __m128i *)weight + 1));
        for (int v = 0; v < voices; v++) {
            __m256i input = quad_of(x + v * stride + q * GD_QUAD);
            low[v] = _mm256_add_epi32(low[v], _mm256_madd_epi16(first, input));
            high[v] = _mm256_add_epi32(high[v], _mm256_madd_epi16(second, input));
        }
    }
    for (int v = 0; v < voices; v++) {
        __m256i rows = _mm256_hadd_epi32(low[v], high[v]); /* rows 0 1 4 5 | 2 3 6 7 */
        rows = _mm256_permute4x64_epi64(rows, _MM_SHUFFLE(3, 1, 2, 0));
        _mm256_storeu_si256((__m256i *)(void *)(sums + v * sums_stride), rows);
    }
}

/* One voice: all 32 rows at once, for enough independent sums to hide the latency. */
AVX2 static void group_of_one(const int8_t *weight, int quads, const int8_t *x, int32_t *sums) {
    __m256i parts[8];
    for (int i = 0; i < 8; i++) parts[i] = _mm256_setzero_si256();
    for (int q = 0; q < quads; q++, weight += GD_ROWS * GD_QUAD) {
        __m256i input = quad_of(x + q * GD_QUAD);
        for (int i = 0; i < 8; i++) {
            __m256i four = _mm256_cvtepi8_epi16(_mm_load_si128((const __m128i *)weight + i));
            parts[i] = _mm256_add_epi32(parts[i], _mm256_madd_epi16(four, input));
        }
    }
    for (int i = 0; i < 4; i++) {
        __m256i rows = _mm256_hadd_epi32(parts[2 * i], parts[2 * i + 1]);
        rows = _mm256_permute4x64_epi64(rows, _MM_SHUFFLE(3, 1, 2, 0));
        _mm256_storeu_si256((__m256i *)(void *)(sums + i * EIGHT), rows);
    }
}

AVX2 static void group_of_some(const int8_t *weight, int quads, const int8_t *x, int stride, int32_t *sums,
                               int sums_stride, int voices) {
    for (int r = 0; r < GD_ROWS; r += EIGHT, weight += EIGHT * GD_QUAD, sums += EIGHT) {
        if (voices == 4) eight_rows(weight, quads, x, stride, sums, sums_stride, 4);
        if (voices == 3) eight_rows(weight, quads, x, stride, sums, sums_stride, 3);
        if (voices == 2) eight_rows(weight, quads, x, stride, sums, sums_stride, 2);
    }
}

AVX2 void gd_product_avx2(const gd_matrix *matrix, const int8_t *inputs, int inputs_stride, int32_t *sums,
                          int sums_stride, int count) {
    const int8_t *weight = matrix->weight;
    for (int g = 0; g < matrix->groups; g++, weight += matrix->quads * GD_ROWS * GD_QUAD, sums += GD_ROWS)
        for (int v = 0; v < count; v += 4) {
            const int8_t *x = inputs + v * inputs_stride;
            int32_t *to = sums + v * sums_stride;
            int voices = count - v < 4 ? count - v : 4;
            if (voices == 1)
                group_of_one(weight, matrix->quads, x, to);
            else
                group_of_some(weight, matrix->quads, x, inputs_stride, to, sums_stride, voices);
        }
}
#else
typedef int gd_nothing_for_avx2; /* ISO C wants a declaration in every file */
#endif
