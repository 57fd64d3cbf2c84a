"""Networks to integers and back: how the parameters of a two-part code travel."""

# a message names compressions: importing the codes makes them known
from codelength.compression import deep as deep
from codelength.compression import floats as floats
from codelength.compression import subspace as subspace
