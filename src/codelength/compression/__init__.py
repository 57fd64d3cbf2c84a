"""Networks to integers and back: how the parameters of a two-part code travel."""

from codelength.compression import floats as floats
