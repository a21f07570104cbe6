/* The neural network of a voice: one recurrent step and one grain's spectrum per hop, for a batch of voices.
 *
 * gd_network_new and gd_network_free allocate and belong off the audio path; everything else here is
 * bounded, allocates nothing and may be called from render. The result for a voice has the same bits
 * whichever kernel runs and whatever else is in the batch, provided the compiler keeps fp32 arithmetic as
 * written: -ffp-contract=off and no -ffast-math.
 */
#ifndef GD_DECODER_H
#define GD_DECODER_H

#include "graindrum.h"

#define GD_BATCH 16 /* voices whose activations lie in scratch at once; larger batches go in turns */

typedef struct gd_network gd_network; /* repacked weights; owns its copies */

/* The network's side of one voice, plain data; zeroed memory is valid. */
typedef struct {
    float state[GD_HIDDEN];     /* of the GRU */
    float gates[3 * GD_HIDDEN]; /* its constant input, rows r, z, n */
    float lens[GD_HIDDEN];      /* the class's share of the grain network's first layer */
} gd_neural;

/* What the network says about one grain. */
typedef struct {
    float bands[GD_BANDS];            /* linear gains of the noise bands */
    float amplitudes[GD_OSCILLATORS]; /* linear */
    float hz[GD_OSCILLATORS];
    float atoms[GD_ATOMS];            /* signed weights of the attack's atoms; zero after grain 0 */
} gd_grain;

/* Room to work in, one per rendering thread; contents mean nothing between calls. */
typedef struct {
    int8_t quantised[GD_BATCH][GD_HIDDEN];
    float scales[GD_BATCH];
    int32_t sums[GD_BATCH][3 * GD_HIDDEN];
    float values[GD_BATCH][3 * GD_HIDDEN];
    float latents[GD_BATCH][GD_LATENT];
    float hidden[GD_BATCH][GD_HIDDEN];
} gd_scratch;

/* NULL when a size is out of bounds, two layers do not fit each other, or memory is short. */
gd_network *gd_network_new(const gd_model *model);
void gd_network_free(gd_network *network);

/* A hit starts: its first state, constant input and lens. `embedding` and `condition` are as long as the
 * model says; values that are no number or beyond +-64 are brought within. */
void gd_neural_start(const gd_network *network, gd_neural *voice, const float *embedding, const float *condition);
/* A knob turned: new constant input and lens, the state goes on. */
void gd_neural_turn(const gd_network *network, gd_neural *voice, const float *embedding, const float *condition);

/* The next grain of each voice. paths[i]: this grain's latent, or NULL: one recurrent step gives it;
 * offsets[i]: added to the latent, or NULL; first[i]: not 0 for grain 0, which also has an attack. */
void gd_decode(const gd_network *network, gd_neural *const *voices, const float *const *paths,
               const float *const *offsets, const uint8_t *first, gd_grain *out, int count, gd_scratch *scratch);

#endif
