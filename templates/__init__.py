"""The letters as shipped: `files("daemon.templates")` finds them in a checkout and in an installed wheel alike."""
