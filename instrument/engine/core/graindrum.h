/* The whole C core as its callers see it: the model it plays, the events it takes, the
 * telemetry it gives, and render. Everything reachable from gd_render is bounded, allocates
 * nothing, takes no lock and makes no system call.
 *
 * Units: frames are one sample of every channel, counted from the engine's start; gains are linear;
 * rates and frequencies are Hz. Arrays are row-major.
 */
#ifndef GRAINDRUM_H
#define GRAINDRUM_H

#include <stdint.h>

#define GD_TRACKS 16
#define GD_VOICES 32
#define GD_EMBEDDING 32   /* largest embedding of a hit */
#define GD_LATENT 32      /* largest latent of a grain */
#define GD_CONDITION 16   /* largest condition: one-hot class, then what else a bundle conditions on */
#define GD_HIDDEN 512     /* largest layer */
#define GD_BANDS 64
#define GD_OSCILLATORS 16
#define GD_ATOMS 64
#define GD_SEGMENTS 4
#define GD_VALUES 9       /* of an event */
#define GD_GRAIN 1024     /* longest grain: 96 kHz */
#define GD_EVENTS 1024    /* ring, a power of two */
#define GD_PENDING 2048   /* events waiting for their frame */
#define GD_PATHS 16
#define GD_TAPE 2097152   /* floats of the tape's ring, a power of two: 8 MiB */
#define GD_STRETCH 4096   /* frames that are read from it at once */
#define GD_HISTOGRAM 160  /* block durations, 8 bins an octave from 1 us on */

/* A dense layer y = W x + b. Either int8 weights with one scale per row, or (parity tests) float ones. */
typedef struct {
    int32_t rows, columns;
    const int8_t *weight;    /* (rows, columns), or NULL: then dense is used */
    const float *scale;      /* (rows) */
    const float *dense;      /* (rows, columns) or NULL */
    const float *bias;       /* (rows) */
} gd_layer;

/* What a bundle holds, at the device's rate. Copied by gd_engine_new; the caller may free it then. */
typedef struct {
    int32_t embedding, latent, condition, hidden, atoms, hop; /* hop in frames; a grain is 2 hops */
    gd_layer gates;      /* (3H, E + C), float: the constant input of the GRU, rows r, z, n as in torch */
    gd_layer first;      /* (H, E + C), float: tanh of it is the first state */
    gd_layer recurrent;  /* (3H, H) */
    gd_layer path;       /* (Z, H): state to latent */
    gd_layer lens;       /* (M, C), float: the class's share of the grain network's first layer, no bias */
    gd_layer inner;      /* (M, Z) */
    gd_layer outer;      /* (M, M) */
    gd_layer spectrum;   /* (BANDS + 2 * OSCILLATORS, M): log band gains, log oscillator gains, slot positions */
    gd_layer attack;     /* (ATOMS, M): signed weights of the atoms, used in grain 0 only */
    const float *atom_waves;  /* (ATOMS, 2 * hop) */
    const float *noise;       /* (SEGMENTS, BANDS, 2 * hop), periodic */
    const float *band_power;  /* (BANDS): mean square of a band's noise at gain 1 */
    const float *band_hz;     /* (BANDS): centres */
    const float *slot_hz;     /* (OSCILLATORS): centres */
    const float *window;      /* (2 * hop) */
    float slot_octaves;       /* reach of an oscillator to either side of its slot's centre */
} gd_model;

enum {
    GD_HIT = 1,     /* start a voice; needs seed, embedding or path, latent, condition; values: see gd_value */
    GD_SOUND = 2,   /* new embedding, latent and condition for every voice of `track` from its next grain on;
                       values GD_TILT, GD_DECAY_S, GD_TUNE, GD_PITCH_HZ apply too */
    GD_CHOKE = 3,   /* fade every voice of `track` in 5 ms; track -1: all voices */
    GD_TRACK = 4,   /* values GD_GAIN, GD_PAN, GD_MUTE of `track` (-1: the master's gain), ramped over 5 ms */
    GD_CANCEL = 5,  /* forget pending GD_HIT events with frame >= `frame`, source == `source` and this `track`
                       (-1: any); acts when read from the ring, not at `frame` */
    GD_RESET = 6,   /* cut all voices and pending events at once; acts when read */
    GD_RECORD = 7   /* write the master, and the tracks whose bits are set in `seed`, to the tape from `frame` on, as take
                       `id`, which is larger than any before; 0: end the take */
};

enum { GD_LIVE = 0, GD_SEQUENCED = 1 };

/* Indices into gd_event.values. */
enum {
    GD_GAIN = 0,          /* linear */
    GD_PAN = 1,           /* GD_TRACK: -1 left, 1 right, constant power, 0 dB in the middle; GD_HIT: added to that of its
                             track until the track's next hit, -2 .. 2, ramped over 5 ms where the track sounds */
    GD_MUTE = 2,          /* GD_TRACK: 1 mutes */
    GD_TILT = 3,          /* GD_HIT, GD_SOUND: brightness in dB per octave around 400 Hz, clipped at +-24 dB */
    GD_DECAY_S = 4,       /* GD_HIT, GD_SOUND: extra exponential decay, seconds to -60 dB; 0: as the model has it */
    GD_TUNE = 5,          /* GD_HIT, GD_SOUND: frequency ratio; 0 means 1 */
    GD_CHOKE_GROUP = 6,   /* GD_HIT: 0 none; at its own frame a hit fades what sounds of its group: in 30 ms on its own
                             track, where it is the same thing struck again, in 5 ms on others, which it silences */
    GD_LENGTH_S = 7,      /* GD_HIT: the voice fades out over 20 ms before this age; 0: 4 s */
    GD_PITCH_HZ = 8       /* GD_HIT, GD_SOUND: oscillator k is centred on (k + 1) times this, not on its slot; kept in
                             1 .. 20000; 0: none, each on its slot */
};

