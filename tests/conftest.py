import os

# Threads that wait in a loop take the other processes' cores away: tests run Bob beside Alice.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")
