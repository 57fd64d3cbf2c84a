from hypothesis import settings

from codelength.process import settle

settle()  # threads that wait in a loop would take the other processes' cores away: tests run Bob beside Alice

# A busy machine is slow now and then; that is no failure.
settings.register_profile("quick", deadline=None)
settings.load_profile("quick")
