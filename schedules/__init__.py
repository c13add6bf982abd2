"""The plans shipped with dondoc, as package data: an example to copy and the fallback when none is set."""
