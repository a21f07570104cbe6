/* What the process callback (turn.c) and the rest of the client share. */
#ifndef GRAINDRUM_CLIENT_H
#define GRAINDRUM_CLIENT_H

#include <stdatomic.h>

#include "jackmidi.h"
#include "libjack.h"
#include "ring.h"

#define JM_REGISTRATIONS 4096 /* of ports between two looks; a power of two */

typedef struct {
    _Atomic(void *) port;    /* NULL: free. The callback sees nothing of a place but this, and what was set before */
    _Atomic uint32_t number; /* place + JM_PORTS * how often it was given */
    int sends;
} place;

struct jm_client {
    const libjack *jack;
    void *client;
    int event; /* eventfd: something came in */
    _Atomic int gone, changed, freewheels;
    _Atomic int inside; /* the callback is running */
    place places[JM_PORTS];
    jm_ring in, out;
    jm_heap waiting; /* the callback's alone */
    uint64_t sent;   /* the sender's alone */
    _Atomic uint32_t registered, looked;
    uint32_t registrations[JM_REGISTRATIONS];
    _Atomic uint64_t full_in, full_out, too_long, unsent;
};

/* JACK's process callback; `argument` is the jm_client. */
int jm_turn(uint32_t frames, void *argument);

#endif
