"""What the kernel's list of sequencer clients says of our subscriptions."""

from instrument.drivers.alsa import heard_by

CLIENTS = """Client info
  cur  clients : 5
  peak clients : 6
  max  clients : 192

Client   0 : "System" [Kernel Legacy]
  Port   0 : "Timer" (Rwe-) [In/Out]
  Port   1 : "Announce" (R-e-) [In/Out]
    Connecting To: 15:0
Client  20 : "MPD218" [Kernel]
  Port   0 : "MPD218 MIDI 1" (RWeX) [In/Out]
    Connecting To: 129:0[t:0], 131:0
Client 128 : "graindrum-midi" [User]
  Port   0 : "in" (-We-) [Out]
    Connected From: 36:0
Client 129 : "graindrum-in" [User Legacy]
  Port   0 : "in" (-We-) [Out]
    Connected From: 20:0[t:0]
Client 130 : "graindrum-in" [User]
  Port   0 : "in" (-We-) [Out]
    Connected From: 24:0[r:1][ex], 24:1
    Connecting To: 28:0
Client 131 : "other" [User]
  Port   0 : "graindrum-in" (-We-) [Out]
    Connected From: 20:0, 32:0
"""


def test_it_tells_which_ports_a_client_hears() -> None:
    assert heard_by("graindrum-in", CLIENTS) == {"20:0", "24:0", "24:1"}
    assert heard_by("graindrum-midi", CLIENTS) == {"36:0"}


def test_it_hears_nothing_in_what_it_cannot_read() -> None:
    assert heard_by("graindrum-in", "") == set()
    assert heard_by("graindrum-in", 'Connected From: 1:2\nClient 5 : "graindrum-in" [User]\n') == set()
