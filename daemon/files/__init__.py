"""The files operators edit: read as text, checked whole, every problem with its place, in Vietnamese."""
