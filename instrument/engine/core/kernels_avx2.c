/* The matrix kernel for AVX2: weights and inputs widened to 16 bits, pairs multiplied and added by vpmaddwd. */
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "kernels.h"

#define AVX2 __attribute__((target("avx2")))
#define EIGHT 8 /* rows: two registers of four rows by four columns */

typedef int16_t inputs[GD_HIDDEN]; /* of one voice */

/* Four columns of an input, for four rows. */
AVX2 static inline __attribute__((always_inline)) __m256i quad_of(const int16_t *x) {
    long long quad;
    memcpy(&quad, x, sizeof quad);
    return _mm256_set1_epi64x(quad);
}

/* low: halves of rows 0 1 | 2 3, high: of 4 5 | 6 7. */
AVX2 static inline __attribute__((always_inline)) void store_rows(int32_t *sums, __m256i low, __m256i high) {
    __m256i rows = _mm256_hadd_epi32(low, high); /* 0 1 4 5 | 2 3 6 7 */
    _mm256_storeu_si256((__m256i *)(void *)sums, _mm256_permute4x64_epi64(rows, _MM_SHUFFLE(3, 1, 2, 0)));
}

/* passes * 8 rows of `voices` voices; both are constants where this is inlined. Each lane holds half a row's sum. */
AVX2 static inline __attribute__((always_inline)) void some_rows(const int8_t *weight, int quads, inputs *x,
                                                                 int32_t *sums, int sums_stride, const int voices,
                                                                 const int passes) {
    __m256i low[4][4], high[4][4];
    for (int v = 0; v < voices; v++)
        for (int i = 0; i < passes; i++) low[v][i] = high[v][i] = _mm256_setzero_si256();
    for (int q = 0; q < quads; q++, weight += GD_ROWS * GD_QUAD)
        for (int i = 0; i < passes; i++) {
            const __m128i *rows = (const __m128i *)(const void *)(weight + i * EIGHT * GD_QUAD);
            __m256i first = _mm256_cvtepi8_epi16(_mm_load_si128(rows));
            __m256i second = _mm256_cvtepi8_epi16(_mm_load_si128(rows + 1));
            for (int v = 0; v < voices; v++) {
                __m256i input = quad_of(x[v] + q * GD_QUAD);
                low[v][i] = _mm256_add_epi32(low[v][i], _mm256_madd_epi16(first, input));
                high[v][i] = _mm256_add_epi32(high[v][i], _mm256_madd_epi16(second, input));
            }
        }
    for (int v = 0; v < voices; v++)
        for (int i = 0; i < passes; i++) store_rows(sums + v * sums_stride + i * EIGHT, low[v][i], high[v][i]);
}

/* One voice takes all 32 rows at once, for enough independent sums to hide the latency. */
AVX2 static void group(const int8_t *weight, int quads, inputs *x, int32_t *sums, int sums_stride, int voices) {
    if (voices == 1) some_rows(weight, quads, x, sums, sums_stride, 1, 4);
    if (voices == 1) return;
    for (int r = 0; r < GD_ROWS; r += EIGHT, weight += EIGHT * GD_QUAD, sums += EIGHT) {
        if (voices == 2) some_rows(weight, quads, x, sums, sums_stride, 2, 1);
        if (voices == 3) some_rows(weight, quads, x, sums, sums_stride, 3, 1);
        if (voices == 4) some_rows(weight, quads, x, sums, sums_stride, 4, 1);
    }
}

AVX2 void gd_product_avx2(const gd_matrix *matrix, const int8_t *bytes, int bytes_stride, int32_t *sums,
                          int sums_stride, int count) {
    inputs x[4];
    for (int v = 0; v < count; v += 4) {
        int voices = count - v < 4 ? count - v : 4;
        for (int i = 0; i < voices; i++)
            for (int c = 0; c < matrix->quads * GD_QUAD; c++) x[i][c] = bytes[(v + i) * bytes_stride + c];
        const int8_t *weight = matrix->weight;
        for (int g = 0; g < matrix->groups; g++, weight += matrix->quads * GD_ROWS * GD_QUAD)
            group(weight, matrix->quads, x, sums + v * sums_stride + g * GD_ROWS, sums_stride, voices);
    }
}
#else
typedef int gd_nothing_for_avx2; /* ISO C wants a declaration in every file */
#endif
