"""The engine: the C core that makes sound, and the little Python around it."""
