/* The portable matrix kernel, and which set of kernels is in use. */
#include <stddef.h>
#include <string.h>

#include "kernels.h"
#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#define ASIMDDP (1ul << 20) /* HWCAP_ASIMDDP, which not every C library names */
#endif

static void group_portable(const int8_t *weight, const int8_t *x, int quads, int32_t *restrict sums) {
    memset(sums, 0, GD_ROWS * sizeof *sums);
    for (int q = 0; q < quads; q++, weight += GD_ROWS * GD_QUAD, x += GD_QUAD) {
        int a = x[0], b = x[1], c = x[2], d = x[3]; /* row by row, so that rows are the lanes of a vector */
        for (int r = 0; r < GD_ROWS; r++) {
            const int8_t *row = weight + r * GD_QUAD;
            sums[r] += row[0] * a + row[1] * b + row[2] * c + row[3] * d;
        }
    }
}

void gd_product_portable(const gd_matrix *matrix, const int8_t *inputs, int inputs_stride, int32_t *sums,
                         int sums_stride, int count) {
    size_t group_size = (size_t)matrix->quads * GD_ROWS * GD_QUAD;
    for (int g = 0; g < matrix->groups; g++)
        for (int v = 0; v < count; v++)
            group_portable(matrix->weight + (size_t)g * group_size, inputs + (ptrdiff_t)v * inputs_stride,
                           matrix->quads, sums + (ptrdiff_t)v * sums_stride + g * GD_ROWS);
}

/* Best last. */
static const gd_kernel_set kernels[] = {
    {"portable", gd_product_portable, &gd_loops_plain},
#if defined(__x86_64__)
    {"avx2", gd_product_avx2, &gd_loops_avx2},
    {"avxvnni", gd_product_avxvnni, &gd_loops_avx2},
    {"avx512vnni", gd_product_avx512vnni, &gd_loops_avx2},
#elif defined(__aarch64__)
    {"neon", gd_product_neon, &gd_loops_plain},
    {"dotprod", gd_product_dotprod, &gd_loops_plain},
#endif
};

enum { KERNELS = sizeof kernels / sizeof kernels[0] };

#if defined(__x86_64__)
static int supported(int index) {
    const char *name = kernels[index].name;
    unsigned eax = 0, ebx, ecx, edx;
    __builtin_cpu_init();
    if (!strcmp(name, "avx2")) return __builtin_cpu_supports("avx2") != 0;
    if (!strcmp(name, "avxvnni")) /* asked of the processor itself: not every compiler knows it by name */
        return __builtin_cpu_supports("avx2") && __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) && (eax >> 4 & 1);
    if (!strcmp(name, "avx512vnni"))
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("avx512vnni") &&
               __builtin_cpu_supports("avx512vl");
    return 1;
}
#else
static int supported(int index) {
#if defined(__aarch64__) && defined(__linux__)
    if (!strcmp(kernels[index].name, "dotprod")) return (getauxval(AT_HWCAP) & ASIMDDP) != 0;
#endif
    return kernels[index].product != NULL;
}
#endif

static const gd_kernel_set *in_use = &kernels[0];

const gd_kernel_set *gd_kernel_in_use(void) { return in_use; }

const char *gd_kernel(void) { return in_use->name; }

const char *gd_kernel_name(int index) {
    for (int k = 0; k < KERNELS; k++)
        if (supported(k) && index-- == 0) return kernels[k].name;
    return NULL;
}

int gd_kernel_select(const char *name) {
    for (int k = KERNELS - 1; k >= 0; k--)
        if ((name == NULL || !strcmp(name, kernels[k].name)) && supported(k)) {
            in_use = &kernels[k];
            return 1;
        }
    return 0;
}

__attribute__((constructor)) static void select_best(void) { gd_kernel_select(NULL); }
