"""Kills and stops a daemon at random over thousands of letters and two troubled servers, then reckons."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path

from tests.chaos.reckoning import Reckoning
from tests.chaos.storm import Storm
from tests.support.station import stationed


def main() -> int:
    """Return 1 if anything is lost, repeated without a crash, or not accounted for."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--letters", type=int, default=5000)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32), help="by chance, printed")
    asked = parser.parse_args()
    print(f"seed {asked.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder, stationed(Path(folder)) as station:
        storm = Storm(station, asked.letters, asked.kills, asked.seed, lambda said: print(said, flush=True))
        storm.rage()
        found = Reckoning(storm)
    print("\n".join(found.lines()))
    return 1 if found.faults else 0


if __name__ == "__main__":
    sys.exit(main())
