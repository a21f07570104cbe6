#define _GNU_SOURCE
#include "jackmidi.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "client.h"

/* --- In JACK's notification thread ------------------------------------------------------------------------------ */

static void change(jm_client *c) {
    atomic_store(&c->changed, 1);
    jm_wake(c);
}

static void shut_down(void *argument) {
    jm_client *c = argument;
    atomic_store(&c->gone, 1);
    change(c);
}

static void freewheel(int starting, void *argument) {
    jm_client *c = argument;
    atomic_store(&c->freewheels, starting);
}

static void port_registered(uint32_t id, int registered, void *argument) {
    jm_client *c = argument;
    uint32_t at = atomic_load_explicit(&c->registered, memory_order_relaxed);
    if (registered && at - atomic_load_explicit(&c->looked, memory_order_acquire) < JM_REGISTRATIONS) {
        c->registrations[at & (JM_REGISTRATIONS - 1)] = id;
        atomic_store_explicit(&c->registered, at + 1, memory_order_release);
    }
    change(c);
}

/* --- For the caller --------------------------------------------------------------------------------------------- */

static int start(jm_client *c) {
    const libjack *jack = c->jack;
    jack->on_shutdown(c->client, shut_down, c);
    jack->set_freewheel_callback(c->client, freewheel, c);
    jack->set_port_registration_callback(c->client, port_registered, c);
    return jack->set_process_callback(c->client, jm_turn, c) == 0 && jack->activate(c->client) == 0;
}

jm_client *jm_open(const char *name) {
    const libjack *jack = libjack_load();
    jm_client *c = jack ? calloc(1, sizeof *c) : NULL;
    if (!c) return NULL;
    for (volatile char *page = (volatile char *)c; page < (volatile char *)(c + 1); page += 4096)
        *page = 0; /* the callback shall meet no page that is not there yet */
    int status;
    c->jack = jack;
    c->event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    c->client = c->event >= 0 ? jack->client_open(name, JACK_NO_START_SERVER, &status) : NULL;
    if (c->client && start(c)) return c;
    jm_close(c);
    return NULL;
}

void jm_close(jm_client *c) {
    if (c->client) c->jack->client_close(c->client);
    if (c->event >= 0) close(c->event);
    free(c);
}

const char *jm_name(jm_client *c) { return c->jack->get_client_name(c->client); }

int jm_gone(const jm_client *c) { return atomic_load(&c->gone); }

uint32_t jm_register(jm_client *c, const char *name, int sends) {
    for (uint32_t i = 0; i < JM_PORTS; i++) {
        place *p = &c->places[i];
        if (atomic_load(&p->port)) continue;
        unsigned long flags = sends ? JACK_IS_OUTPUT : JACK_IS_INPUT;
        void *port = c->jack->port_register(c->client, name, JACK_MIDI_TYPE, flags, 0);
        if (!port) return 0;
        uint32_t number = atomic_load(&p->number);
        p->sends = sends;
        atomic_store(&p->number, number ? number + JM_PORTS : i + JM_PORTS);
        atomic_store(&p->port, port);
        return atomic_load(&p->number);
    }
    return 0;
}

void jm_unregister(jm_client *c, uint32_t number) {
    place *p = &c->places[number % JM_PORTS];
    void *port = atomic_load(&p->port);
    if (!port || atomic_load(&p->number) != number) return;
    atomic_store(&p->port, NULL);
    /* A callback that began before may still read the port; one that begins now does not. */
    const struct timespec nap = {0, 100000};
    for (int i = 0; i < 10000 && atomic_load(&c->inside) && !jm_gone(c); i++) nanosleep(&nap, NULL);
    c->jack->port_unregister(c->client, port);
}

int jm_connect(jm_client *c, const char *source, const char *sink) {
    int status = c->jack->connect(c->client, source, sink);
    return status == 0 || status == EEXIST;
}

const char **jm_list(jm_client *c, int sending) {
    return c->jack->get_ports(c->client, NULL, JACK_MIDI_TYPE, sending ? JACK_IS_OUTPUT : JACK_IS_INPUT);
}

void jm_list_free(const char **names) {
    const libjack *jack = libjack_load();
    if (jack && names) jack->free(names);
}

int jm_alias(jm_client *c, const char *port, char *name, uint32_t size) {
    void *found = c->jack->port_by_name(c->client, port); /* NULL, it may have gone */
    if (!found || size < (uint32_t)c->jack->port_name_size()) return 0;
    char second[1024] = "";
    if (sizeof second < (uint32_t)c->jack->port_name_size()) return 0;
    char *const aliases[2] = {name, second};
    return c->jack->port_get_aliases(found, aliases) > 0;
}

int jm_appeared(jm_client *c, char *name, uint32_t size) {
    uint32_t at = atomic_load_explicit(&c->looked, memory_order_relaxed);
    while (at != atomic_load_explicit(&c->registered, memory_order_acquire)) {
        uint32_t id = c->registrations[at & (JM_REGISTRATIONS - 1)];
        atomic_store_explicit(&c->looked, ++at, memory_order_release);
        void *port = c->jack->port_by_id(c->client, id);
        const char *found = port ? c->jack->port_name(port) : NULL; /* it may have gone again */
        if (!found || strlen(found) >= size) continue;
        strcpy(name, found);
        return 1;
    }
    return 0;
}

int jm_changed(jm_client *c) { return atomic_exchange(&c->changed, 0); }

uint32_t jm_take(jm_client *c, jm_message *out, uint32_t most, int timeout_ms) {
    uint64_t wakes;
    struct pollfd waits = {.fd = c->event, .events = POLLIN};
    if (!ring_peek(&c->in) && poll(&waits, 1, timeout_ms) > 0 && read(c->event, &wakes, sizeof wakes) < 0) return 0;
    uint32_t taken = 0;
    for (const jm_message *message; taken < most && (message = ring_peek(&c->in)); ring_take(&c->in))
        out[taken++] = *message;
    return taken;
}

void jm_wake(jm_client *c) {
    const uint64_t one = 1;
    if (write(c->event, &one, sizeof one) < 0) return; /* full: it wakes anyway */
}

int jm_send(jm_client *c, uint32_t port, const uint8_t *data, uint32_t size, int64_t time_ns) {
    jm_message *message = size <= JM_LONGEST ? ring_slot(&c->out) : NULL;
    if (!message) {
        atomic_fetch_add(&c->full_out, 1);
        return 0;
    }
    message->time_ns = time_ns;
    message->order = c->sent++;
    message->port = port;
    message->size = size;
    memcpy(message->data, data, size);
    ring_push(&c->out);
    return 1;
}

void jm_lost_read(const jm_client *c, jm_lost *out) {
    out->full_in = atomic_load(&c->full_in);
    out->full_out = atomic_load(&c->full_out);
    out->too_long = atomic_load(&c->too_long);
    out->unsent = atomic_load(&c->unsent);
}
