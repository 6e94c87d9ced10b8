"""The rows themselves: how they are kept and found, what may be written into them, and what is kept of their changes."""
