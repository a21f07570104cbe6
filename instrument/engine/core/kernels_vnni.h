/* The matrix kernel for vpdpbusd, included once for each of its encodings with these set:
 * PRODUCT (name of the function), TARGET (attribute), DOT (intrinsic). 256 bits wide in both.
 * The instruction multiplies unsigned by signed bytes: 128 is added to the inputs, and the sums start from
 * the matrix's offsets, which take it back exactly.
 */
#define INLINE TARGET static inline __attribute__((always_inline))
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define ROWS_OF JOIN(PRODUCT, _rows)
#define GROUP_OF JOIN(PRODUCT, _group)

/* registers * 8 rows of `voices` voices; both are constants where this is inlined. */
INLINE void ROWS_OF(const int8_t *weight, int quads, const int32_t *offset, const int8_t *x, int stride, int32_t *sums,
                    int sums_stride, const int voices, const int registers) {
    const __m256i flip = _mm256_set1_epi8((char)0x80);
    __m256i parts[4][4];
    for (int v = 0; v < voices; v++)
        for (int i = 0; i < registers; i++)
            parts[v][i] = _mm256_load_si256((const __m256i *)(const void *)offset + i);
    for (int q = 0; q < quads; q++, weight += GD_ROWS * GD_QUAD) {
        __m256i rows[4];
        for (int i = 0; i < registers; i++) rows[i] = _mm256_load_si256((const __m256i *)(const void *)weight + i);
        for (int v = 0; v < voices; v++) {
            int32_t quad;
            memcpy(&quad, x + v * stride + q * GD_QUAD, sizeof quad);
            __m256i input = _mm256_xor_si256(_mm256_set1_epi32(quad), flip);
            for (int i = 0; i < registers; i++) parts[v][i] = DOT(parts[v][i], input, rows[i]);
        }
    }
    for (int v = 0; v < voices; v++)
        for (int i = 0; i < registers; i++)
            _mm256_storeu_si256((__m256i *)(void *)(sums + v * sums_stride) + i, parts[v][i]);
}

TARGET static void GROUP_OF(const int8_t *weight, int quads, const int32_t *offset, const int8_t *x, int stride,
                            int32_t *sums, int sums_stride, int voices) {
    if (voices == 1) ROWS_OF(weight, quads, offset, x, stride, sums, sums_stride, 1, 4);
    if (voices == 2) ROWS_OF(weight, quads, offset, x, stride, sums, sums_stride, 2, 4);
    if (voices < 3) return;
    for (int r = 0; r < GD_ROWS; r += 16, weight += 16 * GD_QUAD, offset += 16, sums += 16) {
        if (voices == 3) ROWS_OF(weight, quads, offset, x, stride, sums, sums_stride, 3, 2);
        if (voices == 4) ROWS_OF(weight, quads, offset, x, stride, sums, sums_stride, 4, 2);
    }
}

TARGET void PRODUCT(const gd_matrix *matrix, const int8_t *inputs, int inputs_stride, int32_t *sums, int sums_stride,
                    int count) {
    const int8_t *weight = matrix->weight;
    for (int g = 0; g < matrix->groups; g++, weight += matrix->quads * GD_ROWS * GD_QUAD, sums += GD_ROWS)
        for (int v = 0; v < count; v += 4)
            GROUP_OF(weight, matrix->quads, matrix->offset + g * GD_ROWS, inputs + v * inputs_stride, inputs_stride,
                     sums + v * sums_stride, sums_stride, count - v < 4 ? count - v : 4);
}

#undef INLINE
#undef JOIN_
#undef JOIN
#undef ROWS_OF
#undef GROUP_OF
#undef PRODUCT
#undef TARGET
#undef DOT
