/* The loops that take the time, one set for each kind of processor; all sets give the same bits. */
#ifndef GD_KERNELS_H
#define GD_KERNELS_H

#include "graindrum.h"

#define GD_ROWS 32 /* rows of a matrix are taken this many at a time; padded with zeros */
#define GD_QUAD 4  /* columns that lie together: what one 32-bit lane of a dot product takes */
#define GD_COLUMNS 8 /* columns are padded to a multiple of this */
#define GD_WOVEN 8 /* noise bands added in one pass */

/* An int8 matrix, 64-byte aligned: row r of group g, column c of quad q is
 * weight[((g * quads + q) * GD_ROWS + r) * GD_QUAD + c]. */
typedef struct {
    int groups, quads;
    const int8_t *weight;
    const int32_t *offset; /* -128 * the sum of each row: takes back what adding 128 to the input adds */
} gd_matrix;

/* sums[v * sums_stride + row] = row of the matrix times inputs[v * inputs_stride ...], for `count` voices.
 * Inputs are -127 .. 127 and padded with zeros; sums has room for the padded rows. */
typedef void gd_product(const gd_matrix *matrix, const int8_t *inputs, int inputs_stride, int32_t *sums,
                        int sums_stride, int count);

/* One oscillator: at frame n of the hop (amplitude + slope * n) * sin(2 pi (phase + n * (turns + bend * n))). */
typedef struct {
    float phase, turns, bend, amplitude, slope;
} gd_sweep;

/* Element by element, so that vector width changes nothing. */
typedef struct {
    float (*quantise)(const float *x, int count, int padded, int8_t *out); /* returns the scale */
    void (*rescale)(const int32_t *sums, const float *row_scale, const float *bias, float scale, int count, float *out);
    void (*dense)(const float *weight, int rows, int columns, const float *bias, const float *x, float *out);
    void (*leaky)(const float *x, const float *add, int count, float *out); /* leaky rectifier of x + add */
    void (*recur)(float *state, const float *input, const float *recurrent, int hidden); /* GRU: both 3 * hidden */
    void (*gains)(const float *logs, int count, float *out);
    void (*bend)(const float *x, const float *centre_hz, float reach, int count, float *hz);
    void (*weave)(float *out, int count, const int16_t *const *rows, const float *gains); /* GD_WOVEN rows */
    void (*window)(float *out, const float *x, const float *shape, int count);            /* out += x * shape */
    void (*sweep)(float *out, int from, int to, const gd_sweep *sweep);
} gd_loops;

typedef struct {
    const char *name;
    gd_product *product;
    const gd_loops *loops;
} gd_kernel_set;

extern const gd_loops gd_loops_plain;
gd_product gd_product_portable;
#if defined(__x86_64__)
extern const gd_loops gd_loops_avx2;
gd_product gd_product_avx2, gd_product_avxvnni, gd_product_avx512vnni;
#elif defined(__aarch64__)
gd_product gd_product_neon, gd_product_dotprod;
#endif

const gd_kernel_set *gd_kernel_in_use(void);

#endif
