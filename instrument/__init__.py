"""Graindrum: a neural granular drum machine. This package runs on the device and never imports torch."""

__version__ = "0.1.0"
