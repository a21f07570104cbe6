/* A JACK client for MIDI. JACK's threads run only this C: no caller's lock, no callback into the caller.
 *
 * libjack is opened at run time (dlopen); where it is absent, or no server runs, jm_open gives NULL. Times are ns of
 * CLOCK_MONOTONIC: an event's is the moment its frame has in JACK's own time, and a message to send goes out at the
 * frame of its moment. In freewheel, where frames have no moments, both mean "now".
 *
 * One thread may take, one may send, one may do all the rest (open, close, ports), each at the same time as the others;
 * nobody uses a client that is being closed.
 */
#ifndef GRAINDRUM_JACKMIDI_H
#define GRAINDRUM_JACKMIDI_H

#include <stdint.h>

#define JM_LONGEST 64    /* bytes of a message; longer ones (system exclusive) are counted and dropped */
#define JM_PORTS 64      /* of one client, both ways */
#define JM_MESSAGES 1024 /* in a ring, or waiting for their time; a power of two */

typedef struct {
    int64_t time_ns;
    uint64_t order;  /* among messages of the same time; set by jm_send */
    uint32_t port;   /* number of the port, as jm_register gave it */
    uint32_t size;
    uint8_t data[JM_LONGEST];
} jm_message;

typedef struct {
    uint64_t full_in, full_out; /* messages dropped: nobody took them, or too many wait to be sent */
    uint64_t too_long;          /* came in with more than JM_LONGEST bytes */
    uint64_t unsent;            /* their port was gone, or its buffer full */
} jm_lost;

typedef struct jm_client jm_client;

/* A client of the running server, ready (never starts a server), or NULL. JACK numbers clients of one name. */
jm_client *jm_open(const char *name);
void jm_close(jm_client *client);
const char *jm_name(jm_client *client);        /* what JACK calls it: another has that name already, perhaps */
int jm_gone(const jm_client *client);          /* 1 once the server has gone: close it then */

/* Numbers are never 0 and never come twice. 0: no room, or the server refuses. */
uint32_t jm_register(jm_client *client, const char *name, int sends);
void jm_unregister(jm_client *client, uint32_t number);
/* From source to sink, full names; 1 when they are connected afterwards. */
int jm_connect(jm_client *client, const char *source, const char *sink);
/* Full names of all MIDI ports that send (or take), then NULL; to be given back; NULL: none. */
const char **jm_list(jm_client *client, int sending);
void jm_list_free(const char **names);
/* What else a port is called, as jackd's own ports after their device; 0: nothing, or too long for `size`. */
int jm_alias(jm_client *client, const char *port, char *name, uint32_t size);
/* The full name of the next port that has been registered, by anybody, since it was last asked; 0: there is no more.
 * JACK gives names and numbers anew: a port that went and came back at once shows here alone. */
int jm_appeared(jm_client *client, char *name, uint32_t size);
int jm_changed(jm_client *client);             /* 1 when ports have come or gone, or the server has, since last asked */

/* Wait until something has come in, ports have changed or jm_wake is called, `timeout_ms` at most; take up to `most`. */
uint32_t jm_take(jm_client *client, jm_message *out, uint32_t most, int timeout_ms);
void jm_wake(jm_client *client);
/* 1, or 0: full, or longer than JM_LONGEST. Late messages go out at once, those of one time in the order sent. */
int jm_send(jm_client *client, uint32_t port, const uint8_t *data, uint32_t size, int64_t time_ns);
void jm_lost_read(const jm_client *client, jm_lost *out);

#endif
