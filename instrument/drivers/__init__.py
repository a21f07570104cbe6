"""All that touches the operating system, a file each."""
