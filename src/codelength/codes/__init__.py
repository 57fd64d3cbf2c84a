"""The codes. Importing this package makes all of them, and all learners, known by name."""

from codelength import compression as compression
from codelength import learners as learners
from codelength.codes import best as best
from codelength.codes import online as online
from codelength.codes import shannon as shannon
from codelength.codes import two_part as two_part
from codelength.codes import uniform as uniform
from codelength.codes import variational as variational
