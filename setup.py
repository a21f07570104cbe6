"""The one thing pyproject.toml cannot say: cffi builds the C core and JACK's MIDI client."""

from setuptools import setup

setup(cffi_modules=["instrument/engine/build.py:core", "instrument/engine/build.py:jackmidi"])
