"""Every error the library raises: one clear sentence that says what is wrong and what to do."""


class CodelengthError(Exception):
    """Base of all errors raised by codelength."""


class InputError(CodelengthError, ValueError):
    """The caller's inputs, labels or settings cannot be used."""


class AgreementError(CodelengthError, ValueError):
    """A code, learner, network or classifier is unknown, or its parameters are out of bounds."""


class DataError(CodelengthError, ValueError):
    """A data set cannot be found, fetched or read."""


class MessageError(CodelengthError, ValueError):
    """The bytes are not a message that can be decoded: damaged, cut, lengthened, forged or too new."""


class OtherInputsError(MessageError):
    """The message was made for other inputs than those given."""


class NumericsError(CodelengthError):
    """This machine does not compute the floats that the message was made with."""


class NotPortableError(NumericsError):
    """A portable message in a process that is not: call codelength.portable() before NumPy is imported."""
