import os

from hypothesis import settings

# Threads that wait in a loop take the other processes' cores away: tests run Bob beside Alice.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")

# A busy machine is slow now and then; that is no failure.
settings.register_profile("quick", deadline=None)
settings.load_profile("quick")
