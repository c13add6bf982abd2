"""The field's words as frozen values: nothing here reads a clock, a file or a socket."""