typedef struct {
    int64_t frame;        /* when; a frame that has passed means now (and a hit counts as late) */
    uint32_t kind, source;
    int32_t track;        /* 0 .. GD_TRACKS - 1 */
    int32_t path;         /* GD_HIT: slot of a latent path that replaces the embedding, or -1 */
    uint64_t seed;        /* GD_HIT: of its noise; GD_RECORD: bits of tracks */
    uint32_t id;          /* GD_HIT: echoed in telemetry when it starts; GD_RECORD: the take */
    float values[GD_VALUES];
    float embedding[GD_EMBEDDING];
    float latent[GD_LATENT];       /* offset added to every latent of the path */
    float condition[GD_CONDITION];
} gd_event;

/* One consistent reading of the engine; taken by gd_telemetry_read. */
typedef struct {
    int64_t frame;          /* first frame of the next block */
    int64_t clock_ns;       /* CLOCK_MONOTONIC when the last block began */
    double rate_hz;
    uint32_t block_frames;  /* size of the last block */
    uint32_t voices;
    uint64_t blocks, xruns, late_blocks;     /* xruns as the driver reports; late: took longer than its period */
    uint64_t hits, late_events, dropped_events, stolen_voices;
    uint32_t last_id;       /* id of the newest hit started */
    uint32_t fault;         /* non-zero: the callback met something impossible */
    float load, peak_load;  /* render time over block time: smoothed; largest since start */
    float limiter_db;       /* current gain reduction, <= 0 */
    float master_peak[2];
    float track_peak[GD_TRACKS], track_rms[GD_TRACKS]; /* decaying, linear */
    uint32_t histogram[GD_HISTOGRAM];        /* of block durations, see GD_HISTOGRAM */
} gd_telemetry;

/* Shared memory between control and engine: the ring one way, telemetry the other. Zeroed memory is valid. */
typedef struct gd_shared gd_shared;
typedef struct gd_engine gd_engine;

uint64_t gd_shared_size(void);
int gd_push(gd_shared *shared, const gd_event *event);   /* 1, or 0: ring full, nothing written. One producer. */
uint32_t gd_room(const gd_shared *shared);
void gd_telemetry_read(const gd_shared *shared, gd_telemetry *out);  /* wait-free for the writer */

/* Shared memory between the engine and who records it: what was heard. Zeroed memory is valid. Tracks are as they come
 * to the master: level, pan and mute applied; their sum times the master's gain, limited, is the master. */
typedef struct gd_tape gd_tape;
typedef struct {
    int64_t frame;          /* of the engine: the first one here */
    uint32_t frames, take;
    uint32_t tracks;        /* bits of the tracks that sound here; of others nothing is kept but that they are silent */
    uint32_t spare;
} gd_stretch;

uint64_t gd_tape_size(void);
uint32_t gd_tape_take(const gd_tape *tape);     /* being recorded now; 0: none */
uint64_t gd_tape_lost(const gd_tape *tape);     /* frames of the newest take for which there was no room */
/* Take what comes next of a take, as far as it is of one piece: 1, or 0 when nothing of it waits. Earlier takes are
 * thrown away, later ones stay. out: (GD_TRACKS + 1, GD_STRETCH, 2), the master last. One reader. */
int gd_tape_read(gd_tape *tape, uint32_t take, gd_stretch *whole, float *out);

/* NULL when a size is out of bounds or memory is short. `paths_grains`: room for each of GD_PATHS paths. */
gd_engine *gd_engine_new(const gd_model *model, double rate_hz, gd_shared *shared, uint32_t path_grains);
void gd_engine_free(gd_engine *engine);
void gd_engine_tape(gd_engine *engine, gd_tape *tape);                /* what GD_RECORD writes to; not while rendering */
/* Fill a path slot; not while a voice plays it. 1, or 0 when it does not fit. */
int gd_path_set(gd_engine *engine, int32_t slot, const float *latents, uint32_t grains);
void gd_render(gd_engine *engine, float *out, uint32_t frames);       /* out: (frames, 2) interleaved */

/* Kernels: "portable", "avx2", "avxvnni", "avx512vnni", "neon", "dotprod". All give the same bits. */
const char *gd_kernel(void);                      /* the one in use */
int gd_kernel_select(const char *name);           /* NULL: the best here. 0 when unknown or unsupported. Not while rendering. */
const char *gd_kernel_name(int index);            /* those supported here, then NULL */

/* PortAudio's callback (PaStreamCallback with its structs opaque); user_data is the gd_engine. */
int gd_callback(const void *input, void *output, unsigned long frames, const void *time_info,
                unsigned long status, void *user_data);
/* The same, but silent: the null client that lateness is judged against. */
int gd_silent_callback(const void *input, void *output, unsigned long frames, const void *time_info,
                       unsigned long status, void *user_data);
/* The null device: calls gd_callback, or gd_silent_callback, on a real-time clock from a thread of its own. 1 or 0. */
int gd_null_start(gd_engine *engine, uint32_t block_frames, int silent);
void gd_null_stop(gd_engine *engine);

#endif
