#include "libjack.h"

#include <dlfcn.h>
#include <string.h>

static void silent(const char *text) { (void)text; } /* that there is no server is no error here */

static int find_all(void *library, libjack *jack) {
    const struct {
        const char *name;
        void *where;
    } wanted[] = {
#define WANTED(name) {"jack_" #name, &jack->name}
        WANTED(client_open), WANTED(client_close), WANTED(get_client_name), WANTED(activate), WANTED(on_shutdown),
        WANTED(set_process_callback), WANTED(set_freewheel_callback), WANTED(set_port_registration_callback),
        WANTED(set_error_function), WANTED(set_info_function), WANTED(port_register), WANTED(port_unregister),
        WANTED(port_by_id), WANTED(port_by_name), WANTED(port_name), WANTED(port_get_aliases),
        WANTED(port_name_size), WANTED(port_get_buffer), WANTED(get_ports), WANTED(connect),
        WANTED(free), WANTED(get_sample_rate), WANTED(get_time), WANTED(get_cycle_times),
        WANTED(midi_get_event_count), WANTED(midi_event_get), WANTED(midi_clear_buffer), WANTED(midi_event_write),
    };
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        void *found = dlsym(library, wanted[i].name);
        if (!found) return 0;
        memcpy(wanted[i].where, &found, sizeof found); /* ISO C has no cast from an object to a function */
    }
    return 1;
}

const libjack *libjack_load(void) {
    static libjack jack;
    static int tried, found;
    if (!tried) {
        void *library = dlopen("libjack.so.0", RTLD_NOW | RTLD_LOCAL);
        found = library && find_all(library, &jack);
        tried = 1;
        if (found) {
            jack.set_error_function(silent);
            jack.set_info_function(silent);
        }
    }
    return found ? &jack : NULL;
}
