"""The one thing pyproject.toml cannot say: cffi builds the C core."""

from setuptools import setup

setup(cffi_modules=["instrument/engine/build.py:ffibuilder"])
