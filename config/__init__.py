"""The configuration shipped with dondoc, as package data: every file loads as it stands and writes to nobody real."""
