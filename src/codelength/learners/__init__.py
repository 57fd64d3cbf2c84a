"""The learners. Importing this package makes all of them known by name."""

from codelength.learners import calibration as calibration
from codelength.learners import columns as columns
from codelength.learners import frequency as frequency
from codelength.learners import refit as refit
from codelength.learners import replay as replay
from codelength.learners import retrain as retrain
from codelength.learners import spread as spread
from codelength.learners import switching as switching
