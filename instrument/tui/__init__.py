"""The terminal face of the instrument: a client of the daemon's socket, and nothing else.

Textual draws at most 60 frames a second and animates; over SSH from a board that also plays, 15 and none are
enough. Both are read from the environment when Textual is first imported, hence here.
"""

import os

os.environ.setdefault("TEXTUAL_FPS", "15")
os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
