"""Every error that is not a bug of ours, in one tree.

    GraindrumError          one line: what is wrong, and what would be right; exit status 2
    ├── ConfigError         a configuration file or a --set
    ├── BundleError         a model bundle that is missing, damaged or of another kind
    ├── AudioFileError      a recording that cannot be read, is silent or is empty
    ├── DeviceError         an audio or MIDI device that is not there
    ├── MessageError        a malformed message from a controller, a client or a script
    └── StateError          a kit, a pattern or the journal

Whatever is raised outside this tree is a defect: it is shown with its traceback.
"""


class GraindrumError(Exception):
    """Wrong input from a person or a peer, said in one line."""


class ConfigError(GraindrumError):
    """A configuration value or key is wrong."""


class BundleError(GraindrumError):
    """A model bundle cannot be used."""


class AudioFileError(GraindrumError):
    """A recording cannot be used."""


class DeviceError(GraindrumError):
    """A device cannot be found or opened."""


class MessageError(GraindrumError):
    """A message is malformed or out of range."""


class StateError(GraindrumError):
    """A kit, a pattern or the journal cannot be used."""
