"""The demo: plan 1026 through 2022 in fast time, with the real engine and local servers."""
